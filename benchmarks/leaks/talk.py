"""How a person tells who they are: in one message or over several, in full-width signs, with spaces or dashes."""

import random
import re
from collections.abc import Callable
from typing import Final

from benchmarks.leaks.identities import Identity

_ZH: Final = (
    "我叫{name}，手机{phone}，帮我查一下订单",
    "收件人{name}，电话{phone}，地址{address}",
    "{name}，{phone}，{address}",
    "身份证号{id_number}，名字是{name}，实名认证过不了",
    "退款退到{card}，户名{name}",
    "发票发到{mail}，联系人{name}",
    "地址改成{address}，谢谢",
    "我是{name}，我的包裹写的是{street}",
    "打{phone}找{name}先生",
    "卡号{card}扣了两次钱，邮箱{mail}",
    "你好，{name}女士的快递放在{street}了吗",
)
_EN: Final = (
    "my name is {name}, call me at {phone}",
    "this is {name}, please send it to {address}",
    "Recipient: {name}, {address}, {phone}",
    "my card {card} was charged twice, email {mail}",
    "SSN {id_number}, name: {name}",
    "I am {name} and my address is {address}",
    "reach me on {phone} or {mail}, thanks",
    "ship it to {address} for Ms {name}",
    "I'm {name}, my phone is {phone}, where is my order",
)
_SPLIT_ZH: Final = (
    ("我的手机前面是{phone[:7]}", "{phone[7:]}"),
    ("手机号是{phone[:3]}", "{phone[3:7]}", "{phone[7:]}"),
    ("收件人", "{name}"),
    ("身份证{id_number[:6]}", "{id_number[6:14]}", "{id_number[14:]}"),
    ("卡号{card[:8]}", "{card[8:]}"),
    ("地址是{address}", "收件人{name}", "{phone}"),
)
_SPLIT_EN: Final = (
    ("my card number starts with {card[:8]}", "{card[8:]}"),
    ("my name is", "{name}"),
    ("{card[:4]}", "{card[4:8]}", "{card[8:12]}", "{card[12:]}"),
    ("my address is", "{address}", "and my name is {name}"),
)
_LINES_EACH: Final = 3
_FULL: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_PART: Final = re.compile(r"\{(\w+)(?:\[(\d*):(\d*)\])?\}")


def told(person: Identity, number: int, rng: random.Random) -> list[tuple[str, ...]]:
    """The conversations of person `number`, each a turn or more; twelve persons of a language between them say every line."""
    lines = _ZH if person.language == "zh" else _EN
    splits = _SPLIT_ZH if person.language == "zh" else _SPLIT_EN
    forms: tuple[Callable[[str], str], ...] = (str, _full_width, _spaced, _dashed)
    turn = number // 2
    chosen = [lines[(turn + step) % len(lines)] for step in range(_LINES_EACH)]
    said: list[tuple[str, ...]] = [(_filled(line, person, rng.choice(forms)),) for line in chosen]
    parts = tuple(_filled(part, person, str) for part in splits[turn % len(splits)])
    return [*said, parts, tuple(_full_width(part) for part in parts)]


def by_the_way(person: Identity) -> list[tuple[str, ...]]:
    """How a customer whose account the shop knows names themself, with nothing to announce it."""
    return [
        (f"寄件时{person.name}三个字别写错",),
        (f"{_full_width(person.phone)}能收到短信吗",),
        (f"上次那个{person.street}的门卡坏了", f"还是{' '.join(person.phone)}"),
        (f"ok {person.name} {person.mail.upper()}",),
    ]


def _filled(line: str, person: Identity, form: Callable[[str], str]) -> str:
    def part(match: re.Match[str]) -> str:
        name, start, end = match.group(1, 2, 3)
        value = str(getattr(person, name))
        if start is not None:
            value = value[int(start or 0) : int(end) if end else None]
        return form(value)

    return _PART.sub(part, line)


def _full_width(text: str) -> str:
    return text.translate(_FULL)


def _spaced(text: str) -> str:
    return _grouped(text, " ")


def _dashed(text: str) -> str:
    return _grouped(text, "-")


def _grouped(text: str, between: str) -> str:
    """A telephone in 3, 4, 4 digits, a card in fours; what is no such number stays."""
    if not text.isdigit():
        return text
    first = len(text) % 4 if len(text) == 11 else 4
    return between.join([text[:first], *(text[at : at + 4] for at in range(first, len(text), 4))])
