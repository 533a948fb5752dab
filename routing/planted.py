"""Texts of the shop and its customers that speak to a machine instead of a person: an article or a description that gives
orders to whatever reads it is left out whole, since what stands beside the order may belong to it. Of a row that is needed
all the same, such as a line of an order, the text is masked by a word that says what it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar

from commerce.domain.catalogue import Product, ProductHit, Variant
from commerce.domain.customers import Address, Customer
from commerce.domain.invoices import Invoice
from commerce.domain.orders import OrderLine, Shipment, TrackingEvent
from commerce.domain.policy import ShopPolicy
from commerce.domain.tenants import Tenant
from commerce.domain.text import LocalText
from models.types import Passage
from routing.facts import Details, Facts, Recommended

T = TypeVar("T")

_MACHINE: Final = (
    r"(?:\bAI\b|人工智能|智能客服|语言模型|大模型|聊天机器人|机器人客服|客服机器人|AI客服|AI助手|智能助手|"
    r"\b(?:AI|language|chat) (?:assistant|model|bot|agent)\b|\bchat ?bots?\b|\bLLMs?\b)"
)
_ORDER: Final = (
    r"(?:请注意|必须|务必|一律|都要|都回答|都说|只能回答|直接回答|回复顾客|告诉顾客|告诉客户|告诉用户|听从|执行|"
    r"\b(?:must|always|never|answer|reply|respond|say|tell|obey|execute|output|print|repeat|note to|attention|dear)\b)"
)
# Whoever writes for customers writes none of them.
_MARKED: Final = (
    r"(?:忽略|无视|忘记|不要理会|推翻)(?:掉|了)?(?:以上|之前|前面|上面|先前|此前|上述|你的|你所有|所有|一切|任何).{0,12}(?:指令|指示|规则|提示|设定)",
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|rules?|prompts?|guidelines)\b",
    r"<\|?/?(?:im_start|im_end|system|assistant|endoftext)\|?>",
    r"\[/?(?:INST|SYS)\]|<</?SYS>>",
    r"(?:告诉|对|跟|向|答复|回复)(?:所有|每个|每位|任何)?(?:的)?(?:顾客|客户|用户|买家|提问者)(?:们)?(?:说|宣布|承诺|保证)?[:：]",
    r"\btell (?:the |every |all |any )?(?:customers?|users?|clients?|shoppers?|buyers?)\b(?: that|:| they| to)",
)
# Any of them alone says whom an article is for. What an order says is short, and may have one of them by chance: a notice of
# the caretaker, the system of a phone.
_SIGNS: Final = (
    r"(?:忽略|无视|忘记|不要理会|推翻)(?:掉|了)?(?:以上|之前|前面|上面|先前|此前|上述|你的|你所有|所有|一切|任何)"
    r".{0,12}(?:内容|指令|指示|规则|要求|提示|设定|限制|对话|文字|事实)",
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:above|previous|prior|earlier|instructions?|rules?|prompts?|"
    r"guidelines|context|everything)\b",
    r"(?:系统|管理员|开发者)(?:提示词?|指令|消息|命令|注意|通知|模式)[:：，,]",
    r"(?:^|[\s\"'“。.!?])(?:system|assistant|developer)(?: (?:prompt|message|note|instruction|override))?\s*[:：]",
    r"\b(?:system prompt|new instructions?|hidden instructions?)\b|提示词|新的?指令",
    r"(?:无论|不管|不论)(?:顾客|客户|用户|买家|别人)?(?:问|提|说(?!.{0,4}[语话]))",
    r"\b(?:whatever|no matter what|regardless of what) (?:the )?(?:customers?|users?|clients?|shoppers?|buyers?|is|they)\b"
    r".{0,20}\b(?:asks?|asked|says?|said)\b",
    r"(?:你|您)(?:现在|必须|将|要)?(?:扮演|切换到|进入)",
    r"\byou (?:are now|must now|will now) (?:an?|in|the|act|answer)\b",
    r"\bact as an?\b.{0,20}\b(?:admin|assistant|agent|model)\b",
)
_IS_MARKED: Final = re.compile("|".join(f"(?:{each})" for each in _MARKED), re.IGNORECASE)
_EACH_SIGN: Final = tuple(re.compile(each, re.IGNORECASE) for each in _SIGNS)
_ANY_SIGN: Final = re.compile("|".join(f"(?:{each})" for each in _SIGNS), re.IGNORECASE)
_NAMES_ONE: Final = re.compile(_MACHINE, re.IGNORECASE)
_ORDERS: Final = re.compile(_ORDER, re.IGNORECASE)
_SENTENCE: Final = re.compile(r"[。！？!?\n]|\.(?=\s|$)")
# Of different kinds, in what an order says.
_LEAST_SIGNS: Final = 2
# What an attacker wants to be told, and no caretaker's notice or system of a phone has.
_GIVES: Final = re.compile(
    r"退款|退钱|全额|免费|免单|赔[付偿]|补偿|转账|优惠券|红包|[一二三四五六七八九\d]折|"
    r"\b(?:refund(?:s|ed)?|free|coupons?|vouchers?|discounts?|compensat\w+)\b",
    re.IGNORECASE,
)


def is_planted(text: str) -> bool:
    """Whether any of it, an article or a description, gives orders to a machine."""
    return _ANY_SIGN.search(text) is not None or _orders_a_machine(text)


def is_planted_in_row(text: str) -> bool:
    """Of a name, an address, the news of a parcel and the like, which are short: by several signs, or one that comes with
    money.
    """
    if _orders_a_machine(text):
        return True
    if not _ANY_SIGN.search(text):
        return False
    return (
        _GIVES.search(text) is not None
        or sum(sign.search(text) is not None for sign in _EACH_SIGN) >= _LEAST_SIGNS
    )


def _orders_a_machine(text: str) -> bool:
    """Marked as for one, or with an order beside the name of one."""
    if _IS_MARKED.search(text):
        return True
    if not _NAMES_ONE.search(text):
        return False
    return any(_NAMES_ONE.search(part) and _ORDERS.search(part) for part in _SENTENCE.split(text))


def without_planted(facts: Facts) -> Facts:
    """Without what gives orders, in whatever row of the shop it stands. What was left out or masked is told in `missing`."""
    passages = tuple(each for each in facts.passages if not _of_passage(each))
    masked = {name: _masked(getattr(facts, name)) for name in _ROWS}
    told = [
        *(f"article: {p.article_id} speaks to a machine" for p in facts.passages if p not in passages),
        *(f"{what} speaks to a machine" for name in _ROWS for what in _told(name, facts, masked[name])),
    ]
    if not told:
        return facts
    missing = tuple(dict.fromkeys((*facts.missing, *told)))
    return replace(facts, passages=passages, missing=missing, **masked)


def without_planted_goods(details: Details) -> Details:
    """The names and looks of goods masked, and nothing that an action may write back, such as an address."""
    return _masked(details, kept=(Customer, Address, Invoice))


def first_for_customers(passages: tuple[Passage, ...], count: int) -> tuple[Passage, ...]:
    """The best so many that speak to customers, and those before them that don't."""
    found = 0
    for place, passage in enumerate(passages):
        if found == count:
            return passages[:place]
        found += not _of_passage(passage)
    return passages


