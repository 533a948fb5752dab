"""The parts of a Chinese address: divisions by a gazetteer (`places`), roads and doors by their words.

Municipalities, Hong Kong and Macau are cities. A city of a county's rank is a district after the city it lies in, else
a city. A road takes with it the town before it and the number after it: 花桥镇绿地大道1555号. The door is what follows.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from models.types import Entity
from models.understanding.places import CHINESE, Kind, Name

_HAN = "一-龥"
_TYPES: Final[dict[Kind, str]] = {
    "province": "address_province",
    "city": "address_city",
    "county_city": "address_city",
    "district": "address_district",
}

# Between the parts of one address.
_BESIDE: Final = re.compile(r"[ ,，、/·:：（(\-]{0,2}")
_ROAD_AFTER: Final = re.compile(
    r"(?:[东南西北中]{0,2}|[一二三四五六七八九十环][东南西北中]?)(?:路(?!由)|大?街|大道|胡同|巷|公馆)|[东南西北中]道"
)
# What may follow the short name of a place. Before another word it is a part of a name: 重庆小面, 上海故事.
_GOES_ON: Final = re.compile(
    rf"$|[^{_HAN}]|[的到仓有这那能吗么嘛呢吧啊呀收发寄送在和或还是也都就了要没可不哪什几站雨雪风热冷太天改换从往去来离比跟与及算属等退取买卖"
    r"怎多今明昨住读上下我你他她您岛店被会搬两冬夏春秋零好打人]|中转|转运|分拨|农村|乡|留学|出差|度假|海拔|网点|机场|火车|附近|郊|客户|"
    r"朋友|同学|老家|亲戚|专柜|门店|柜台|工地|工厂|快递|物流|自提|自取|一带|同城|地址|大学城|地铁|点|周边|爆|当地|本地|产地|直发|直邮|别墅|"
    r"学校|[东西南北]站"
)
_ADDRESS_GOES_ON: Final = re.compile(
    rf"[{_HAN}]{{1,12}}?(?:\d{{1,5}}[号弄巷栋幢座楼室期]|大道|[东南西北中]?路(?![由费况程灯过])|大街|街道|[{_HAN}]街|镇|[东南西北中]道)"
)
_PART_GOES_ON: Final = re.compile(rf"[{_HAN}]{{1,12}}?(?:小区|花园|大学|广场|大厦|公寓|医院|村|园|苑)")
_GOING: Final = re.compile(r"(?:[在到去从至住]|[改写换选填]成)$")
_NAMED_AS_PLACE: Final = re.compile(r"[在到去从至住写选]$")
_IN_NAME_BEFORE: Final = re.compile(r"[路街号巷段道院园湖镇村城]$")
_OPEN_BEFORE: Final = re.compile(
    rf"(?:^|[^{_HAN}0-9]|[在到去从至住写选送寄改发成往回搬是和跟与的把被给就个叫我还于]|地址|老家|公司|同事|客户|朋友|现在|以前|以后)$"
)
_NEW_DISTRICT: Final = re.compile(
    rf"[{_HAN}]{{2,5}}?(?:高新区|开发区|工业园区|新区|(?<![小园校社地])区(?![{_HAN}]?[座栋楼期]|\d)|县(?!城)|自治旗|"
    r"[左右中前后]旗)|[东西南北中]区"
)
_SUFFIXES: Final = frozenset("区县旗市")

# Words before a road or a door that belong to the sentence and not to the name. The strong ones are in no name of a road.
_STRONG_LEADS = r"[在到是寄送的了我你他她您把给换]|改(?!革)|搬到?|转(?!运|角)|不要|请|[这那][边个]|家里|地址"
_STRONG: Final = re.compile(_STRONG_LEADS)
_LEADS: Final = re.compile(
    rf"{_STRONG_LEADS}|[至从]|住(?![院宅宿])|往(?!流)|停(?!车)|绕|(?<=[改换写变填错选])成|写(?!字)|退回?|和(?!平|谐|义|顺|兴|田|畅|瑞)|"
    r"跟|与|或|(?<!解)放(?!鹤)|去|叫|走(?!马)|说|派|门牌|路名|单位|交叉口|拐角|货车|快递(?!柜)|师傅|办公(?![楼室区])|地点|新家|默认|原来|"
    r"现在|以前|以后|直接|楼号|导航|靠近|旁边|附近|对面|就|看到|学校(?=[东西南北])|取(?=[货件])|收(?=件|货)|碰头|公司|"
    r"上(?=[\d一二三四五六七八九十])|入(?=\d)|[总分本]店|near"
)
_COUNT = "[0-9一二三四五六七八九十百]+"
_ROAD_NAME = (
    rf"(?:[{_HAN}]{{2,14}}(?<![走封修问迷半后让带引铁网电短断思套出近探跑原条之般怕])路(?![由费况程灯过线者遥])|"
    rf"[{_HAN}]{{1,14}}(?:大道|大街|街道(?!办)|胡同|公路|马路|(?<!逛)街(?![坊边区市道])|巷(?![口子])|弄(?=\d)|[东南西北中]道(?!口)|"
    rf"(?<!小)镇(?![上江海店区])|道(?=\d)|(?<=[{_HAN}]{{2}})条(?=\d)|[东南西北]{_COUNT}道|"
    rf"(?<=[{_HAN}]{{2}})道[东西南北中]?(?=[,， ]|$)))"
)
_HOUSE = (
    r"(?: ?[甲乙丙丁戊]?\d{1,5}(?:[-之]\d{1,3})?"
    r"(?:号(?!楼|院?[线店])(?:院|街坊)?|巷(?:\d+弄)?(?:\d+号)?|弄(?:\d+号)?)(?:附\d+号)?|[一二三四五六七八九十百]{1,4}号(?!楼))"
)
_ROAD: Final = re.compile(
    rf"{_ROAD_NAME}(?:[东南西北中上下]段|{_COUNT}段|[{_HAN}]{{2}}段(?=\d))?(?:步行街)?{_HOUSE}?"
)
_NO_ROAD: Final = re.compile(
    r"(?:[这那哪整什么]*[个条]?路|马路|公路|步行街|[商美小][业食吃]街|[上下]?大街|[小老]?街|小巷|街道|大道|大马路|.?镇|[东西南北中]道|"
    r".*(?:线路|道路|[走迷指上赶小]路|知道|渠道|频道|通道|管道|跑道|轨道|报道|地道|[这那一][条个][街路巷]|逛街|街镇|乡镇|村镇|城镇))$"
)
_NEEDS_A_PLACE: Final = re.compile(r"镇$|(?:递|裹|件|车|傅|人|^)一路$|(?<![大街东南西北中])道$|区街道$")
_LONGEST_FREE_ROAD: Final = 9

_UNIT = "(?:号楼|号院|号门|号柜|号铺|号|栋|幢|座|单元|室|楼|层|舍|户|房|区|期|门|床|塔|厅|病区|铺|档|仓|库)"
_NUMBERED = (
    r"(?<!\d)[A-Za-z]?\d{1,4}[A-Za-z]?(?:-[A-Z]?\d{1,4}){1,3}[A-Za-z]?(?:室|号)?|"
    rf"[A-Za-z]{{0,2}}\d{{1,4}}[A-Za-z]?{_UNIT}?(?!\d)(?:之\d|(?<=[楼层座])[A-Z]室?|/F)?|[A-Z] \d{{1,4}}(?!\d)|"
    r"(?<![A-Za-z])[A-Za-z](?:座|栋|幢|区|楼|馆|塔|单元)|"
    r"[一二三四五六七八九十东南西北甲乙丙丁]{1,3}(?:座|栋|幢|区|号楼|楼|单元|层|塔|期|舍|户)"
)
_NAMED = (
    "大厦|大楼|广场|小区|花园|公寓|家园|家属院|家属楼|宿舍楼?|社区|城市|商贸城|商城|市场|商场|工业园|科技园|创业园|软件园|产业园|酒店|"
    "宾馆|民宿|客栈|旅社|超市|商务城|商务中心|便利店|名苑|新村|写字楼|校区|研究所|办事处|医院|大学|学院|小学|中学|幼儿园|驿站|"
    "收发室|传达室|值班室|门卫室?|快递柜|储物柜|丰巢柜?|保安亭|岗亭|居委会|村委会|物业前台|前台|食堂|小卖部|地下室"
)
_NAMED_NEAR = (
    rf"{_NAMED}|(?<=[楼层])[{_HAN}]{{1,4}}[室部科店铺房堂台柜]|(?:Unit|Room|Rm|Floor|Flat|Apt|Tower|Block) ?[A-Z0-9-]+|"
    "[房教]?楼|国际|中心|仓库|SOHO|[东南西北]门"
)
_PREMISES = "[苑园庭府湾里阁轩馆厂院邸墅城店村]"
_STOPS = (
    r"离|距|门禁|密码|的|能不?|可以|请|麻烦|电话|手机|邮编|邮政|收(?!发)|寄(?!存)|签|派|改|换|这|那|没|[吗吧呢啊]|附近|一带|尽头|谢|我|你|他|是|"
    r"在|有|\d{5,}|人收|停车场|转交|楼下|楼上|等|外面|辛苦|工作日|到了"
)
_RUN = rf"{_HAN}0-9A-Za-z#·/&（）()-"
_PIECE: Final = re.compile(rf"[{_RUN}]+(?: +(?=[0-9A-Za-z])[{_RUN}]+)*")
_DOOR: Final = re.compile(rf"(?:(?!{_STOPS})[{_RUN}]|(?<=[{_HAN}0-9A-Za-z]) (?=[0-9A-Za-z])){{1,30}}")
_DOOR_END: Final = re.compile(f"{_NUMBERED}|{_NAMED_NEAR}|{_PREMISES}")
_DOOR_END_APART: Final = re.compile(f"{_NUMBERED}|{_NAMED_NEAR}")
_NAMED_END: Final = re.compile(f"(?:{_NAMED})$")
_NO_DOOR: Final = re.compile(
    r"\d{1,4}|农村|乡村|大?城市|别墅|民宿|前台|(?:转运|分拨|市|物流)中心|大学城|批发城|.{1,4}[烤饭商]店|酒店|学校|医院|.里|.城|.店|"
    r".村|.园|宿舍|[^一-龥]{1,3}|(?:哪|什么|隔壁|[新旧错]小区).*|驿站|超市|商场|丰巢|岗亭|幼儿园|小区|小区驿站|便利店|仓库里?|家里|"
    r".*(?:[考读]上?|上)大学"
)
_PUT: Final = re.compile(r"[放送到在寄住写叫进]$")
_SURE: Final = re.compile(
    r"\d(?:号楼|栋|幢|座|单元|室|层|号柜|舍)|(?<!\d)\d{1,2}楼(?!上)|[A-Z]座|[A-Z]\d?[栋幢]|[楼座]\d{3,4}(?!\d)|"
    r"[一二三四五六七八九十]+(?:号楼|单元|栋|楼)|(?<![\d-])\d{1,2}-\d{1,2}-\d{2,4}(?![\d-])"
)
_ANCHOR: Final = re.compile(rf"[路街道巷弄镇楼栋座室幢国中\d]|{_NAMED}|{_PREMISES}")
_AFTER_NUMBER = len("唐糖收")


def chinese_addresses(text: str) -> Iterator[Entity]:
    """The parts of addresses in Chinese; no two overlap."""
    if text.isascii():
        return
    divisions = list(_divisions(text))
    yield from divisions
    yield from _roads_and_doors(text, divisions)


def _divisions(text: str) -> Iterator[Entity]:
    """Provinces, cities and districts, each read in the light of the one before it."""
    above: Name | None = None
    at = end = 0
    while at < len(text) - 1:
        is_beside = above is not None and _BESIDE.fullmatch(text, end, at) is not None
        found: tuple[Entity, Name | None] | None = _division(text, at, above if is_beside else None)
        if found is None and is_beside and at == end:
            found = _new_district(text, at, above)
        if found is None:
            at += 1
            continue
        entity, name = found
        yield entity
        at = end = entity.end
        above = name or above


def _division(text: str, at: int, above: Name | None) -> tuple[Entity, Name] | None:
    for name in CHINESE.get(text[at : at + 2], ()):
        if text.startswith(name.text, at) and (kind := _kind(text, at, name, above)) is not None:
            return _entity(text, _TYPES[kind], at, at + len(name.text)), name
    return None


def _new_district(text: str, at: int, above: Name | None) -> tuple[Entity, Name | None] | None:
    """What the gazetteer lacks: 稀土高新区 after 包头."""
    if above is None or not above.kinds & {"city", "county_city"}:
        return None
    match = _NEW_DISTRICT.match(text, at)
    return None if match is None else (_entity(text, "address_district", *match.span()), None)


def _kind(text: str, at: int, name: Name, above: Name | None) -> Kind | None:
    """Which division the name means here; None where it means none."""
    end = at + len(name.text)
    is_part = above is not None and name.text in above.parts
    if not (is_part or _may_begin(text, at, name, above)):
        return None
    if not (name.is_full or _may_end(text, at, name, is_part)) or (
        name.is_full and text.startswith("场", end)
    ):
        return None
    is_in_city = above is not None and "city" in above.kinds and (is_part or not above.parts)
    if is_in_city and name.kinds & {"district", "county_city"}:
        return "district"
    return next(kind for kind in _TYPES if kind in name.kinds)


def _may_begin(text: str, at: int, name: Name, above: Name | None) -> bool:
    """Whether what stands before allows the name. An everyday word is a place where somebody goes, and nothing follows it."""
    if name.is_everyday:
        return bool(_NAMED_AS_PLACE.search(text, max(0, at - 1), at)) and not _is_han(
            text, at + len(name.text)
        )
    if name.is_full:
        return True
    if above is not None and "district" in name.kinds & above.kinds and text[at - 1] not in " ，,、/":
        return False
    if name.kinds & {"city", "province"}:
        return _IN_NAME_BEFORE.search(text, max(0, at - 1), at) is None
    return above is not None or _OPEN_BEFORE.search(text, max(0, at - 2), at) is not None


def _is_han(text: str, at: int) -> bool:
    return at < len(text) and "一" <= text[at] <= "龥"


def _may_end(text: str, at: int, name: Name, is_part: bool) -> bool:
    """Whether what follows allows a short name: 南京 in 寄到南京, not in 南京路 and 南京盐水鸭."""
    end = at + len(name.text)
    if _ROAD_AFTER.match(text, end) or text[end : end + 1] in _SUFFIXES:
        return False
    if _GOES_ON.match(text, end) or _ADDRESS_GOES_ON.match(text, end):
        return True
    if is_part and _PART_GOES_ON.match(text, end):
        return True
    if "city" in name.kinds and _GOING.search(text, max(0, at - 2), at):
        return True
    after = CHINESE.get(text[end : end + 2], ())
    return any(text.startswith(n.text, end) and (n.text in name.parts or not n.is_everyday) for n in after)


def _roads_and_doors(text: str, divisions: Sequence[Entity]) -> Iterator[Entity]:
    """Each piece of text between divisions, signs and words of the sentence may be a road, a door, or a road and a door."""
    if not _ANCHOR.search(text):
        return
    known = list(divisions)
    for start, end in _pieces(text, divisions):
        is_beside = _is_beside(text, start, known)
        road = _road(text, start, end, is_beside)
        if road is not None:
            known.append(road)
            yield road
        door = _door(text, start if road is None else road.end, end, is_beside or road is not None)
        if door is not None:
            known.append(door)
            yield door


def _is_beside(text: str, start: int, known: Sequence[Entity]) -> bool:
    return any(
        e.end <= start <= e.end + 2 and _BESIDE.fullmatch(text, e.end, start) is not None for e in known
    )


def _pieces(text: str, divisions: Sequence[Entity]) -> Iterator[tuple[int, int]]:
    """Where a piece right after a division starts, only strong words part it: 和平路 is a road there."""
    start = 0
    for stop, resume in (*((entity.start, entity.end) for entity in divisions), (len(text), len(text))):
        for run in _PIECE.finditer(text, start, stop):
            at = run.start()
            leads = _STRONG if _is_beside(text, at, divisions) else _LEADS
            for lead in leads.finditer(text, run.start(), run.end()):
                if lead.start() > at:
                    yield at, lead.start()
                at = lead.end()
            if at < run.end():
                yield at, run.end()
        start = resume


def _road(text: str, start: int, end: int, is_beside: bool) -> Entity | None:
    match = _ROAD.match(text, start, end)
    if match is None or _NO_ROAD.match(match[0]):
        return None
    if not is_beside and not match[0].endswith("号"):
        goes_on = text.startswith("上", match.end()) and _ADDRESS_GOES_ON.match(text, match.end()) is None
        if len(match[0]) > _LONGEST_FREE_ROAD or _NEEDS_A_PLACE.search(match[0]) or goes_on:
            return None
    return _entity(text, "address_street", *match.span())


def _door(text: str, start: int, end: int, is_beside: bool) -> Entity | None:
    while start < end and text[start] in " ,，、/·":
        start += 1
    run = _DOOR.match(text, start, end)
    if run is None or not (is_beside or _is_door_alone(text, start, run.end())):
        return None
    if is_beside and _is_all_door(text, start, run.end()):
        return _entity(text, "address_detail", start, run.end())
    is_apart = not is_beside or text[start - 1 : start] in ("，", ",")
    ends = (_DOOR_END_APART if is_apart else _DOOR_END).finditer(text, start, run.end())
    stop = max((found.end() for found in ends), default=start)
    if stop <= start + 1 or _NO_DOOR.fullmatch(text, start, stop):
        return None
    return _entity(text, "address_detail", start, stop)


def _is_all_door(text: str, start: int, stop: int) -> bool:
    """What follows the number of a house up to a sign is the door, whatever it is called; a name before 收 is a person."""
    if not (text[start - 1 : start] == "号" and text[: start - 1][-1:].isdigit() and _is_han(text, start)):
        return False
    return stop - start > _AFTER_NUMBER and not _is_han(text, stop)


def _is_door_alone(text: str, start: int, stop: int) -> bool:
    if _SURE.search(text, start, stop):
        return True
    is_put = _PUT.search(text, max(0, start - 1), start) is not None
    return is_put and _NAMED_END.search(text, start, stop) is not None


def _entity(text: str, type: str, start: int, end: int) -> Entity:
    return Entity(type, text[start:end], text[start:end].lower(), start, end)
