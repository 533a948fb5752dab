"""The words of `lexicon.yaml`, in the shapes that the patterns of `entities` need."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import yaml

# These end a colour word already: 红的 never takes a further 色.
_ENDINGS = "色的款"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`colours_*` and `bases_zh`: word → English name. `not_colours_en`: word → what after it makes it no colour.

    `number_names` and `number_topics`: kind of number → the words that announce one (`number_labels`). `postal_regions`:
    province → what its postcodes begin with. `places`: lower case.
    """

    colours_zh: dict[str, str]
    colours_en: dict[str, str]
    framed_colours_en: dict[str, str]
    bases_zh: dict[str, str]
    shades_zh: tuple[str, ...]
    shades_en: tuple[str, ...]
    not_colours_zh: tuple[str, ...]
    not_colours_en: dict[str, tuple[str, ...]]
    not_counted_zh: tuple[str, ...]
    uncounted_zh: tuple[str, ...]
    number_names: dict[str, tuple[str, ...]]
    number_topics: dict[str, tuple[str, ...]]
    postal_regions: dict[str, tuple[str, ...]]
    places: frozenset[str]
    chinese_verbs: tuple[str, ...]
    english_function_words: frozenset[str]
    goods_that_are_verbs: frozenset[str]


def _load() -> Lexicon:
    document = yaml.safe_load(files(__package__).joinpath("lexicon.yaml").read_text(encoding="utf-8"))
    colours_zh: dict[str, str] = {}
    colours_en: dict[str, str] = {}
    framed_colours_en: dict[str, str] = {}
    bases_zh: dict[str, str] = {}
    for colour, words in document["colours"].items():
        colours_zh |= {word: colour for word in words["zh"]}
        colours_zh |= {word + "色": colour for word in words["zh"] if word[-1] not in _ENDINGS}
        colours_en |= {word: colour for word in words["en"]}
        framed_colours_en |= {word: colour for word in words.get("in_frame", ())}
        bases_zh |= {words["base"]: colour} if "base" in words else {}
    return Lexicon(
        colours_zh=colours_zh,
        colours_en=colours_en,
        framed_colours_en=framed_colours_en,
        bases_zh=bases_zh,
        shades_zh=tuple(document["shades_zh"]),
        shades_en=tuple(document["shades_en"]),
        not_colours_zh=tuple(document["not_colours"]["zh"]),
        not_colours_en={word: tuple(after) for word, after in document["not_colours"]["en"].items()},
        not_counted_zh=tuple(document["not_counted"]),
        uncounted_zh=tuple(document["uncounted"]),
        number_names=_number_words(document, "named"),
        number_topics=_number_words(document, "loose"),
        postal_regions={place: tuple(digits.split()) for place, digits in document["postal_regions"].items()},
        places=frozenset(document["places"]),
        chinese_verbs=tuple(document["chinese_verbs"]),
        english_function_words=frozenset(document["english_function_words"]),
        goods_that_are_verbs=frozenset(document["goods_that_are_verbs"]),
    )


def _number_words(document: Any, tier: str) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(words.get(tier, ())) for kind, words in document["number_labels"].items()}


LEXICON: Final = _load()