def _of_passage(passage: Passage) -> bool:
    return is_planted(passage.title) or is_planted(passage.body)


# The fields of `Facts` that hold rows, and what a row of each is called.
_ROWS: Final[Mapping[str, str]] = {
    "tenant": "shop",
    "orders": "order",
    "products": "product",
    "goods": "product",
    "recommended": "product",
    "person": "customer",
    "details": "order",
    "categories": "category",
}


def _told(name: str, facts: Facts, masked: Any) -> Iterator[str]:
    """Which rows of a field are otherwise than they were."""
    before = getattr(facts, name)
    if not isinstance(before, tuple):
        before, masked = (before,), (masked,)
    for old, new in zip(before, masked, strict=True):
        if new is not old:
            yield f"{_ROWS[name]}: {_id_of(old)}" if _id_of(old) else _ROWS[name]


def _id_of(row: Any) -> str:
    match row:
        case Recommended(hit=hit):
            return hit.product_id
        case Details(action=action):
            return action.order.order_id
        case Product(product_id=product_id) | ProductHit(product_id=product_id):
            return product_id
    return getattr(row, "order_id", "")


_HIDDEN: Final = "***"
_NOTHING: Final = LocalText("", "")


def _item(row: Any) -> LocalText:
    return LocalText(f"商品 {row.product_id}", f"item {row.product_id}")


