"""Persons where the words around a name say that it is one: 收件人, 我叫, a title. The tagger finds the others.

Before a title stands the name as it is written: the surname alone in Chinese (陈女士), all of it in English (Mr Tom Park).
"""

import re
from typing import Final

from models.understanding.patterns import Finder, L, literal, pattern

_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐"
    "于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞"
    "万支柯昝管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉钮龚程嵇邢裴陆荣翁荀羊甄曲封芮储靳汲邴糜松井段富巫乌焦巴弓牧山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖"
    "武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连"
    "茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖闫"
    "佟覃岳晋楚代仝税"
)
_DOUBLE = (
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|长孙|宇文|司徒|令狐|端木|夏侯|呼延|南宫|轩辕|百里|申屠|独孤|东郭|西门|闻人|万俟|濮阳|"
    "淳于|单于|钟离|澹台|赫连|太史|公羊"
)
_SURNAME = f"(?:{_DOUBLE}|[{_SURNAMES}])"
_TITLES = (
    "先生|女士|小姐|太太|老师|(?<!康)师傅|经理|阿姨|叔叔|大爷|大妈|奶奶|爷爷|老板|店长|医生|教授|主任|同学|大夫|律师|校长|护士|阿婆|"
    "伯伯|伯父|大哥|大姐|总监|会计|班长|科长|组长|队长"
)
_APART = r"(?:(?<![一-龥])|(?<=[帮找给叫请是和跟姓收的问让由告约催]))"
_ENDS = r"(?=$|[^一-龥A-Za-z·]|收(?:$|[，。,；]))"
_CALLED = r"(?:收件人?|收货人|联系人|寄件人|签收人|姓名|户名|持卡人|抬头)(?:是|叫|写|为|[: ])*"
_NAME = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ɏ]*(?:['’-]?[A-ZÀ-ÖØ-Þ][a-zß-öø-ɏ]+)*"

PERSONS: Final[tuple[Finder, ...]] = (
    pattern("person_name", rf"{_APART}(?P<span>{_SURNAME})(?=(?:{_TITLES}))", literal),
    pattern(
        "person_name",
        rf"(?:(?<![你他她])我叫|名字叫|本人叫)(?P<span>{_SURNAME}[一-龥]{{1,2}}){_ENDS}",
        literal,
        needs="叫",
    ),
    pattern(
        "person_name", rf"(?:[我他她的]|免贵)姓(?P<span>{_DOUBLE}|[一-龥])(?=$|[^一-龥])", literal, needs="姓"
    ),
    pattern(
        "person_name", rf"{_CALLED}(?P<span>{_SURNAME}[一-龥]{{1,2}}){_ENDS}", literal, needs="人名抬收寄"
    ),
    pattern(
        "person_name",
        rf"{L}(?:Mr|Mrs|Ms|Miss|Prof|Professor|Dr(?!\.? Pepper))\.? (?P<span>{_NAME}(?: {_NAME}){{0,2}}?)"
        rf"(?=['’]s\b|[一-龥]|(?! {_NAME})(?![\w'’-]))",
        literal,
        needs="MPD",
        flags=re.NOFLAG,
    ),
    pattern(
        "person_name",
        rf"(?:[Mm]y name is|[Mm]y name's|[Ii] am called) (?P<span>{_NAME}(?: {_NAME}){{0,2}})(?= (?:here|and|from)|[,.!;]|$)",
        literal,
        needs="n",
        flags=re.NOFLAG,
    ),
    pattern(
        "person_name",
        rf"(?:[Aa]ttn|[Rr]ecipient|[Cc]onsignee|c/o|FAO|[Ss]igned|[Aa]ttention)(?:: ?| |\. )"
        rf"(?P<span>{_NAME}(?: {_NAME}){{1,2}})(?![\w'’-])",
        literal,
        needs="ncFS",
        flags=re.NOFLAG,
    ),
    pattern(
        "person_name",
        rf"(?:^|(?:Hi|Hello|Hey),? )(?P<span>{_NAME}(?: {_NAME})?) here\b",
        literal,
        needs="h",
        flags=re.NOFLAG,
    ),
    pattern(
        "person_name",
        rf"(?:[Tt]hanks|[Rr]egards|[Cc]heers),? ?[-,]? ?(?P<span>{_NAME}(?: {_NAME})?)\.?$",
        literal,
        needs="Tts",
        flags=re.NOFLAG,
    ),
)
