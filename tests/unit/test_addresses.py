"""The parts of addresses and the persons that exact patterns find: what is told of a marked line, and nothing else."""

import time

import pytest

from models.understanding.addresses import ADDRESS_TYPES, ADDRESSES
from models.understanding.entities import extract
from models.understanding.evaluate import NAMES
from models.understanding.marked import parse_marked
from models.understanding.tagger import TYPES

_TOLD = (*ADDRESS_TYPES, "person_name")


def check(line: str) -> None:
    """`line` has its parts marked; what is told has to be just those."""
    text, marked = parse_marked(line)
    expected = [(e.type.removeprefix("address_"), e.text) for e in marked]
    found = [(e.type.removeprefix("address_"), e.text) for e in extract(text) if e.type in _TOLD]
    assert found == expected


@pytest.mark.parametrize(
    "line",
    [
        "寄到[山东省](address_province)[济南市](address_city)[历下区](address_district)就行",
        "[广西壮族自治区](address_province)[南宁市](address_city)[青秀区](address_district)能送吗",
        "[重庆市](address_city)[渝北区](address_district)，[香港](address_city)[观塘](address_district)也要",
        "从[宁波](address_city)发到[柳州](address_city)几天",
        "[福建](address_province)[泉州](address_city)[晋江](address_district)，做鞋的",
        "[浙江](address_province)[义乌](address_city)发货",
        "我在[湘西州](address_city)[凤凰县](address_district)",
        "[北京](address_city)[朝阳](address_district)，不是[辽宁](address_province)[朝阳](address_city)",
        "[吉林省](address_province)[吉林市](address_city)",
        "我住[南山](address_district)，他在[西安](address_city)[高新区](address_district)",
        "[台南市](address_city)[东区](address_district)，[台湾](address_province)",
        "[昆明](address_city)那边下雨，先别发",
        "表姐在[墨尔本](address_city)读书",
    ],
)
def test_divisions_of_china(line: str) -> None:
    check(line)


@pytest.mark.parametrize(
    "line",
    [
        "重庆火锅底料还有吗",
        "南京盐水鸭真空包装能放多久",
        "云南白药气雾剂过期了",
        "大理石餐桌裂了",
        "这衣服光明正大地掉色",
        "东方树叶来两箱",
        "没开封的能退吗",
        "平安到家就好",
        "上海滩那个牌子的丝巾",
        "海南鸡饭酱料包少了",
    ],
)
def test_a_place_inside_another_name_is_none(line: str) -> None:
    check(line)


@pytest.mark.parametrize(
    "line",
    [
        "我家在[海淀区](address_district)[知春路甲48号](address_street)[3号楼2门501](address_detail)",
        "[成都市](address_city)[武侯区](address_district)[天府大道北段1700号](address_street)[环球中心E5-1-2008](address_detail)",
        "[杨浦区](address_district)[国和路36弄](address_street)，[6号201室](address_detail)",
        "[晋江](address_city)[金井镇滨海路88号](address_street)",
        "[苏州](address_city)[工业园区](address_district)[星湖街](address_street)",
        "不是[江北路](address_street)是[江南路](address_street)",
        "把[新华路](address_street)改成[新华西路](address_street)",
        "[南京东路](address_street)那家店还开吗",
        "[南京西路](address_street)在[上海](address_city)",
        "[观塘](address_district)[伟业街108号](address_street)[丝宝国际大厦8楼](address_detail)",
        "[柳南区](address_district)[航生路九号](address_street)",
        "门牌是[12-3-401](address_detail)",
        "[5栋2单元1701室](address_detail)，别放门口",
        "放[锦绣家园快递柜](address_detail)吧",
        "搬到[6楼](address_detail)要加钱吗",
        "[静安区](address_district)[延平路121号](address_street)[三和大厦](address_detail)周涛收",
    ],
)
def test_roads_and_doors_in_chinese(line: str) -> None:
    check(line)


@pytest.mark.parametrize(
    "line",
    [
        "快递在路上吗",
        "一路辛苦了",
        "退款原路返回",
        "这条路走不通，店主跑路了",
        "杯子有味道",
        "我知道了，渠道不对",
        "步行街逛街买的",
        "放驿站了吗",
        "你们在哪个城市",
        "要第3期的杂志",
        "wifi搜不到5G的",
    ],
)
def test_words_that_only_look_like_roads_and_doors(line: str) -> None:
    check(line)


