"""Words that ask for a fact of an order or of a line of it."""

from __future__ import annotations

from typing import Final

from routing.sheet.asked.words import ask

_WHEN: Final = "(?:什么时候|啥时候|几时|几点|多久|几天|哪天|何时|今天|明天|大概)"
# Neither "到期" nor "联系到".
_ARRIVES: Final = "(?<![系找看做买查得领抢打用想退轮])到(?![期账帐岗点底时])"
# What comes or ends, and is not brought.
_NO_PARCEL: Final = "(?:券|红包|积分|活动|会员|余额|补贴|客服)(?:到底|大概|一般|还要|今天|明天|要|会|得)?"

OF_ORDERS: Final = (
    ask(
        "order.tracking",
        r"[运快]?[单递]{0,2}单号(?!\s*[#A-Za-z]*\d)|物流号|快递号|(?:什么|哪家|哪个|啥)快递|承运|快递公司|谁家送",
        r"\btracking\b(?! (?:page|link))|\bcarrier\b|\b(?:which|what) (?:courier|carrier|shipping company)|\bwaybill\b",
        unless=r"订单号是|下单号",
    ),
    ask(
        "order.expected",
        rf"{_WHEN}.{{0,8}}(?:{_ARRIVES}|送达|送来)",
        r"\bwhen (?:will|does|is|should|can).{0,40}\b(?:arrive|here|get|come|delivered|expect|reach|receive)",
        r"\b(?:what|which) (?:day|date|time)\b.{0,30}\b(?:arrive|here|get|come|deliver)|\beta\b|"
        r"\bhow (?:long|soon)\b.{0,30}\b(?:arrive|get here|deliver)",
        unless=rf"退款|退钱|发票|refund|invoice|\bwas\b|签收|{_NO_PARCEL}{_WHEN}|"
        r"\b(?:what|which) (?:day|date|time) did\b|几点到几点|[上下]班|营业|几点.{0,6}(?:送到|送达|收到|送来|到)的",
    ),
    ask(
        "order.latest_event",
        r"到哪|在哪|哪[里儿]了|物流|走到|到了没|怎么还没到|派送",
        r"\bwhere(?:'s| is| are)\b.{0,40}\b(?:order|parcel|package|it|stuff|delivery|shipment)\b|"
        r"\bstatus of (?:my )?(?:parcel|package|delivery)",
        unless=r"寄到哪|送到哪|发到哪|退款|钱|refund|receipt|invoice|单号|号码",
    ),
    # What a parcel's data seldom holds.
    ask(
        "order.hour",
        r"几点|具体时间|什么时辰|几时几分|上午还是下午",
        r"\bwhat time\b|\bwhich hour\b|\bexact (?:time|hour)|\bmorning or (?:in the )?afternoon",
        unless=rf"退款|退钱|发票|(?:我的|的|退的)钱|人工|客服|上班|下班|营业|[开关锁]门|打烊|下单|付款|付的|截止|到期|到账|{_NO_PARCEL}几点|"
        r"\b(?:open|close)|agent|colleague|cut-?off|dispatch|pay",
    ),
    ask(
        "order.courier",
        r"(?:快递员|送货员|骑手|小哥|师傅).{0,8}(?:叫|名字|姓|电话|号码|联系)",
        r"\b(?:courier|driver|delivery (?:man|guy|person))\b.{0,20}\b(?:name|called|phone|number|contact)|"
        r"\b(?:name|phone|number)\b.{0,20}\b(?:courier|driver|delivery (?:man|guy|person))\b",
    ),
    ask(
        "order.why",
        r"为什么.{0,16}(?:取消|派送|退回|延误|晚|慢|绕|停)|(?:取消|延误|退回).{0,4}(?:原因|为什么)",
        r"\bwhy (?:was|is|did|has|were|does|do)\b.{0,40}\b(?:cancel\w*|drop\w*|late|delay\w*|sent back|slow|return\w*)",
    ),
    ask(
        "order.delivered",
        r"签收|(?:哪天|什么时候|几号|几点|何时).{0,6}(?:送到|送达|签|收到|送来)的|已经送到|送到了吗",
        r"\b(?:when|what time) was\b.{0,40}\b(?:deliver|drop|receiv|hand(?:ed)?\b.{0,8}\bover)|"
        r"\b(?:when|what time) did\b(?: i\b.{0,20}\b(?:get|receive)|.{0,40}\b(?:arriv|deliver|drop|hand\b.{0,8}\bover))|"
        r"\bdelivered on\b|\bdropped off\b",
        unless=r"\b(?:when|what time) (?:was|did)\b[^,.;?!]*\b(?:refund\w*|money|payment|coupons?|vouchers?|points?|invoice|"
        r"(?:account|e-?mail|code)(?=\W*$|[,.;?!])|(?:my|the|our|your) returns?|returned)\b",
    ),
    ask(
        "order.ships_on",
        r"(?:什么时候|啥时候|几时|今天|明天|快点?|多久|何时).{0,6}(?:发|出库)|发货时间",
        r"\bwhen (?:will|does|is).{0,30}\b(?:ship|leave|dispatch|sent)",
    ),
    ask(
        "order.shipped",
        r"(?:什么时候|啥时候|哪天|几号|几点|何时|几时).{0,6}(?:发的|寄的|寄出|发出的|出库的|发货的)|发货(?:时间|日期)",
        r"\b(?:when|what time) (?:was|were|did).{0,40}\b(?:ship(?:ped)?|sent|dispatch(?:ed)?|leave|left)\b|\bshipped on\b",
        r"\b(?:what|which) (?:day|date)\b.{0,30}\b(?:shipped|sent|dispatched)\b",
    ),
    ask(
        "order.placed",
        r"(?:什么时候|啥时候|哪天|几号|何时|几月).{0,6}(?:下的?单|买的|拍的|订的)|(?:下单|购买)(?:时间|日期)",
        r"\bwhen did i (?:order|buy|place|purchase)|\bordered on\b|\border date\b|"
        r"\b(?:what|which) (?:day|date)\b.{0,30}\b(?:placed?|order(?:ed)?|buy|bought|purchased?)\b",
        unless=r"arriv|deliver|ship|refund|here\b",
    ),
    ask(
        "order.cancelled",
        r"(?:什么时候|啥时候|哪天|几号|何时).{0,6}取消的|取消(?:时间|日期)|被取消的",
        r"\bwhen (?:was|did).{0,40}\bcancel|\bcancel+ed on\b",
    ),
    ask(
        "order.total",
        r"(?:付|花|支付|实付|总|一共|共).{0,5}(?:多少|几块|金额|钱)|订单.{0,4}多少钱|这单.{0,4}多少|订单金额|总价|总额|"
        r"多少钱(?:买|拍|入手|订)的|(?:买|拍|订).{0,6}花了",
        r"\bhow much (?:was|did|were)\b|\btotal\b|\bwhat did (?:i|it) (?:pay|cost)|\bamount (?:of|i paid)|\bcost me\b",
        unless=r"退|refund|发票|invoice|运费|积分|余额|券|back\b|taken off|discount|left",
    ),
    ask(
        "order.method",
        r"(?:用|拿)(?:啥|什么|哪个|哪种|哪张).{0,4}(?:付|支付|买)|怎么付的|付款方式|支付方式",
        r"\bhow did i pay|\bpaid (?:with|by|using)|\bpay(?:ment)? (?:method|by|with)\b|\bwhich (?:card|method)",
        unless=r"支持|可以用|能用哪些|有哪些|换|\btake\b|accept|can i pay",
    ),
    ask(
        "order.discount",
        r"优惠了?多少|减了多少|便宜了多少|折扣.{0,4}多少|打了几折",
        r"\btaken off\b|\bhow much.{0,20}(?:discount|off|save)|\bdiscount (?:on|of|did|for)\b",
    ),
    ask(
        "order.shipping_fee",
        r"(?:收|付|花|多少).{0,4}运费|运费.{0,4}(?:多少|几)",
        r"\b(?:shipping|delivery) (?:fee|cost|charge)",
    ),
    ask(
        "order.refund",
        r"退(?:款|了|的钱|回).{0,8}(?:多少|到哪|哪里|没|进度|状态|到账)|退了?我?多少|钱退|"
        r"钱.{0,8}(?:哪儿?去|去哪|没到|没收到|没影)|我的?钱(?:呢|在哪)|(?:少|没按|怎么才|才)退|退少了|差我钱",
        r"\brefund\b.{0,30}\b(?:status|where|go|went|sent|much|arriv)|\b(?:where|how much).{0,40}\brefund|"
        r"\bget back\b|\bmoney back\b|\b(?:money|cash)\b.{0,20}\b(?:go|goes|went|gone)\b",
        unless=r"几天|多久|how long|when would|when will",
    ),
    ask(
        "order.refund_to",
        r"钱.{0,6}(?:打|退|回|返)(?:到|去|给|回)?(?:哪|谁|什么)|退(?:款|回|到)?.{0,4}(?:哪里|哪个|哪张|什么)(?:账户|卡|方式)?",
        r"\b(?:where|which account|which card)\b.{0,40}\b(?:money|refund|cash)\b.{0,20}\b(?:go|goes|land|end up|sent)\b",
    ),
    ask(
        "order.address",
        r"(?:寄|送|发)到(?:哪|什么)|(?:收货|收件|寄送)?地址(?:是|在|写|填|发)?(?:哪|什么|多少)|哪个地址|收件人(?:是|写)",
        r"\bwhere (?:is|was|are).{0,30}\b(?:sent|shipped|going|delivered) to\b|"
        r"\b(?:which|what) (?:city|address|place)|\bsent to\b|\bdelivery address\b",
        unless=r"改|换|change|update|fix|wrong",
    ),
    ask(
        "order.contents",
        r"(?:买|订|拍|有)[了的]?(?:些|哪些|什么|啥)|里面有|都有(?:什么|啥|哪些)|"
        r"(?:一共|总共|买了|订了|拍了|里有)(?:几|多少)[件样个种]",
        r"\bwhat(?:'s| is| was| did i).{0,12}\b(?:in|inside|buy|order)\b|\bremind me what\b|\bwhich items\b",
        r"\bhow many (?:items|things|pieces|products|articles)\b.{0,30}\b(?:order|buy|bought|purchase|in)\b",
        unless=r"happening|status",
    ),
    ask(
        "line.options",
        r"(?:什么|啥|哪个)(?:颜色|码|尺码|尺寸|规格|款)的?",
        r"\b(?:what|which) (?:colou?r|size|version|option|material|capacity)",
    ),
    ask(
        "line.price",
        r"单价|(?:这|那)[件个款双条].{0,6}多少钱|占(?:了)?(?:多少|几)|里(?:面|头|边)的?.{1,12}多少钱",
        r"\bwhat did i pay for the\b|\bhow much (?:\w+ ){0,4}was the\b|\bprice of the\b",
    ),
    ask("line.warranty", r"保修|质保|保多久|过保", r"\bwarranty\b|\bguarantee\b|\bcovered\b"),
    ask(
        "line.paid",
        r"(?:退|返)(?:给?我|回|款|我)?.{0,6}多少(?:钱|块|元)?(?!天)|能退回?多少(?!天)|退多少钱|"
        r"(?:少|没按.{0,6})退|退少了|差我钱",
        r"\bhow much\b.{0,40}\b(?:get|refunded|receive|back)\b|\brefund(?:ed)?\b.{0,20}\bhow much\b|"
        r"\brefund amount\b",
        unless=r"运费|邮费|退了|已退|postage|shipping",
    ),
    ask(
        "line.return_until line.not_returnable line.fault_until",
        r"(?:退(?!款|钱|到|回|给)|换)货?.{0,8}(?:期限|截止|到什么时候|最晚|最迟|哪天|几号|几天|时间|多久)|(?:多少|几)天.{0,4}(?:退|换)(?!款|钱|到|回|给)|"
        r"(?:最晚|最迟|什么时候|哪天|几号)(?:之?前)?.{0,6}(?:能|可以|还能)?.{0,2}(?:退货|换货|退(?!款|钱|到|回|给)|换)|"
        r"还?(?:能|可以|可)(?:不能|不可以)?.{0,4}(?:退货|退换|退(?!款|钱|回|到))|"
        r"(?:超过|过了|还在).{0,6}(?:退|换)",
        r"\bhow (?:long|many days)\b.{0,40}\b(?:return|back)|\breturn (?:window|deadline|period)|\breturnable\b|"
        r"\b(?:too late|still|able|eligible)\b.{0,24}\b(?:return|send (?:it|this|them) back)|"
        r"\b(?:last day|deadline|until when|by when)\b.{0,40}\b(?:return|back)",
    ),
    ask(
        "order.invoice",
        r"抬头|发票.{0,6}(?:金额|多少|开的|是谁)|开了发票|发票内容",
        r"\binvoice\b.{0,30}\b(?:amount|title|name|for|to|made out)|\bwhose name\b",
    ),
    ask(
        "order.price_protection", r"价保|保价|降价|差价", r"\bprice (?:protection|drop|match)|\bdifference\b"
    ),
)
