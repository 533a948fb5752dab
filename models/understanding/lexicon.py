"""The words of `lexicon.yaml`, in the shapes that the patterns of `entities` need."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import yaml

# These end a colour word already: 红的 never takes a further 色.
_ENDINGS = "色的款"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`colours_*`: word → English name. `not_colours_en`: word → the words after it that make it no colour."""

    colours_zh: dict[str, str]
    colours_en: dict[str, str]
    not_colours_zh: tuple[str, ...]
    not_colours_en: dict[str, tuple[str, ...]]
    chinese_verbs: tuple[str, ...]
    english_function_words: frozenset[str]


def _load() -> Lexicon:
    document = yaml.safe_load(files(__package__).joinpath("lexicon.yaml").read_text(encoding="utf-8"))
    colours_zh: dict[str, str] = {}
    colours_en: dict[str, str] = {}
    for colour, words in document["colours"].items():
        colours_zh |= {word: colour for word in words["zh"]}
        colours_zh |= {word + "色": colour for word in words["zh"] if word[-1] not in _ENDINGS}
        colours_en |= {word: colour for word in words["en"]}
    return Lexicon(
        colours_zh=colours_zh,
        colours_en=colours_en,
        not_colours_zh=tuple(document["not_colours"]["zh"]),
        not_colours_en={word: tuple(after) for word, after in document["not_colours"]["en"].items()},
        chinese_verbs=tuple(document["chinese_verbs"]),
        english_function_words=frozenset(document["english_function_words"]),
    )


LEXICON: Final = _load()