@pytest.mark.parametrize(
    "line",
    [
        "deliver to [45 Orchard Close](address_street), [Didcot](address_city), OX11 7AA",
        "[12 West Loop](address_street), [Suite 9](address_detail), [Houston](address_city), [TX](address_province) 77027",
        "[Flat 9, Tudor Court](address_detail), [31 Vicarage Road](address_street), [Reading](address_city), RG1 4QD",
        "[7/F, Sun Plaza](address_detail), [Hoi Bun Road](address_street), [Tsuen Wan](address_district), [HK](address_city)",
        "[5 Rue du Bac](address_street), 75007 [Paris](address_city), France",
        "[Marienstrasse 12](address_street), 10117 [Berlin](address_city)",
        "[Kalverstraat 92](address_street), [Amsterdam](address_city)",
        "[Rua Oscar Freire 540](address_street), [São Paulo](address_city), [SP](address_province), 01426-000",
        "[flat 3b](address_detail), [40 queens road](address_street), [brighton](address_city)",
        "[12 Main St](address_street). [Apt 4](address_detail), [Salem](address_city), [MA](address_province)",
        "[24 Old Mill Lane](address_street), [Bray](address_city), [Co. Wicklow](address_province)",
        "[10 Eagle Street](address_street), [Brisbane](address_city) [QLD](address_province) 4000",
        "[19 Harcourt Terrace](address_street), [Ranelagh](address_district), [Dublin](address_city)",
        "take it to the [2nd floor](address_detail). [Unit 7](address_detail) not [Unit 1](address_detail)",
        "Our shop is on [Penny Lane](address_street)",
        "I live in [Springfield](address_city), [Ohio](address_province)",
        "do you ship to [Hawaii](address_province) and [Puerto Rico](address_province)",
        "Is [Liverpool](address_city) covered by same day delivery?",
        "the parcel went to [Leeds](address_city), I'm in [Bath](address_city)",
        "Deliver to [TX](address_province), not [AZ](address_province)",
        "[Toronto](address_city)转运仓：[40 Bloor Rd](address_street), [Unit 12](address_detail)",
    ],
)
def test_addresses_in_latin_letters(line: str) -> None:
    check(line)


@pytest.mark.parametrize(
    "line",
    [
        "two boxes of bath towels in orange",
        "it fell out of the box on the street",
        "by the way, which drive is faulty",
        "Charlotte says her order is late",
        "Jackson from support was great",
        "Paris Whitfield wants a refund",
        "Brussels sprouts were rock hard",
        "the size is OK or is it ME",
        "a nice mobile phone, reading glasses",
    ],
)
def test_words_and_persons_are_no_places(line: str) -> None:
    check(line)


@pytest.mark.parametrize(
    "line",
    [
        "[陈](person_name)女士您好",
        "请转告[欧阳](person_name)师傅",
        "我叫[苏文静](person_name)，查下订单",
        "我姓[诸葛](person_name)，不是姓诸",
        "收件人：[何立群](person_name)，电话晚点给",
        "Mr [Holt](person_name)'s suit is late",
        "please ask Mrs. [Ann O'Brien](person_name)",
        "My name is [Tomas Lindqvist](person_name), hello",
        "Attn: [Oscar Nunes](person_name)",
        "[Amy](person_name) here, any news?",
    ],
)
def test_persons_beside_titles_and_labels(line: str) -> None:
    check(line)


@pytest.mark.parametrize(
    "line",
    [
        "康师傅方便面碎了",
        "Dr Pepper by the case",
        "老师说要A4纸",
        "我叫了快递，没人来",
        "my name is wrong on the invoice",
        "it is here already",
    ],
)
def test_no_persons(line: str) -> None:
    check(line)


def test_offsets_are_those_of_the_written_text() -> None:
    text = "送到余杭区文一西路９６９号"
    found = [e for e in extract(text) if e.type == "address_street"]
    assert [(e.text, e.value, text[e.start : e.end]) for e in found] == [
        ("文一西路９６９号", "文一西路969号", "文一西路９６９号")
    ]


def test_what_patterns_find_is_not_left_to_the_tagger() -> None:
    assert not set(ADDRESS_TYPES) & set(TYPES)
    assert set(ADDRESS_TYPES) < set(NAMES)


@pytest.mark.parametrize(
    "unit",
    [
        "路",
        "北京",
        "余杭区",
        "号楼",
        "5栋",
        "在",
        "a ",
        "Elm ",
        "1 Elm ",
        "Flat 1, ",
        "London, ",
        "Rua de ",
        "A.",
    ],
)
def test_no_text_takes_long(unit: str) -> None:
    text = unit * (10_000 // len(unit))
    assert min(seconds(text) for _ in range(3)) < 0.5


def seconds(text: str) -> float:
    begun = time.process_time()
    for find in ADDRESSES:
        list(find(text))
    return time.process_time() - begun
