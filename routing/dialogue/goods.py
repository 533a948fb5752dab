"""Which lines of which orders a message names: by what they are, are called, and look like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from commerce.domain.orders import Order, OrderLine
from routing.dialogue.heard import Heard
from routing.facts import Facts

_HAN: Final = re.compile(r"[\u4e00-\u9fff]+")
_LATIN: Final = re.compile(r"[a-z][a-z0-9\-]{2,}")
# In many names, or about every order.
_NO_NAMES: Final = frozenset(
    "the and for with size color colour new set pack men mens women womens kids order item items one pair my your this that "
    "return exchange refund cancel change want".split()
)
_NO_NAMES_ZH: Final = (
    *("订单", "商品", "退货", "换货", "退款", "取消", "修改", "地址", "快递", "物流"),
    *("男士", "女士", "男款", "女款", "新款"),
)
_TYPE_WORTH: Final = 10


def named_lines(lines: Iterable[OrderLine], heard: Heard, facts: Facts) -> tuple[OrderLine, ...]:
    """The lines that the message fits best; none where it names nothing of them. A colour or a size tells two apart, and is
    no name alone.
    """
    kept = tuple(lines)
    message = heard.message.lower()
    words = _latin(message)
    worth = {line.line_id: _worth(line, message, words, facts) for line in kept}
    best = max(worth.values(), default=0)
    if best == 0:
        return ()
    named = [line for line in kept if worth[line.line_id] == best]
    looks = [sum(_looks(line, heard)) for line in named]
    return tuple(line for line, score in zip(named, looks, strict=True) if score == max(looks))


def orders_naming(orders: Iterable[Order], heard: Heard, facts: Facts) -> tuple[Order, ...]:
    """The orders with a line that the message names."""
    kept = tuple(orders)
    named = {line.line_id for line in named_lines((line for o in kept for line in o.lines), heard, facts)}
    return tuple(order for order in kept if any(line.line_id in named for line in order.lines))


def _worth(line: OrderLine, message: str, words: frozenset[str], facts: Facts) -> int:
    types = facts.query.product_types if facts.query is not None else ()
    by_type = _TYPE_WORTH if line.product_type and line.product_type in types else 0
    return by_type + _shared_han(message, line.name.zh) + len(words & _latin(line.name.en.lower()))


def _looks(line: OrderLine, heard: Heard) -> tuple[bool, bool]:
    colours = {entity.value for entity in heard.said("colour")}
    sizes = {entity.value for entity in heard.said("size")}
    return line.colour in colours, (line.size or "").upper() in sizes


def _latin(text: str) -> frozenset[str]:
    return frozenset(word.removesuffix("s") for word in _LATIN.findall(text) if word not in _NO_NAMES)


def _shared_han(message: str, name: str) -> int:
    """The length of the longest part of the name that the message has, of two characters or more."""
    for word in _NO_NAMES_ZH:
        message = message.replace(word, " ")
    best = 0
    for run in _HAN.findall(name):
        for start in range(len(run)):
            while start + best < len(run) and run[start : start + best + 1] in message:
                best += 1
    return best if best >= 2 else 0
