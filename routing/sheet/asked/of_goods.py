"""Words that ask for a fact of goods."""

from __future__ import annotations

from typing import Final

from routing.sheet.asked.words import ask

OF_GOODS: Final = (
    ask(
        "product.price",
        r"多少钱|什么价|啥价|价格|怎么卖|几块|贵不贵|售价|最便宜",
        r"\bhow much\b|\bprice\b|\bcosts?\b|\bcheapest\b",
        unless=r"\bweigh|\bheavy\b|\bdid i\b|taken off|付了|花了|实付|"
        r"\b(?:fitting|install\w*)\b.{0,16}\bcosts?\b|\bcosts?\b.{0,16}\b(?:fitting|install)",
    ),
    ask(
        "product.stock",
        r"有货|有没有|还有(?:吗|没|货|不)|缺货|断货|现货|库存|补货|到货|[拿买]得[到着]|[拿买]不[到着]了?吗",
        r"\bin stock\b|\bavailable\b|\bdo you (?:have|sell|carry)\b|\bstock\b|\bsold out\b|\bany left\b",
    ),
    ask(
        "product.restock",
        r"(?:什么时候|啥时候|多久|几时|何时|哪天|几号).{0,8}(?:补货|到货|有货|来货|上架|再有)",
        r"\bwhen\b.{0,40}\b(?:back in stock|restock\w*|available again|in again)|\brestock",
    ),
    ask(
        "product.variants",
        r"几[款种](?:规格|型号|颜色)?|几个(?:规格|型号|颜色|款)|有哪些(?:款|规格|颜色|型号|尺码)|多少[款种]",
        r"\bhow many (?:versions|variants|options|kinds|types|models|colou?rs)\b|\bwhich (?:versions|colou?rs|sizes)\b",
    ),
    ask(
        "product.description",
        r"材质|材料是|成分|功能|参数|配置|面料|产地|是什么做的|特点",
        r"\bmade of\b|\bmaterials?\b|\bingredients?\b|\bfeatures?\b|\bwhats? in it\b|\bspec(?:s|ifications)?\b",
    ),
    ask(
        "product.gifts",
        r"赠品|送(?:什么|啥|不|些|的(?!货|快递))|有没有送|附赠|礼品是",
        r"\bfree gifts?\b|\bcomes? with\b|\bgift\b.{0,12}\bwith\b",
    ),
    ask(
        "product.repair", r"保修|质保|保几年|保多|[管包]修|修几年", r"\bwarranty\b|\bguarantee\b|\bcovered\b"
    ),
    ask(
        "product.faults",
        r"故障|显示|报错|不(?:加热|制冷|转|亮|工作|太行|出水|进水)|怎么弄|啥毛病|什么毛病|漏水|异响|代码",
        r"\berror\b|\bfault\b|\bnot (?:working|heating|cooling)\b|\bshows?\b",
    ),
    ask(
        "product.materials",
        r"辅材|(?:安装|装).{0,40}(?:收费|多少钱|费用)|材料费",
        r"\binstallation (?:cost|fee|material)|\b(?:fitting|installing)\b.{0,24}\b(?:cost|fee|charge|price)|"
        r"\b(?:cost|charge|pay)\b.{0,24}\b(?:fitting|install\w*|to (?:have it )?fit(?:ted)?)\b",
    ),
    ask(
        "product.installation",
        r"安装|上门装|怎么装|自己装|师傅",
        r"\binstall|\b(?:the|a) fitting\b(?! room)|\bfitting (?:cost|fee|service)\b",
    ),
    ask("product.exchangeable", r"换成?(?:哪|什么|啥|大|小|别|其他)|可以换|能换", r"\bexchange(?:d)? for\b"),
)
