"""Names of a shop's catalogue in messages: which are found, and how they go with what the model found."""

import pytest

from commerce.domain.catalogue import ProductVocabulary, Sold, Term
from commerce.domain.text import LocalText
from deployments.names import catalogue_names
from models.types import Entity
from models.understanding.catalogue import CatalogueNames, Name

SOLD = (
    Sold(LocalText("雪翎 长款羽绒服", "Xueling long down jacket"), LocalText("雪翎", "Xueling")),
    Sold(LocalText("On 跑鞋", "On running shoe"), LocalText("On", "On")),
    Sold(LocalText("田汐 长款羽绒服", "Tianxi long down jacket"), LocalText("田汐", "Tianxi")),
    Sold(LocalText("手艺面包刀", "Artisan bread knife"), LocalText("手艺", "Art")),
    Sold(LocalText("初夏研 防晒霜", "Early Summer sunscreen"), LocalText("初夏研", "Early Summer")),
    Sold(LocalText("无名的杯子", "nameless mug"), LocalText("", "")),
    Sold(
        LocalText("和瑞 16升热水器 JSQ30-HWA", "Herui water heater 16 L JSQ30-HWA"),
        LocalText("和瑞", "Herui"),
    ),
    Sold(LocalText("和瑞 A4纸", "Herui A4 paper"), LocalText("和瑞", "Herui")),
    Sold(LocalText("和瑞 洗碗机 X6MAX 白", "Herui dishwasher X6MAX white"), LocalText("和瑞", "Herui")),
    Sold(LocalText("和瑞 洗碗机 X6MAX 黑", "Herui dishwasher X6MAX black"), LocalText("和瑞", "Herui")),
    Sold(LocalText("和瑞 音箱 IPX7", "Herui speaker IPX7"), LocalText("和瑞", "Herui")),
    Sold(LocalText("和瑞 四级词汇 CET-4", "Herui CET-4 words"), LocalText("和瑞", "Herui")),
    Sold(LocalText("雪翎 四级听力 CET-4", "Xueling CET-4 listening"), LocalText("雪翎", "Xueling")),
)
KINDS = (
    Term("down_jacket", LocalText("羽绒服", "down jacket"), ("羽绒衣", "puffer")),
    Term("pen", LocalText("笔", "pen"), ()),
    Term("orange", LocalText("橙子", "orange"), ()),
    Term("watch", LocalText("手表", "watch"), ()),
    Term("coat", LocalText("大衣", "coat"), ()),
    Term("wallet", LocalText("钱包", "wallet"), ()),
    Term("fruit", LocalText("水果", "fruit"), ("it",)),
    Term("phone", LocalText("手机", "phone"), ()),
    Term("cap", LocalText("鸭舌帽", "cap"), ()),
    Term("case", LocalText("手机壳", "case"), ()),
    Term("ring", LocalText("戒指", "ring"), ()),
    Term("suit", LocalText("西装", "suit"), ()),
)


@pytest.fixture(scope="module")
def names() -> CatalogueNames:
    return catalogue_names(ProductVocabulary(KINDS, (), ()), SOLD)


