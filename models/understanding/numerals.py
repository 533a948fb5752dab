"""Numbers as customers write them: 1,299 · 19.9 · 2k · 1.5万 · 两百 · 三千五."""

from decimal import Decimal

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_SUFFIXES = {"k": 1000, "K": 1000, "千": 1000, "万": 10_000}


def parse_number(text: str) -> str | None:
    """A plain decimal string without trailing zeros, or None where `text` is no number: 一千零五 → "1005"."""
    plain = text.replace(",", "").strip()
    if not plain:
        return None
    if plain[0].isascii() and plain[0].isdigit():
        factor = _SUFFIXES.get(plain[-1], 1)
        return _plain(Decimal(plain[:-1] if factor > 1 else plain) * factor)
    return _parse_chinese(plain)


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _parse_chinese(text: str) -> str | None:
    if len(text) > 1 and all(character in _DIGITS for character in text):  # read digit by digit: 一九九
        return str(int("".join(str(_DIGITS[character]) for character in text)))
    total, section, digit, last_unit = 0, 0, 0, 1
    is_after_zero = False
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
            is_after_zero = is_after_zero or digit == 0
        elif character == "万":
            total, section, digit, last_unit = (total + section + digit) * 10_000, 0, 0, 10_000
        elif character in _UNITS:
            last_unit = _UNITS[character]
            section, digit = section + (digit or 1) * last_unit, 0
            is_after_zero = False
        else:
            return None
    # 三百五 is 350, but 三百零五 is 305: a last digit stands for the unit below, unless a zero was said.
    tail = digit * last_unit // 10 if digit and last_unit >= 100 and not is_after_zero else digit
    return str(total + section + tail)
