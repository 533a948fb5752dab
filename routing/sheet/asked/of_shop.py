"""Words that ask for a fact of the customer or of the shop."""

from __future__ import annotations

from typing import Final

from routing.sheet.asked.words import ask

# Within one clause.
_SAME: Final = r"[^,.;?!，。；？！]"
# Of orders that have come so far, whether one's own has or not.
_AFTER: Final = r"(?:发货|打包|出库|发出|签收)了?(?:之|以)?后"
_ONCE: Final = rf"\b(?:after|once)\b{_SAME}{{0,24}}\b(?:processed|packed|shipped|dispatched|sent|delivered|arrived|left)\b"
_OF_SUCH: Final = r"\b(?:a|an|any) (?:already )?(?:processed|packed|shipped|dispatched|delivered) order\b"
_CHANGES: Final = r"\b(?:chang|modif|edit)\w*\b"

OF_SHOP: Final = (
    ask("customer.points", r"积分", r"\bpoints\b"),
    ask(
        "customer.level",
        r"(?:会员|等级).{0,4}(?:级|等|什么|啥)|什么会员|我是.{0,4}会员",
        r"\b(?:membership|member) (?:level|tier|status)|\bwhat level\b|\btier\b",
    ),
    ask(
        "customer.gift_card",
        r"(?:礼品卡|购物卡|E卡|e卡|余额).{0,6}(?:多少|剩|余|还有|里)|卡里",
        r"\bgift card\b.{0,20}\b(?:left|balance|much)|\b(?:left|balance)\b.{0,20}\bgift card",
    ),
    ask(
        "customer.coupon",
        r"(?:我|有).{0,6}(?:什么|哪些|几张|多少).{0,4}(?:券|红包)|我的(?:券|优惠券|红包)",
        r"\b(?:my|any|which) coupons?\b|\bcoupons? do i have",
    ),
    ask(
        "shop.shipping_fee",
        r"包邮|免运费|运费(?:怎么|多少|几|是)|多少.{0,3}免邮|收不收运费",
        r"\bfree (?:shipping|delivery)|\b(?:shipping|delivery) (?:is |be |comes )?free\b",
        r"\b(?:shipping|delivery) (?:fee|cost|charge|price)s?\b|\bcost.{0,20}\b(?:ship|deliver)",
    ),
    ask(
        "shop.remote",
        r"偏远|新疆|西藏|内蒙|青海|宁夏",
        r"\bremote (?:area|region|place)|\bxinjiang\b|\btibet\b|\binner mongolia\b|\bqinghai\b|\bningxia\b",
    ),
    ask(
        "shop.excluded",
        r"香港|澳门|台湾|海外|国外|港澳台",
        r"\bhong ?kong\b|\bmacao?u?\b|\btaiwan\b|\babroad\b|\boverseas\b|\binternational",
    ),
    ask(
        "shop.cutoff",
        r"几点(?:前|之前|以前).{0,8}(?:下单|付款|拍|发)|当天(?:能|可以|就)?发|"
        r"(?:下单|付款|拍下|付的款|付完款).{0,8}(?:今天|当天|几天|多久|什么时候|啥时候).{0,4}(?:能|可以|会|才)?发",
        r"\bcut[- ]?off\b|\bsame[- ]day\b|\b(?:dispatch|ship)\w*\b.{0,20}\btoday\b|\bhow soon\b.{0,30}\b(?:ship|dispatch)",
    ),
    ask(
        "shop.late",
        r"(?:超时|迟|晚|不|没|未)(?:发货|发).{0,8}(?:赔|补偿|怎么办|怎么算)|发货.{0,4}(?:赔|补偿)",
        r"\b(?:compensat\w*|make up)\b.{0,30}\b(?:late|delay|ship)|\b(?:late|delay\w*)\b.{0,30}\bcompensat",
    ),
    ask("shop.gift_wrap", r"礼品?包装|包装成礼|礼盒包", r"\bgift[- ]?wrap"),
    ask(
        "shop.cancel_reasons",
        r"取消.{0,6}(?:理由|原因)|(?:什么|哪些)(?:理由|原因).{0,6}取消",
        r"\b(?:reasons?)\b.{0,30}\bcancel|\bcancel\w*\b.{0,20}\breasons?\b",
    ),
    ask(
        "shop.cancelling",
        r"(?:什么时候|啥时候|哪个阶段|到哪一步).{0,8}(?:前|能|可以|不能)?.{0,4}取消|取消(?:规则|政策|期限)",
        rf"取消{_SAME}{{0,6}}{_AFTER}|{_AFTER}{_SAME}{{0,6}}取消",
        r"\bcancel+ation (?:policy|rules?)|\b(?:until|up to) (?:when|what point)\b.{0,30}\bcancel",
        rf"\bcancel\w*\b{_SAME}{{0,40}}{_ONCE}|{_ONCE}{_SAME}{{0,40}}\bcancel",
        rf"{_OF_SUCH}{_SAME}{{0,24}}\bcancel|\bcancel\w* {_OF_SUCH}",
        r"\bwhich orders\b.{0,24}\bcancel",
    ),
    ask(
        "shop.changing",
        rf"(?:修改|更改|改地址|改单){_SAME}{{0,6}}{_AFTER}|{_AFTER}{_SAME}{{0,6}}(?:修改|更改|改地址|改单)",
        rf"{_CHANGES}{_SAME}{{0,40}}{_ONCE}|{_ONCE}{_SAME}{{0,40}}{_CHANGES}",
        rf"{_OF_SUCH}{_SAME}{{0,24}}{_CHANGES}|{_CHANGES} {_OF_SUCH}",
        r"\b(?:until|up to) (?:when|what point)\b.{0,30}\b(?:change|modify|edit)",
    ),
    ask(
        "shop.points",
        r"积分.{0,10}(?:抵|换|值|用|过期|有效|多少钱|规则|怎么)|怎么.{0,6}积分|[得攒]积分",
        r"\bpoints?\b.{0,40}\b(?:worth|valid|expire|use|spend|earn|redeem)|\b(?:earn|redeem|use|spend)\b.{0,20}\bpoints?\b",
    ),
    ask(
        "shop.levels",
        r"(?:升|成为|变成|达到|算).{0,6}(?:金卡|银卡|会员等级|级)|(?:金卡|银卡).{0,8}(?:条件|要求|消费|怎么)",
        r"\b(?:become|get|reach|upgrade)\b.{0,20}\b(?:gold|silver)\b|"
        r"\b(?:gold|silver) (?:member\w*|level|status)\b.{0,20}\b(?:need|spend|require)",
    ),
    ask(
        "shop.invoice_reissue",
        r"(?:重开|补开|换开|重新开).{0,10}(?:多久|几天|多少天|期限)|(?:多久|几天|多少天).{0,8}(?:重开|补开|换开)",
        r"\b(?:reissue\w*|issued again)\b.{0,40}\b(?:days|long|until)|\b(?:days|long)\b.{0,40}\breissue",
    ),
    ask(
        "shop.repair_time",
        r"(?:维修|修|返修).{0,8}(?:多久|几天|多长|多少天)|(?:多久|几天|多长时间).{0,4}(?:能)?修好",
        r"\bhow long\b.{0,30}\brepair|\brepairs?\b.{0,20}\b(?:take|long|days)",
    ),
    ask(
        "shop.account_deletion",
        r"注销.{0,8}(?:多久|几天|多长)",
        r"\b(?:delet(?:e|ing|ion)|clos(?:e|ing|ure))\b.{0,20}\baccount\b|\baccount (?:deletion|closure)\b|"
        r"\b(?:want|get|have|need|how long|when|until)\b.{0,30}\baccount\b.{0,12}\b(?:deleted|closed)\b",
        unless=r"误|恢复|找回|by (?:mistake|accident)|accidental|\b(?:restore|recover|reopen|hacked)\b",
    ),
    ask(
        "shop.delivery_time",
        r"(?:发货后)?(?:几天|多久).{0,4}(?:能到|到货|送达|送到)",
        r"\bhow long\b.{0,20}\b(?:deliver|shipping|ship)\b|\bdelivery times?\b",
    ),
    ask(
        "shop.return_window",
        r"(?:几|多少|七|7|15|十五)天.{0,8}退(?!款|钱)|退(?!款|钱)货?.{0,6}(?:几天|期限|多久|多少天)|无理由",
        r"\bhow (?:many days|long)\b.{0,30}\b(?:return|send|bring)|"
        r"\bhow long\b.{0,20}\b(?:had|have|keep|kept|owned)\b.{0,40}\b(?:goes|go|send|sent|take|taken|bring) back\b|"
        r"\breturn (?:window|period|policy|time)|"
        r"\bsend (?:stuff|things|it) back\b",
    ),
    ask(
        "shop.return_condition",
        r"(?:拆封?|开封|打开|激活|用过|穿过|试过|吊牌|包装|盒子).{0,12}(?:退|换)|"
        r"(?:退|换)货?.{0,10}(?:条件|要求|包装|吊牌|拆封)",
        r"\b(?:opened|unopened|used|worn|packaging|box|tags?)\b.{0,40}\b(?:return|exchange|back)|"
        r"\breturn\b.{0,40}\b(?:opened|unopened|used|worn|packaging|box|tags?|condition)",
    ),
    ask(
        "shop.exchanges",
        r"换(?:货)?.{0,4}(?:几次|多少次)|再换",
        r"\bhow (?:often|many times)\b.{0,20}\bexchange|\bexchange\b.{0,12}\b(?:twice|again)",
    ),
    ask(
        "shop.refund_chain",
        r"审核|验货|验收|打款|退款(?:流程|进度|步骤)|(?:仓库|你们|商家).{0,6}收到.{0,12}(?:退|多久|多长|几天)|"
        r"(?:寄回|退回)(?:去|来)?.{0,12}(?:退款|退钱|多久|多长|什么时候|几天)",
        r"\b(?:request|return|refund|case|claim)s?\b.{0,20}\breviewed\b",
        r"\b(?:under|in) review\b|\breview\b.{0,20}\b(?:takes?|long)\b|"
        r"\b(?:refund|return|request)s?\b.{0,20}\breview\b|"
        r"\binspect|\b(?:once|after) you (?:get|got|receive)|\bprocess(?:ed|ing)?\b.{0,20}\brefund|"
        r"\brefund process\b|\bsent (?:it|them|everything|my things|the item) back\b",
        unless=r"评价|评论|\b(?:product|star|write a|leave a|my) review\b",
    ),
    ask(
        "shop.pickup_fee",
        r"[退换]货?.{0,8}(?:运费|邮费|快递费|路费|寄费)|(?:运费|邮费|快递费|寄费).{0,6}(?:谁|出|承担|掏|付|算|退)|"
        r"(?:寄回|退回).{0,8}(?:运费|邮费|要钱|收费|花钱)|上门(?:取件|取货|拿|收).{0,8}(?:钱|费)",
        r"\breturn (?:shipping|postage|label|cost|fee)|\bwho (?:pays|covers|bears)\b|"
        r"\b(?:pick-?up|collection)\b.{0,20}\b(?:fee|cost|free|charge)|"
        r"\b(?:pay|costs?)\b.{0,20}\b(?:return|send(?:ing)?\b.{0,20}\bback\b)",
    ),
    ask(
        "shop.promotion",
        r"国补|补贴|以旧换新|满减|活动|优惠(?:政策|活动|力度)?|能效.{0,8}补|补(?:多少|几个)|折扣|打折|几折|内购",
        r"\bpromotions?\b|\bsubsid|\btrad(?:e|ing)[- ]?(?:\w+ ){0,4}in\b|"
        r"\bsales?\b|\boffers?\b|\bdiscounts?\b|\bpromo codes?\b",
        unless=r"off (?:my|this|the|order)|\bdiscount (?:on|of|did|for) (?:my |this |the )?order|优惠券|我的",
    ),
    ask(
        "shop.refund_card shop.refund_wallet shop.refund_gift_card",
        r"(?:退款|退钱|退到|退回|钱.{0,6}退|退的钱|退给我).{0,16}(?:几天|几个工作日|多少天|多久|多长|什么时候|啥时候|几时|到账)|"
        r"钱.{0,4}(?:等|要).{0,4}(?:几天|多久|多长)|"
        r"(?:几天|多久|多长|什么时候|啥时候|几个工作日|多少天).{0,10}(?:退款|退钱|退到|退回|退给|到账|返还|打款)",
        r"\bhow (?:long|many (?:\w+ )?days|soon|fast|quick(?:ly)?)\b.{0,60}"
        r"\b(?:refund|money|cash|get\b.{0,16}\bback|back (?:on|in|into|to) (?:my|the))|"
        r"\bwhen\b.{0,60}\b(?:refund|money)\b|\brefunds?\b.{0,40}\b(?:take|long|quick|soon|fast|days|arrive)",
    ),
    ask("shop.price_protection", r"价保|保价|价格保护", r"\bprice (?:protection|match|guarantee)"),
    ask(
        "shop.methods",
        r"(?:支持|可以用|能用|能不能用|有哪些|哪些|用).{0,8}(?:支付|付款|付钱|付吗|付不)|(?:支付|付款)方式有|怎么(?:支付|付款)",
        unless=r"失败|(?:付款?|支付)不(?:了|上|出|成)|(?:不|没|没有)成功|报错|被拒|(?:付款|支付)(?:了(?!吗|嘛|么)|后|过)",
    ),
    # Whatever became of another way.
    ask(
        "shop.methods",
        r"(?:支持|可以用|能用|能不能用)(?:(?!失败|不了)[^，。；,.;?？!！]){0,8}(?:支付|付款|付钱|付)(?:吗|么|嘛|不(?![了上出成])|[?？])|"
        r"(?:支持|可以用|能用|有)哪些.{0,4}(?:支付|付款|付钱)|哪些(?:支付|付款)方式|(?:支付|付款)方式有哪些",
        r"\bways? (?:of|to) pay|"
        r"\b(?:which|what)\b.{0,20}\b(?:pay|payments?)\b.{0,30}\b(?:take|accept|methods|options|support)|"
        r"\bhow can i pay\b",
        unless=r"did i|\b(?:which|what)\b(?:\s+\w+){0,3}\s+(?:fail(?:ed|s)?|declined)\b",
    ),
    ask(
        "shop.cash_on_delivery",
        r"货到付款|到付",
        r"\bcash on delivery\b|\bcod\b|\bpay (?:on|at|when) (?:delivery|it arrives)",
    ),
    ask("shop.instalments", r"分期|花呗分", r"\binstal+ments?\b|\bpay (?:monthly|in parts)"),
    ask(
        "shop.unpaid",
        r"(?:不|没|未)(?:付款?|支付).{0,10}(?:取消|关闭|失效|过期|多久|保留)|多久.{0,6}(?:自动)?(?:取消|关闭)|(?:保留|锁)多久",
        r"\bunpaid\b|\bhow long\b.{0,20}\bto pay\b|\b(?:don'?t|not) pay\b.{0,30}\b(?:close|cancel|expire)",
    ),
    ask(
        "shop.invoice",
        r"发票.{0,8}(?:多久|几天|什么时候|几时)|(?:多久|几天).{0,6}发票",
        r"\b(?:how (?:soon|long)|when)\b.{0,40}\binvoice|\binvoice\b.{0,30}\b(?:take|how long)",
    ),
    ask(
        "shop.warranty",
        r"保修(?:期|多久|几)|质保|保(?:多久|几年)|[管包]修|修几年",
        r"\bwarranty\b|\bguarantee\b|\bcovered\b",
    ),
    ask(
        "shop.hours",
        r"(?:人工|客服).{0,6}(?:几点|时间|上班|下班|在线)|几点(?:上班|下班|开门|关门|打烊)|营业(?:时间|到几点)",
        r"\b(?:opening|service|working|support) hours\b|\bwhen (?:are|is).{0,20}\b(?:open|available|agents?)|"
        r"\bwhat time (?:do|does) (?:you|the (?:shop|store))\b.{0,12}\b(?:open|close)\b",
    ),
    ask(
        "shop.complaint", r"投诉.{0,8}(?:多久|几天|什么时候)", r"\bcomplaint\b.{0,30}\b(?:how long|when|take)"
    ),
)