def told(names: CatalogueNames, text: str, *entities: Entity) -> list[tuple[str, str, str]]:
    found = names.add_to(entities, text)
    assert all(text[e.start : e.end] == e.text for e in found)
    assert [e.start for e in found] == sorted(e.start for e in found)
    return [(e.type, e.text, e.value) for e in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("雪翎的羽绒衣掉毛", [("brand", "雪翎", "xueling"), ("product", "羽绒衣", "down jacket")]),
        ("雪翎长款羽绒服", [("brand", "雪翎", "xueling"), ("product", "长款羽绒服", "long down jacket")]),
        ("tianxi long down jackets", [("brand", "tianxi", "tianxi"), ("product", "long down jackets", "long down jacket")]),
        ("an artisan bread knife", [("product", "artisan bread knife", "artisan bread knife")]),
        ("two XUELING puffers", [("brand", "XUELING", "xueling"), ("product", "puffers", "down jacket")]),
        ("ｄｏｗｎ　ｊａｃｋｅｔ？", [("product", "ｄｏｗｎ　ｊａｃｋｅｔ", "down jacket")]),
        ("无名的杯子还有吗", [("product", "无名的杯子", "nameless mug")]),
        ("a pen, and pens", [("product", "pen", "pen"), ("product", "pens", "pen")]),
        ("On is a brand, and it is on sale", [("brand", "On", "on")]),
        ("开放的open spending", []),  # within words
        ("récap, capé", []),
        ("买cap和大衣", [("product", "cap", "cap"), ("product", "大衣", "coat")]),
        ("一笔钱", []),
        ("İstanbul down jacket", [("product", "down jacket", "down jacket")]),
        ("", []),
    ],
)  # fmt: skip
def test_names_are_found_whole_and_told_by_their_english_name(
    names: CatalogueNames, text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert told(names, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我把手表面划了", []),
        ("大衣服有吗", []),
        ("钱包裹在里面", []),
        ("这个水果然很甜", []),
        ("手机号换了", []),
        ("手机会不会发热", ["手机"]),
        ("水果和手表，大衣、钱包", ["水果", "手表", "大衣", "钱包"]),
    ],
)
def test_a_short_chinese_name_is_a_word_of_its_sentence(
    names: CatalogueNames, text: str, expected: list[str]
) -> None:
    assert [surface for _, surface, _ in told(names, text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In case it doesn't fit", []),
        ("and in that case I'd keep it", []),
        ("a case in red", ["case"]),
        ("please ring me back", []),
        ("nobody rings us", []),
        ("I can't phone, I'll watch", []),
        ("is the ring you sent real? send the suit back", ["ring", "suit"]),
        ("does it suit a short person", []),
        ("two suits", ["suits"]),
        ("it is in, is IT", []),
        ("by post in early summer", []),
        ("early summer sunscreen", ["early summer", "sunscreen"]),
        ("what is in Early Summer sunscreen", ["Early Summer", "sunscreen"]),
    ],
)
def test_verbs_phrases_seasons_and_common_words_are_no_names(
    names: CatalogueNames, text: str, expected: list[str]
) -> None:
    assert [surface for _, surface, _ in told(names, text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("JSQ30-HWA能用多久", ["JSQ30-HWA"]),
        ("is the jsq30-hwa loud", ["jsq30-hwa"]),
        ("Herui water heater 16 L JSQ30-HWA", ["Herui", "water heater 16 L JSQ30-HWA"]),
        ("JSQ30-HWB能用多久", []),
        ("寄到A4栋", []),
        ("有IPX7防水的吗", []),
        ("CET-4难吗", []),
    ],
)
def test_a_model_alone_names_its_product(names: CatalogueNames, text: str, expected: list[str]) -> None:
    assert [surface for _, surface, _ in told(names, text)] == expected


def test_a_model_of_several_goods_is_none_of_them_in_particular(names: CatalogueNames) -> None:
    assert told(names, "X6max洗得干净吗") == [("product", "X6max", "x6max")]
    assert told(names, "JSQ30-hwa") == [("product", "JSQ30-hwa", "water heater 16 l jsq30-hwa")]


def test_the_longest_stays_and_of_equals_the_name(names: CatalogueNames) -> None:
    person = Entity("person_name", "雪翎儿", "雪翎儿", 0, 3)
    assert told(names, "雪翎儿要羽绒服", person) == [
        ("person_name", "雪翎儿", "雪翎儿"),
        ("product", "羽绒服", "down jacket"),
    ]
    colour = Entity("colour", "orange", "orange", 0, 6)
    assert told(names, "orange please", colour) == [("product", "orange", "orange")]
    date = Entity("date", "昨天", "昨天", 0, 2)
    assert told(names, "昨天到的", date) == [("date", "昨天", "昨天")]


def test_of_names_written_alike_the_first_is_kept_and_a_shop_may_have_none() -> None:
    twice = CatalogueNames([Name("brand", "Apple", "apple inc"), Name("product", "apple", "apple")])
    assert told(twice, "apple or apples") == [("brand", "apple", "apple inc"), ("product", "apples", "apple")]
    assert told(CatalogueNames([]), "apple") == []
