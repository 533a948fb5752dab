"""What a fact states, apart from how it is written: typed values, and the parts that a way of writing may use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from benchmarks.grounding_pairs.numerals import before_measure, in_chinese, in_english, ordinal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
Type = Literal[
    "money", "percent", "share", "count", "date", "time", "duration", "id", "name", "product", "state"
]
Unit = Literal["minutes", "hours", "days", "working_days", "months"]

HOURS: Final[dict[Unit, float]] = {
    "minutes": 1 / 60,
    "hours": 1,
    "days": 24,
    "working_days": 24,
    "months": 720,
}
_MONTHS: Final = (
    "January February March April May June July August September October November December".split()
)
_DAY_PARTS: Final = ((5, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))


@dataclass(frozen=True, slots=True)
class Name:
    """One of a pool of names."""

    pool: str
    key: str


@dataclass(frozen=True, slots=True)
class Goods:
    """A product by its brand, model and sort."""

    brand: str
    model: str
    sort: str


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time; `low` and `high` are the same where it is no range."""

    low: int
    high: int
    unit: Unit

    @property
    def hours(self) -> tuple[float, float]:
        return self.low * HOURS[self.unit], self.high * HOURS[self.unit]


@dataclass(frozen=True, slots=True)
class Value:
    """`content`: cents for money, else what its type says. `currency` of money alone."""

    type: Type
    content: Any
    currency: str = ""


def _names() -> dict[str, dict[str, tuple[str, str, str, str]]]:
    pools = yaml.safe_load((Path(__file__).parent / "names.yaml").read_text())
    return {
        pool: {
            str(key): (str(zh), str(zh_short), str(en), str(en_short))
            for key, zh, zh_short, en, en_short in rows
        }
        for pool, rows in pools.items()
    }


NAMES: Final = _names()


def form_type(value: Value) -> str:
    """Which ways of writing fit: those of its type, for some of its finer type."""
    match value.type:
        case "money":
            return f"money_{value.currency}"
        case "duration":
            return str(value.content.unit)
        case "name":
            return str(value.content.pool)
    return value.type


def parts(value: Value, language: Language) -> Mapping[str, str]:
    """What a way of writing may name in braces. A part that has no sense for this value is missing."""
    made = _PARTS[value.type](value.content, language)
    return {name: text for name, text in made.items() if text is not None}


def _words(number: int, language: Language, *, measured: bool = False) -> str | None:
    if language == "en":
        return in_english(number)
    return before_measure(number) if measured else in_chinese(number)


def _money(cents: int, language: Language) -> dict[str, str | None]:
    whole, rest = divmod(cents, 100)
    is_round = rest == 0 and (whole < 20 or whole % 10 == 0)
    return {
        "exact": f"{whole}.{rest:02d}",
        "grouped": f"{whole:,}.{rest:02d}",
        "short": f"{cents / 100:g}"
        if rest % (10 if language == "zh" else 100) == 0
        else f"{whole}.{rest:02d}",
        "whole": str(whole) if rest == 0 else None,
        "words": _words(whole, language, measured=True) if is_round and whole > 1 else None,
    }


def _percent(percent: int, language: Language) -> dict[str, str | None]:
    left = 100 - percent
    fold = str(left // 10) if left % 10 == 0 else str(left)
    return {
        "n": str(percent),
        "words": _words(percent, language),
        "fold": fold,
        "fold_words": "".join(str(in_chinese(int(digit))) for digit in fold),
        "half": "" if percent == 50 else None,
    }


def _share(percent: int, language: Language) -> dict[str, str | None]:
    return {"n": str(percent), "words": _words(percent, language)}


def _count(count: int, language: Language) -> dict[str, str | None]:
    return {"n": str(count), "words": _words(count, language, measured=True) if count < 100 else None}


def _date(at: date, language: Language) -> dict[str, str | None]:
    return {
        "year": str(at.year),
        "month": str(at.month),
        "day": str(at.day),
        "mm": f"{at.month:02d}",
        "dd": f"{at.day:02d}",
        "month_words": in_chinese(at.month),
        "day_words": in_chinese(at.day),
        "month_name": _MONTHS[at.month - 1],
        "month_short": _MONTHS[at.month - 1][:3],
        "nth": ordinal(at.day),
    }


def _time(at: time, language: Language) -> dict[str, str | None]:
    twelve = at.hour % 12 or 12
    is_sharp, is_half = at.minute == 0, at.minute == 30
    made: dict[str, str | None] = {
        "clock": f"{at:%H:%M}",
        "h": str(at.hour),
        "twelve": str(twelve),
        "mm": f"{at.minute:02d}",
        "half_day": "a.m." if at.hour < 12 else "p.m.",
        "am": "am" if at.hour < 12 else "pm",
        "part": next(name for until, name in _DAY_PARTS if at.hour < until),
        "sharp": "" if is_sharp else None,
        "half": "" if is_half else None,
        "words": _words(twelve, language, measured=True),
    }
    return made


def _duration(span: Span, language: Language) -> dict[str, str | None]:
    if span.low != span.high:
        return {
            "low": str(span.low),
            "high": str(span.high),
            "low_words": _words(span.low, language, measured=True),
            "high_words": _words(span.high, language, measured=True),
        }
    count, unit = span.low, span.unit
    days = _divided(count, 24) if unit == "hours" else None
    weeks = _divided(count, 7) if unit == "days" else None
    years = _divided(count, 12) if unit == "months" else None
    return {
        "n": str(count),
        "words": _words(count, language, measured=True),
        "s": "" if count == 1 else "s",
        "half_hour": "" if unit == "minutes" and count == 30 else None,
        "as_hours": str(count * 24) if unit == "days" and count <= 3 else None,
        "as_days": str(days) if days else None,
        "as_days_words": _words(days, language, measured=True) if days else None,
        "as_days_s": ("" if days == 1 else "s") if days else None,
        "as_weeks": str(weeks) if weeks else None,
        "as_weeks_words": _words(weeks, language, measured=True) if weeks else None,
        "as_weeks_s": ("" if weeks == 1 else "s") if weeks else None,
        "as_years": str(years) if years else None,
        "as_years_words": _words(years, language, measured=True) if years else None,
        "as_years_s": ("" if years == 1 else "s") if years else None,
    }


def _divided(count: int, by: int) -> int | None:
    """How many whole times, where nothing is left."""
    return count // by if count % by == 0 else None


def _id(text: str, language: Language) -> dict[str, str | None]:
    return {"text": text}


def _name(name: Name, language: Language) -> dict[str, str | None]:
    zh, zh_short, en, en_short = NAMES[name.pool][name.key]
    return {"full": zh, "short": zh_short} if language == "zh" else {"full": en, "short": en_short}


def _product(goods: Goods, language: Language) -> dict[str, str | None]:
    brand = _name(Name("brand", goods.brand), language)["full"]
    sort = _name(Name("goods", goods.sort), language)
    return {"brand": brand, "model": goods.model, "sort": sort["full"], "sort_short": sort["short"]}


def _state(state: str, language: Language) -> dict[str, str | None]:
    return {}


_PARTS: Final[dict[Type, Callable[[Any, Language], dict[str, str | None]]]] = {
    "money": _money,
    "percent": _percent,
    "share": _share,
    "count": _count,
    "date": _date,
    "time": _time,
    "duration": _duration,
    "id": _id,
    "name": _name,
    "product": _product,
    "state": _state,
}