# What is said in place of a text that would leave a hole; of the others, descriptions and the like, nothing is.
_INSTEAD: Final[Mapping[tuple[type, str], Callable[[Any], Any]]] = {
    (OrderLine, "name"): _item,
    (Product, "name"): _item,
    (ProductHit, "name"): _item,
    (Shipment, "carrier"): lambda row: LocalText("快递公司", "the carrier"),
    (TrackingEvent, "text"): lambda row: LocalText("包裹有新的动态", "there is news of the parcel"),
    (Tenant, "name"): lambda row: LocalText("本店", "our shop"),
    **{
        (of, name): lambda row: None for of in (OrderLine, Variant, ProductHit) for name in ("colour", "size")
    },
    (Recommended, "because"): lambda row: None,
}


@cache
def _texts_of(of: type) -> tuple[str, ...]:
    """The fields that may hold text that somebody wrote: not those by which rows are found."""
    return tuple(field.name for field in fields(of) if not field.name.endswith(("_id", "currency", "zone")))


def _masked(value: T, kept: tuple[type, ...] = ()) -> T:
    """The same, itself where nothing in it is planted."""
    found: T = _mask(value, (*kept, ShopPolicy), is_planted_in_row)
    return found


# What the shop writes at length, as it does its articles.
_LONG: Final = frozenset({(Product, "description"), (Product, "attributes"), (Tenant, "attributes")})


def _mask(value: Any, kept: tuple[type, ...], speaks: Callable[[str], bool]) -> Any:
    match value:
        case Enum():
            return value
        case str():
            return _HIDDEN if speaks(value) else value
        case LocalText():
            return _NOTHING if speaks(value.zh) or speaks(value.en) else value
        case tuple():
            found = tuple(_mask(each, kept, speaks) for each in value)
            return value if all(new is old for new, old in zip(found, value, strict=True)) else found
        case Mapping():
            return _mask_mapping(value, kept, speaks)
    if not is_dataclass(value) or isinstance(value, kept):
        return value
    return _mask_row(value, kept)


def _mask_mapping(
    value: Mapping[str, Any], kept: tuple[type, ...], speaks: Callable[[str], bool]
) -> Mapping[str, Any]:
    """Rows by their id; or what something is like, an entry of which is left out: what it says, or with its name."""
    found = {
        key: _mask_row(each, kept) if is_dataclass(each) else each
        for key, each in value.items()
        # With its name it is as short as a row: of the system of a phone "system: Android 14" is said.
        if is_dataclass(each) or not (speaks(str(each)) or is_planted_in_row(f"{key}: {each}"))
    }
    is_same = len(found) == len(value) and all(found[key] is value[key] for key in found)
    return value if is_same else found


def _mask_row(row: Any, kept: tuple[type, ...]) -> Any:
    changes: dict[str, Any] = {}
    for name in _texts_of(row.__class__):
        old = getattr(row, name)
        new = _mask(old, kept, is_planted if (type(row), name) in _LONG else is_planted_in_row)
        if new is not old:
            instead = _INSTEAD.get((type(row), name))
            changes[name] = instead(row) if instead is not None else new
    return replace(row, **changes) if changes else row
