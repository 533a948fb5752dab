"""A shopper's words as a `ProductQuery`: product types, colour, size, price, gift, and the words that are
left.

The longest name wins (a 羽绒服 is no 服), and what was recognised is taken out of the text before the next
kind of word is looked for, so that the 红 of 口红 is not a colour.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from commerce.domain.catalogue import ProductQuery, ProductVocabulary, Term
from commerce.domain.model_numbers import FOLDED_MODEL
from commerce.domain.price_words import price_range

_GONE = "\x00"
_GIFT = re.compile(
    r"礼物|礼品|送礼|伴手礼|送人|送给|生日送|送(?=女|男|妈|爸|父|母|朋友|老|闺|长辈|领导|同学|同事|对象|孩|宝宝)"
    r"|\b(?:gifts?|presents?)\b"
)
_SIZE = re.compile(
    r"(?<![a-z0-9])(xs|s|m|l|xl|xxl|xxxl|\d{2}(?:\.5)?)\s*(?:码|号)|\bsize\s+(xs|s|m|l|xl|xxl|xxxl|\d{2})\b"
)
_CHINESE_NOISE = """
有没有 能不能 可不可以 帮我 给我 我想要 我想 我要 想要 想买 想找 想看 要买 买个 买点 买 找 推荐 看看 一下
一些 一款 一件 一个 一双 一条 几款 几件 请问 你们 你好 您好 哪些 哪款 什么 怎么样 适合 好看 好用 便宜 价格 预算
左右 商品 东西 款式 有货 现货 在售 还有 人民币 块钱 有 吗 呢 吧 啊 的 了 个 件 款 是 我 你 您 请 和 或 要 用 给 点 些
元 块 送
"""
# The longest alternative comes first in each group above: 想买 must go before 买 does.
_ZH_NOISE = re.compile("|".join(_CHINESE_NOISE.split()) + r"|[\s,。、?!,.?!:;:;~…“”\"'()()【】\x00]+")
_ENGLISH_NOISE = """
the and for with you your have has any some are can could would should please show find want wanted
need looking look buy get give recommend suggest something anything nice good best cheap sell there
what which who how much price yuan cny rmb usd dollar dollars that this them one ones pair piece
stock available under below over above than less more most least from about around within budget
they its his her him she friend mother father mom dad wife husband girlfriend boyfriend colleague
birthday kind kinds item items product products shop store hello hey thanks colour color size
"""
_EN_NOISE = frozenset(_ENGLISH_NOISE.split())
# Each is two terms of one sum in the store, and SQLite takes a thousand.
_MOST_WORDS = 50


def query_from_text(
    text: str, vocabulary: ProductVocabulary, language: str, *, limit: int = 5, minor_per_unit: int = 100
) -> ProductQuery:
    """What `text` asks of the catalogue; an empty query (but for `in_stock`) when it names nothing.

    A category narrows the product types that occur in it (男士羽绒服) and is dropped where none does (女款运动鞋:
    shoes are no women's clothing). Prices come back in minor units.
    """
    rest = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    models = tuple(dict.fromkeys(FOLDED_MODEL.findall(rest)))
    rest = FOLDED_MODEL.sub(_GONE, rest)
    (low, high), rest = price_range(rest)
    is_gift = bool(_GIFT.search(rest))
    rest = _GIFT.sub(_GONE, rest)
    size_match = _SIZE.search(rest)
    size = (size_match.group(1) or size_match.group(2)).upper() if size_match else None
    rest = _SIZE.sub(_GONE, rest)
    types, rest = _take(rest, vocabulary.product_types)
    categories, rest = _take(rest, vocabulary.categories)
    colours, rest = _take(rest, vocabulary.colours)
    slugs = {term.slug for term in categories}
    narrowed = slugs & {slug for term in types for slug in term.categories} if types else slugs
    return ProductQuery(
        tokens=tuple(dict.fromkeys((*models, *_left_over(rest))))[:_MOST_WORDS],
        product_types=tuple(term.slug for term in types),
        categories=tuple(sorted(narrowed)),
        colour=colours[0].slug if colours else None,
        size=size,
        min_price_minor=None if low is None else round(low * minor_per_unit),
        max_price_minor=None if high is None else round(high * minor_per_unit),
        is_gift=is_gift,
        limit=limit,
        language=language,
    )


def asked_categories(query: ProductQuery, vocabulary: ProductVocabulary) -> tuple[str, ...]:
    """The categories that a query is about: those that it names, and those of the kinds of goods that it names."""
    named = set(query.product_types)
    of_types = {slug for term in vocabulary.product_types if term.slug in named for slug in term.categories}
    return tuple(sorted({*query.categories, *of_types}))


def _take(text: str, terms: Iterable[Term]) -> tuple[tuple[Term, ...], str]:
    """The terms that `text` names, in the order of their names' lengths, and the text without them."""
    found: dict[str, Term] = {}
    for word, term in _longest_first(tuple(terms)):
        pattern = _pattern(word)
        text, count = pattern.subn(_GONE, text)
        if count:
            found[term.slug] = term
    return tuple(found.values()), text


@lru_cache(maxsize=64)
def _longest_first(terms: tuple[Term, ...]) -> tuple[tuple[str, Term], ...]:
    words = {
        (word.lower(), term)
        for term in terms
        for word in (term.name.zh, term.name.en, *term.synonyms)
        if word
    }
    return tuple(sorted(words, key=lambda pair: (-len(pair[0]), pair[0], pair[1].slug)))


@lru_cache(maxsize=8192)
def _pattern(word: str) -> re.Pattern[str]:
    escaped = re.escape(word)
    if word.isascii():
        plural = "" if word.endswith("s") else "(?:e?s)?"
        return re.compile(rf"(?<![a-z0-9]){escaped}{plural}(?![a-z0-9])")
    if len(word) == 1:
        # One character is a word only as an attribute: 红的, 红色, or right before a product that was taken out.
        return re.compile(rf"{escaped}(?=[色的款{_GONE}])")
    return re.compile(escaped)


def _left_over(text: str) -> tuple[str, ...]:
    words = (word for word in re.findall(r"[a-z][a-z0-9\-]{2,}", text) if word not in _EN_NOISE)
    chinese = re.sub(r"[a-z0-9\-]+", _GONE, text)
    chunks = (chunk for chunk in _ZH_NOISE.split(chinese) if len(chunk) >= 2)
    return tuple(dict.fromkeys((*words, *chunks)))


def searchable(words: Iterable[str]) -> str:
    """Words as a product's search text: lower case, with a space before every word, so that ` off` is not found in coffee. A
    model's number begins a word where Chinese stands before it.
    """
    text = unicodedata.normalize("NFKC", " ".join(words)).lower()
    return " " + " ".join(re.split(r"[^\w\-.]+|(?<=[\u4e00-\u9fff])(?=[a-z0-9])", text))
