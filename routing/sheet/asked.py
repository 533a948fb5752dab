"""Which kinds of facts a message asks for, by its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from models.types import Likeness
from routing.sheet.fact import SheetFact


@dataclass(frozen=True, slots=True)
class Ask:
    """Words that ask for facts of these kinds. `unless`: other words say that something else is meant."""

    kinds: tuple[str, ...]
    words: re.Pattern[str]
    unless: re.Pattern[str] | None = None


def _ask(kinds: str, *patterns: str, unless: str | None = None) -> Ask:
    return Ask(
        tuple(kinds.split()),
        re.compile("|".join(patterns), re.I),
        re.compile(unless, re.I) if unless else None,
    )


ASKS: Final = (
    _ask(
        "order.tracking",
        r"[运快]?[单递]{0,2}单号(?!\s*[#A-Za-z]*\d)|物流号|快递号|(?:什么|哪家|哪个|啥)快递|承运|快递公司|谁家送",
        r"\btracking\b(?! (?:page|link))|\bcarrier\b|\b(?:which|what) (?:courier|carrier|shipping company)|\bwaybill\b",
        unless=r"订单号是|下单号",
    ),
    _ask(
        "order.expected",
        r"(?:什么时候|啥时候|几时|几点|多久|几天|哪天|何时|今天|明天|大概).{0,8}(?:到|送达|收到|拿到|到货|送来|送到)",
        r"\bwhen (?:will|does|is|should|can).{0,40}\b(?:arrive|here|get|come|delivered|expect|reach|receive)",
        r"\b(?:what|which) (?:day|date|time)\b.{0,30}\b(?:arrive|here|get|come|deliver)|\beta\b|"
        r"\bhow (?:long|soon)\b.{0,30}\b(?:arrive|get here|deliver)",
        unless=r"退款|退钱|发票|refund|invoice|\bwas\b|签收|"
        r"\b(?:what|which) (?:day|date|time) did\b|几点到几点|[上下]班|营业|几点.{0,6}(?:送到|送达|收到|送来|到)的",
    ),
    _ask(
        "order.latest_event",
        r"到哪|在哪|哪[里儿]了|物流|走到|到了没|怎么还没到|派送",
        r"\bwhere(?:'s| is| are)\b.{0,40}\b(?:order|parcel|package|it|stuff|delivery|shipment)\b|"
        r"\bstatus of (?:my )?(?:parcel|package|delivery)",
        unless=r"寄到哪|送到哪|发到哪|退款|钱|refund|receipt|invoice|单号|号码",
    ),
    # What a parcel's data seldom holds.
    _ask(
        "order.hour",
        r"几点|具体时间|什么时辰|几时几分|上午还是下午",
        r"\bwhat time\b|\bwhich hour\b|\bexact (?:time|hour)|\bmorning or (?:in the )?afternoon",
        unless=r"人工|客服|上班|下班|营业|[开关锁]门|打烊|下单|付款|付的|截止|"
        r"\b(?:open|close)|agent|colleague|cut-?off|dispatch|pay",
    ),
    _ask(
        "order.courier",
        r"(?:快递员|送货员|骑手|小哥|师傅).{0,8}(?:叫|名字|姓|电话|号码|联系)",
        r"\b(?:courier|driver|delivery (?:man|guy|person))\b.{0,20}\b(?:name|called|phone|number|contact)|"
        r"\b(?:name|phone|number)\b.{0,20}\b(?:courier|driver|delivery (?:man|guy|person))\b",
    ),
    _ask(
        "order.why",
        r"为什么.{0,16}(?:取消|派送|退回|延误|晚|慢|绕|停)|(?:取消|延误|退回).{0,4}(?:原因|为什么)",
        r"\bwhy (?:was|is|did|has|were|does|do)\b.{0,40}\b(?:cancel\w*|drop\w*|late|delay\w*|sent back|slow|return\w*)",
    ),
    _ask(
        "order.delivered",
        r"签收|(?:哪天|什么时候|几号|几点|何时).{0,6}(?:送到|送达|签|收到|送来)的|已经送到|送到了吗",
        r"\b(?:when|what time) (?:was|did)\b.{0,40}\b(?:deliver|drop|arriv|receiv|hand(?:ed)?\b.{0,8}\bover)|"
        r"\bdelivered on\b|\bdropped off\b",
    ),
    _ask(
        "order.ships_on",
        r"(?:什么时候|啥时候|几时|今天|明天|快点?|多久|何时).{0,6}(?:发|出库)|发货时间",
        r"\bwhen (?:will|does|is).{0,30}\b(?:ship|leave|dispatch|sent)",
    ),
    _ask(
        "order.shipped",
        r"(?:什么时候|啥时候|哪天|几号|几点|何时|几时).{0,6}(?:发的|寄的|寄出|发出的|出库的|发货的)|发货(?:时间|日期)",
        r"\b(?:when|what time) (?:was|were|did).{0,40}\b(?:ship(?:ped)?|sent|dispatch(?:ed)?|leave|left)\b|\bshipped on\b",
        r"\b(?:what|which) (?:day|date)\b.{0,30}\b(?:shipped|sent|dispatched)\b",
    ),
    _ask(
        "order.placed",
        r"(?:什么时候|啥时候|哪天|几号|何时|几月).{0,6}(?:下的?单|买的|拍的|订的)|(?:下单|购买)(?:时间|日期)",
        r"\bwhen did i (?:order|buy|place|purchase)|\bordered on\b|\border date\b|"
        r"\b(?:what|which) (?:day|date)\b.{0,30}\b(?:placed?|order(?:ed)?|buy|bought|purchased?)\b",
        unless=r"arriv|deliver|ship|refund|here\b",
    ),
    _ask(
        "order.cancelled",
        r"(?:什么时候|啥时候|哪天|几号|何时).{0,6}取消的|取消(?:时间|日期)|被取消的",
        r"\bwhen (?:was|did).{0,40}\bcancel|\bcancel+ed on\b",
    ),
    _ask(
        "order.total",
        r"(?:付|花|支付|实付|总|一共|共).{0,5}(?:多少|几块|金额|钱)|订单.{0,4}多少钱|这单.{0,4}多少|订单金额|总价|总额|"
        r"多少钱(?:买|拍|入手|订)的|(?:买|拍|订).{0,6}花了",
        r"\bhow much (?:was|did|were)\b|\btotal\b|\bwhat did (?:i|it) (?:pay|cost)|\bamount (?:of|i paid)|\bcost me\b",
        unless=r"退|refund|发票|invoice|运费|积分|余额|券|back\b|taken off|discount|left",
    ),
    _ask(
        "order.method",
        r"(?:用|拿)(?:啥|什么|哪个|哪种|哪张).{0,4}(?:付|支付|买)|怎么付的|付款方式|支付方式",
        r"\bhow did i pay|\bpaid (?:with|by|using)|\bpay(?:ment)? (?:method|by|with)\b|\bwhich (?:card|method)",
        unless=r"支持|可以用|能用哪些|有哪些|换|\btake\b|accept|can i pay",
    ),
    _ask(
        "order.discount",
        r"优惠了?多少|减了多少|便宜了多少|折扣.{0,4}多少|打了几折",
        r"\btaken off\b|\bhow much.{0,20}(?:discount|off|save)|\bdiscount (?:on|of|did|for)\b",
    ),
    _ask(
        "order.shipping_fee",
        r"(?:收|付|花|多少).{0,4}运费|运费.{0,4}(?:多少|几)",
        r"\b(?:shipping|delivery) (?:fee|cost|charge)",
    ),
    _ask(
        "order.refund",
        r"退(?:款|了|的钱|回).{0,8}(?:多少|到哪|哪里|没|进度|状态|到账)|退了?我?多少|钱退|"
        r"钱.{0,8}(?:哪儿?去|去哪|没到|没收到|没影)|我的?钱(?:呢|在哪)|(?:少|没按|怎么才|才)退|退少了|差我钱",
        r"\brefund\b.{0,30}\b(?:status|where|go|went|sent|much|arriv)|\b(?:where|how much).{0,40}\brefund|"
        r"\bget back\b|\bmoney back\b|\b(?:money|cash)\b.{0,20}\b(?:go|goes|went|gone)\b",
        unless=r"几天|多久|how long|when would|when will",
    ),
    _ask(
        "order.refund_to",
        r"钱.{0,6}(?:打|退|回|返)(?:到|去|给|回)?(?:哪|谁|什么)|退(?:款|回|到)?.{0,4}(?:哪里|哪个|哪张|什么)(?:账户|卡|方式)?",
        r"\b(?:where|which account|which card)\b.{0,40}\b(?:money|refund|cash)\b.{0,20}\b(?:go|goes|land|end up|sent)\b",
    ),
    _ask(
        "order.address",
        r"(?:寄|送|发)到(?:哪|什么)|(?:收货|收件|寄送)?地址(?:是|在|写|填|发)?(?:哪|什么|多少)|哪个地址|收件人(?:是|写)",
        r"\bwhere (?:is|was|are).{0,30}\b(?:sent|shipped|going|delivered) to\b|"
        r"\b(?:which|what) (?:city|address|place)|\bsent to\b|\bdelivery address\b",
        unless=r"改|换|change|update|fix|wrong",
    ),
    _ask(
        "order.contents",
        r"(?:买|订|拍|有)[了的]?(?:些|哪些|什么|啥)|里面有|都有(?:什么|啥|哪些)|"
        r"(?:一共|总共|买了|订了|拍了|里有)(?:几|多少)[件样个种]",
        r"\bwhat(?:'s| is| was| did i).{0,12}\b(?:in|inside|buy|order)\b|\bremind me what\b|\bwhich items\b",
        r"\bhow many (?:items|things|pieces|products|articles)\b.{0,30}\b(?:order|buy|bought|purchase|in)\b",
        unless=r"happening|status",
    ),
    _ask(
        "line.options",
        r"(?:什么|啥|哪个)(?:颜色|码|尺码|尺寸|规格|款)的?",
        r"\b(?:what|which) (?:colou?r|size|version|option|material|capacity)",
    ),
    _ask(
        "line.price",
        r"单价|(?:这|那)[件个款双条].{0,6}多少钱",
        r"\bwhat did i pay for the\b|\bhow much was the\b|\bprice of the\b",
    ),
    _ask("line.warranty", r"保修|质保|保多久|过保", r"\bwarranty\b|\bguarantee\b|\bcovered\b"),
    _ask(
        "line.paid",
        r"(?:退|返)(?:给?我|回|款|我)?.{0,6}多少(?:钱|块|元)?(?!天)|能退回?多少(?!天)|退多少钱",
        r"\bhow much\b.{0,40}\b(?:get|refunded|receive|back)\b|\brefund(?:ed)?\b.{0,20}\bhow much\b|"
        r"\brefund amount\b",
        unless=r"运费|邮费|退了|已退|postage|shipping",
    ),
    _ask(
        "line.return_until line.not_returnable line.fault_until",
        r"(?:退(?!款|钱|到|回|给)|换)货?.{0,8}(?:期限|截止|到什么时候|最晚|最迟|哪天|几号|几天|时间|多久)|(?:多少|几)天.{0,4}(?:退|换)(?!款|钱|到|回|给)|"
        r"(?:最晚|最迟|什么时候|哪天|几号)(?:之?前)?.{0,6}(?:能|可以|还能)?.{0,2}(?:退货|换货|退(?!款|钱|到|回|给)|换)|"
        r"还?(?:能|可以|可)(?:不能|不可以)?.{0,4}(?:退货|退换|退(?!款|钱|回|到))|"
        r"(?:超过|过了|还在).{0,6}(?:退|换)",
        r"\bhow (?:long|many days)\b.{0,40}\b(?:return|back)|\breturn (?:window|deadline|period)|\breturnable\b|"
        r"\b(?:too late|still|able|eligible)\b.{0,24}\b(?:return|send (?:it|this|them) back)|"
        r"\b(?:last day|deadline|until when|by when)\b.{0,40}\b(?:return|back)",
    ),
    _ask(
        "order.invoice",
        r"抬头|发票.{0,6}(?:金额|多少|开的|是谁)|开了发票|发票内容",
        r"\binvoice\b.{0,30}\b(?:amount|title|name|for|to|made out)|\bwhose name\b",
    ),
    _ask(
        "order.price_protection", r"价保|保价|降价|差价", r"\bprice (?:protection|drop|match)|\bdifference\b"
    ),
    _ask("customer.points", r"积分", r"\bpoints\b"),
    _ask(
        "customer.level",
        r"(?:会员|等级).{0,4}(?:级|等|什么|啥)|什么会员|我是.{0,4}会员",
        r"\b(?:membership|member) (?:level|tier|status)|\bwhat level\b|\btier\b",
    ),
    _ask(
        "customer.gift_card",
        r"(?:礼品卡|购物卡|E卡|e卡|余额).{0,6}(?:多少|剩|余|还有|里)|卡里",
        r"\bgift card\b.{0,20}\b(?:left|balance|much)|\b(?:left|balance)\b.{0,20}\bgift card",
    ),
    _ask(
        "customer.coupon",
        r"(?:我|有).{0,6}(?:什么|哪些|几张|多少).{0,4}(?:券|红包)|我的(?:券|优惠券|红包)",
        r"\b(?:my|any|which) coupons?\b|\bcoupons? do i have",
    ),
    _ask(
        "shop.shipping_fee",
        r"包邮|免运费|运费(?:怎么|多少|几|是)|多少.{0,3}免邮|收不收运费",
        r"\bfree (?:shipping|delivery)|\b(?:shipping|delivery) (?:fee|cost|charge|price)s?\b|\bcost.{0,20}\b(?:ship|deliver)",
    ),
    _ask(
        "shop.remote",
        r"偏远|新疆|西藏|内蒙|青海|宁夏",
        r"\bremote (?:area|region|place)|\bxinjiang\b|\btibet\b|\binner mongolia\b|\bqinghai\b|\bningxia\b",
    ),
    _ask(
        "shop.excluded",
        r"香港|澳门|台湾|海外|国外|港澳台",
        r"\bhong ?kong\b|\bmacao?u?\b|\btaiwan\b|\babroad\b|\boverseas\b|\binternational",
    ),
    _ask(
        "shop.cutoff",
        r"几点(?:前|之前|以前).{0,8}(?:下单|付款|拍|发)|当天(?:能|可以|就)?发|"
        r"(?:下单|付款|拍下|付的款|付完款).{0,8}(?:今天|当天|几天|多久|什么时候|啥时候).{0,4}(?:能|可以|会|才)?发",
        r"\bcut[- ]?off\b|\bsame[- ]day\b|\b(?:dispatch|ship)\w*\b.{0,20}\btoday\b|\bhow soon\b.{0,30}\b(?:ship|dispatch)",
    ),
    _ask(
        "shop.late",
        r"(?:超时|迟|晚|不|没|未)(?:发货|发).{0,8}(?:赔|补偿|怎么办|怎么算)|发货.{0,4}(?:赔|补偿)",
        r"\b(?:compensat\w*|make up)\b.{0,30}\b(?:late|delay|ship)|\b(?:late|delay\w*)\b.{0,30}\bcompensat",
    ),
    _ask("shop.gift_wrap", r"礼品?包装|包装成礼|礼盒包", r"\bgift[- ]?wrap"),
    _ask(
        "shop.cancel_reasons",
        r"取消.{0,6}(?:理由|原因)|(?:什么|哪些)(?:理由|原因).{0,6}取消",
        r"\b(?:reasons?)\b.{0,30}\bcancel|\bcancel\w*\b.{0,20}\breasons?\b",
    ),
    _ask(
        "shop.cancelling",
        r"(?:什么时候|啥时候|哪个阶段|到哪一步).{0,8}(?:前|能|可以|不能)?.{0,4}取消|取消(?:规则|政策|期限)",
        r"\bcancel+ation (?:policy|rules?)|\b(?:until|up to) (?:when|what point)\b.{0,30}\bcancel",
    ),
    _ask(
        "shop.points",
        r"积分.{0,10}(?:抵|换|值|用|过期|有效|多少钱|规则|怎么)|怎么.{0,6}积分|[得攒]积分",
        r"\bpoints?\b.{0,40}\b(?:worth|valid|expire|use|spend|earn|redeem)|\b(?:earn|redeem|use|spend)\b.{0,20}\bpoints?\b",
    ),
    _ask(
        "shop.levels",
        r"(?:升|成为|变成|达到|算).{0,6}(?:金卡|银卡|会员等级|级)|(?:金卡|银卡).{0,8}(?:条件|要求|消费|怎么)",
        r"\b(?:become|get|reach|upgrade)\b.{0,20}\b(?:gold|silver)\b|"
        r"\b(?:gold|silver) (?:member\w*|level|status)\b.{0,20}\b(?:need|spend|require)",
    ),
    _ask(
        "shop.invoice_reissue",
        r"(?:重开|补开|换开|重新开).{0,10}(?:多久|几天|多少天|期限)|(?:多久|几天|多少天).{0,8}(?:重开|补开|换开)",
        r"\b(?:reissue\w*|issued again)\b.{0,40}\b(?:days|long|until)|\b(?:days|long)\b.{0,40}\breissue",
    ),
    _ask(
        "shop.repair_time",
        r"(?:维修|修|返修).{0,8}(?:多久|几天|多长|多少天)|(?:多久|几天|多长时间).{0,4}(?:能)?修好",
        r"\bhow long\b.{0,30}\brepair|\brepairs?\b.{0,20}\b(?:take|long|days)",
    ),
    _ask(
        "shop.account_deletion",
        r"注销.{0,8}(?:多久|几天|多长)",
        r"\b(?:delet(?:e|ing|ion)|clos(?:e|ing|ure))\b.{0,20}\baccount\b|\baccount (?:deletion|closure)\b|"
        r"\b(?:want|get|have|need|how long|when|until)\b.{0,30}\baccount\b.{0,12}\b(?:deleted|closed)\b",
        unless=r"误|恢复|找回|by (?:mistake|accident)|accidental|\b(?:restore|recover|reopen|hacked)\b",
    ),
    _ask(
        "shop.delivery_time",
        r"(?:发货后)?(?:几天|多久).{0,4}(?:能到|到货|送达|送到)",
        r"\bhow long\b.{0,20}\b(?:deliver|shipping|ship)\b|\bdelivery times?\b",
    ),
    _ask(
        "shop.return_window",
        r"(?:几|多少|七|7|15|十五)天.{0,8}退(?!款|钱)|退(?!款|钱)货?.{0,6}(?:几天|期限|多久|多少天)|无理由",
        r"\bhow (?:many days|long)\b.{0,30}\b(?:return|send|bring)|\breturn (?:window|period|policy|time)|"
        r"\bsend (?:stuff|things|it) back\b",
    ),
    _ask(
        "shop.return_condition",
        r"(?:拆封?|开封|打开|激活|用过|穿过|试过|吊牌|包装|盒子).{0,12}(?:退|换)|"
        r"(?:退|换)货?.{0,10}(?:条件|要求|包装|吊牌|拆封)",
        r"\b(?:opened|unopened|used|worn|packaging|box|tags?)\b.{0,40}\b(?:return|exchange|back)|"
        r"\breturn\b.{0,40}\b(?:opened|unopened|used|worn|packaging|box|tags?|condition)",
    ),
    _ask(
        "shop.exchanges",
        r"换(?:货)?.{0,4}(?:几次|多少次)|再换",
        r"\bhow (?:often|many times)\b.{0,20}\bexchange|\bexchange\b.{0,12}\b(?:twice|again)",
    ),
    _ask(
        "shop.refund_chain",
        r"审核|验货|验收|打款|退款(?:流程|进度|步骤)|(?:仓库|你们|商家).{0,6}收到.{0,12}(?:退|多久|多长|几天)|"
        r"(?:寄回|退回)(?:去|来)?.{0,12}(?:退款|退钱|多久|多长|什么时候|几天)",
        r"\breviewed\b|\b(?:under|in) review\b|\breview\b.{0,20}\b(?:takes?|long)\b|"
        r"\b(?:refund|return|request)s?\b.{0,20}\breview\b|"
        r"\binspect|\b(?:once|after) you (?:get|got|receive)|\bprocess(?:ed|ing)?\b.{0,20}\brefund|"
        r"\brefund process\b|\bsent (?:it|them|everything|my things|the item) back\b",
        unless=r"评价|评论|\b(?:product|star|write a|leave a|my) review\b",
    ),
    _ask(
        "shop.pickup_fee",
        r"[退换]货?.{0,8}(?:运费|邮费|快递费|路费|寄费)|(?:运费|邮费|快递费|寄费).{0,6}(?:谁|出|承担|掏|付|算|退)|"
        r"(?:寄回|退回).{0,8}(?:运费|邮费|要钱|收费|花钱)|上门(?:取件|取货|拿|收).{0,8}(?:钱|费)",
        r"\breturn (?:shipping|postage|label|cost|fee)|\bwho (?:pays|covers|bears)\b|"
        r"\b(?:pick-?up|collection)\b.{0,20}\b(?:fee|cost|free|charge)|"
        r"\b(?:pay|costs?)\b.{0,20}\b(?:return|send(?:ing)?\b.{0,20}\bback\b)",
    ),
    _ask(
        "shop.promotion",
        r"国补|补贴|以旧换新|满减|活动|优惠(?:政策|活动|力度)?|能效.{0,8}补|补(?:多少|几个)|折扣|打折|几折|内购",
        r"\bpromotions?\b|\bsubsid|\btrade[- ]?in\b|\bsales?\b|\boffers?\b|\bdiscounts?\b|\bpromo codes?\b",
        unless=r"off (?:my|this|the|order)|\bdiscount (?:on|of|did|for) (?:my |this |the )?order|优惠券|我的",
    ),
    _ask(
        "shop.refund_card shop.refund_wallet shop.refund_gift_card",
        r"(?:退款|退钱|退到|退回|钱.{0,6}退|退的钱|退给我).{0,16}(?:几天|几个工作日|多少天|多久|多长|什么时候|啥时候|几时|到账)|"
        r"钱.{0,4}(?:等|要).{0,4}(?:几天|多久|多长)|"
        r"(?:几天|多久|多长|什么时候|啥时候|几个工作日|多少天).{0,10}(?:退款|退钱|退到|退回|退给|到账|返还|打款)",
        r"\bhow (?:long|many (?:\w+ )?days|soon|fast|quick(?:ly)?)\b.{0,60}\b(?:refund|money|back)|"
        r"\bwhen\b.{0,60}\b(?:refund|money)\b|\brefunds?\b.{0,40}\b(?:take|long|quick|soon|fast|days|arrive)",
    ),
    _ask("shop.price_protection", r"价保|保价|价格保护", r"\bprice (?:protection|match|guarantee)"),
    _ask(
        "shop.methods",
        r"(?:支持|可以用|能用|能不能用|有哪些|哪些|用).{0,8}(?:支付|付款|付钱|付吗|付不)|(?:支付|付款)方式有|怎么(?:支付|付款)",
        r"\bways? (?:of|to) pay|"
        r"\b(?:which|what)\b.{0,20}\b(?:pay|payments?)\b.{0,30}\b(?:take|accept|methods|options|support)|"
        r"\bhow can i pay\b",
        unless=r"did i|失败|(?:付款?|支付)不(?:了|上|出|成)|(?:不|没|没有)成功|报错|被拒|"
        r"(?:付款|支付)(?:了(?!吗|嘛|么)|后|过)|\bfail\w*|\bdeclin\w*|\berror\b",
    ),
    _ask(
        "shop.cash_on_delivery",
        r"货到付款|到付",
        r"\bcash on delivery\b|\bcod\b|\bpay (?:on|at|when) (?:delivery|it arrives)",
    ),
    _ask("shop.instalments", r"分期|花呗分", r"\binstal+ments?\b|\bpay (?:monthly|in parts)"),
    _ask(
        "shop.unpaid",
        r"(?:不|没|未)(?:付款?|支付).{0,10}(?:取消|关闭|失效|过期|多久|保留)|多久.{0,6}(?:自动)?(?:取消|关闭)|(?:保留|锁)多久",
        r"\bunpaid\b|\bhow long\b.{0,20}\bto pay\b|\b(?:don'?t|not) pay\b.{0,30}\b(?:close|cancel|expire)",
    ),
    _ask(
        "shop.invoice",
        r"发票.{0,8}(?:多久|几天|什么时候|几时)|(?:多久|几天).{0,6}发票",
        r"\b(?:how (?:soon|long)|when)\b.{0,40}\binvoice|\binvoice\b.{0,30}\b(?:take|how long)",
    ),
    _ask(
        "shop.warranty",
        r"保修(?:期|多久|几)|质保|保(?:多久|几年)|[管包]修|修几年",
        r"\bwarranty\b|\bguarantee\b|\bcovered\b",
    ),
    _ask(
        "shop.hours",
        r"(?:人工|客服).{0,6}(?:几点|时间|上班|下班|在线)|几点(?:上班|下班|开门|关门|打烊)|营业(?:时间|到几点)",
        r"\b(?:opening|service|working|support) hours\b|\bwhen (?:are|is).{0,20}\b(?:open|available|agents?)|"
        r"\bwhat time (?:do|does) (?:you|the (?:shop|store))\b.{0,12}\b(?:open|close)\b",
    ),
    _ask(
        "shop.complaint", r"投诉.{0,8}(?:多久|几天|什么时候)", r"\bcomplaint\b.{0,30}\b(?:how long|when|take)"
    ),
    _ask(
        "product.price",
        r"多少钱|什么价|啥价|价格|怎么卖|几块|贵不贵|售价|最便宜",
        r"\bhow much\b|\bprice\b|\bcosts?\b|\bcheapest\b",
        unless=r"\bweigh|\bheavy\b|\bdid i\b|taken off|付了|花了|实付",
    ),
    _ask(
        "product.stock",
        r"有货|有没有|还有(?:吗|没|货|不)|缺货|断货|现货|库存|补货|到货",
        r"\bin stock\b|\bavailable\b|\bdo you (?:have|sell|carry)\b|\bstock\b|\bsold out\b|\bany left\b",
    ),
    _ask(
        "product.restock",
        r"(?:什么时候|啥时候|多久|几时|何时|哪天|几号).{0,8}(?:补货|到货|有货|来货|上架|再有)",
        r"\bwhen\b.{0,40}\b(?:back in stock|restock\w*|available again|in again)|\brestock",
    ),
    _ask(
        "product.variants",
        r"几[款种](?:规格|型号|颜色)?|几个(?:规格|型号|颜色|款)|有哪些(?:款|规格|颜色|型号|尺码)|多少[款种]",
        r"\bhow many (?:versions|variants|options|kinds|types|models|colou?rs)\b|\bwhich (?:versions|colou?rs|sizes)\b",
    ),
    _ask(
        "product.description",
        r"材质|材料是|成分|功能|参数|配置|面料|产地|是什么做的|特点",
        r"\bmade of\b|\bmaterials?\b|\bingredients?\b|\bfeatures?\b|\bwhats? in it\b|\bspec(?:s|ifications)?\b",
    ),
    _ask(
        "product.gifts",
        r"赠品|送(?:什么|啥|不|些|的(?!货|快递))|有没有送|附赠|礼品是",
        r"\bfree gifts?\b|\bcomes? with\b|\bgift\b.{0,12}\bwith\b",
    ),
    _ask(
        "product.repair", r"保修|质保|保几年|保多|[管包]修|修几年", r"\bwarranty\b|\bguarantee\b|\bcovered\b"
    ),
    _ask(
        "product.faults",
        r"故障|显示|报错|不(?:加热|制冷|转|亮|工作|太行|出水|进水)|怎么弄|啥毛病|什么毛病|漏水|异响|代码",
        r"\berror\b|\bfault\b|\bnot (?:working|heating|cooling)\b|\bshows?\b",
    ),
    _ask(
        "product.materials",
        r"辅材|(?:安装|装).{0,40}(?:收费|多少钱|费用)|材料费",
        r"\binstallation (?:cost|fee|material)",
    ),
    _ask("product.installation", r"安装|上门装|怎么装|自己装|师傅", r"\binstall"),
    _ask("product.exchangeable", r"换成?(?:哪|什么|啥|大|小|别|其他)|可以换|能换", r"\bexchange(?:d)? for\b"),
)


# The intent that a kind is asked under.
INTENT_OF: Final = {
    "order.tracking": "logistics_tracking",
    "order.expected": "logistics_tracking",
    "order.latest_event": "logistics_tracking",
    "order.delivered": "logistics_tracking",
    "order.ships_on": "order_status",
    "order.placed": "order_status",
    "order.shipped": "order_status",
    "order.cancelled": "order_status",
    "line.paid": "refund_status",
    "order.refund_to": "refund_status",
    "order.state": "order_status",
    "order.cancellable": "cancel_order",
    "order.changeable": "modify_order",
    "line.exchangeable": "exchange_request",
    "line.fault_until": "return_request",
    "order.price_protection": "price_promotion",
    "product.restock": "stock_availability",
    "shop.late": "urge_shipment",
    "shop.invoice_reissue": "invoice",
    "shop.warranty": "warranty_repair",
    "shop.complaint": "complaint",
    "line.return_until": "return_request",
    "order.contents": "order_status",
    "order.address": "order_status",
    "line.options": "order_status",
    "order.total": "payment_problem",
    "order.method": "payment_problem",
    "order.discount": "payment_problem",
    "order.shipping_fee": "payment_problem",
    "line.price": "payment_problem",
    "order.refund": "refund_status",
    "order.invoice": "invoice",
    "line.warranty": "warranty_repair",
    "customer.points": "membership_points",
    "customer.level": "membership_points",
    "customer.gift_card": "membership_points",
    "customer.coupon": "coupon",
    "shop.shipping_fee": "delivery_policy",
    "shop.remote": "delivery_policy",
    "shop.excluded": "delivery_policy",
    "shop.return_window": "return_policy",
    "shop.refund_card": "refund_status",
    "shop.refund_chain": "refund_status",
    "shop.pickup_fee": "return_policy",
    "shop.return_condition": "return_policy",
    "shop.exchanges": "return_policy",
    "shop.delivery_time": "delivery_policy",
    "shop.cutoff": "delivery_policy",
    "shop.gift_wrap": "price_promotion",
    "shop.unpaid": "place_order_help",
    "shop.hours": "human_agent",
    "shop.invoice": "invoice",
    "shop.price_protection": "price_promotion",
    "shop.points": "membership_points",
    "shop.levels": "membership_points",
    "shop.repair_time": "warranty_repair",
    "shop.cancel_reasons": "cancel_order",
    "product.faults": "technical_support",
    "product.repair": "warranty_repair",
    "product.exchangeable": "exchange_request",
    "shop.cash_on_delivery": "payment_problem",
    "shop.instalments": "payment_problem",
    "shop.promotion": "price_promotion",
    "shop.methods": "payment_problem",
    "product.price": "price_promotion",
    "product.stock": "stock_availability",
    "product.gifts": "price_promotion",
    "product.description": "product_question",
    "product.variants": "product_question",
    "product.installation": "technical_support",
    "product.materials": "product_question",
}


def intent_by_words(message: str) -> str | None:
    """The intent under which the first fact is asked for; None where the words ask for none."""
    return next((INTENT_OF[kind] for kind in asked_kinds(message) if kind in INTENT_OF), None)


# What every shop is asked, however it sounds to a model that was trained on others.
OF_THE_SHOP: Final = frozenset(
    "shop.promotion shop.shipping_fee shop.cash_on_delivery shop.instalments shop.invoice shop.return_window shop.excluded "
    "shop.remote shop.refund_card shop.refund_chain shop.pickup_fee shop.exchanges shop.delivery_time shop.gift_wrap "
    "shop.cutoff shop.unpaid shop.points shop.levels shop.repair_time shop.return_condition customer.points customer.level "
    "customer.gift_card customer.coupon".split()
)
# Nobody asks these of what they have not bought, whatever the message sounds like.
OF_OWN_ORDERS: Final = frozenset(
    "order.total order.method order.discount order.refund order.tracking order.contents order.invoice order.address "
    "line.price order.delivered".split()
)


def asked_kinds(message: str) -> tuple[str, ...]:
    """The kinds that the words ask for, in the order of the table; none where nothing is told by words."""
    found: list[str] = []
    for ask in ASKS:
        if ask.words.search(message) and not (ask.unless and ask.unless.search(message)):
            found += ask.kinds
    return tuple(dict.fromkeys(found))


_LIKE: Final = 0.5
# Less like it than that, but more so than any other by as much.
_RATHER_LIKE: Final = 0.4
_AHEAD: Final = 0.08
_AS_LIKE: Final = 0.04


def kinds_by_likeness(likenesses: Sequence[Likeness], *, is_sure: bool = False) -> tuple[str, ...]:
    """The kind that is asked for like this, and what is as like it; none where nothing is, or not surely."""
    if not likenesses:
        return ()
    best, ahead = (
        likenesses[0].score,
        likenesses[0].score - max([0.0, *(each.score for each in likenesses[1:])]),
    )
    if best < _LIKE and (is_sure or best < _RATHER_LIKE or ahead < _AHEAD):
        return ()
    return tuple(each.name for each in likenesses if each.score >= likenesses[0].score - _AS_LIKE)


def of_kinds(sheet: Iterable[SheetFact], kinds: Iterable[str]) -> tuple[SheetFact, ...]:
    """The facts of these kinds, in the order of the kinds."""
    facts = tuple(sheet)
    return tuple(fact for kind in kinds for fact in facts if fact.kind == kind)
