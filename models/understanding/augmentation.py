"""Makes noisy copies of messages, as people type them: slips of the keyboard, wrong homophones, no punctuation and so on.

Every copy keeps its original's label and split, and names in its source what was done to whose line.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from models.understanding.examples import Example
from models.understanding.likeness import normalised

Noise = Callable[[str, random.Random], str]

_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[A-Za-z]{4,}")
_MARKS = re.compile(r"[，。？！、；：,.?!;:'\"“”]+")
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_OPENINGS: Final = {
    "zh": ("那个，", "嗯", "你好，", "亲，", "麻烦问下", "在吗 "),
    "en": ("hi, ", "hello ", "um ", "hey ", "ok so ", "pls "),
}


@dataclass(frozen=True, slots=True)
class Augmented:
    """The new examples, and how many of each kind of noise."""

    examples: tuple[Example, ...]
    counts: dict[str, int]

    def report(self) -> dict[str, Any]:
        """For JSON."""
        return {"added": len(self.examples), "by_noise": dict(sorted(self.counts.items()))}


def augment(examples: Sequence[Example], share: float, seed: int) -> Augmented:
    """Noisy copies of about `share` of the training messages, without those that say the same as a line that is there."""
    dice = random.Random(seed)
    seen = {normalised(example.text) for example in examples}
    added = []
    for example in examples:
        if example.split not in ("train", None) or dice.random() >= share:
            continue
        name = dice.choice([name for name, fits in _FITS.items() if fits(example)])
        text = NOISES[name](example.text, dice)
        key = normalised(text)
        is_new = key not in seen or (name in _SAME_LETTERS and text != example.text)
        if key and is_new:
            seen.add(key)
            source = f"augmented: {name} of {example.text!r} ({example.source})"
            added.append(replace(example, text=text, source=source, style="noisy"))
    return Augmented(tuple(added), dict(Counter(e.source.split(" ")[1] for e in added)))


def _slip(text: str, dice: random.Random) -> str:
    """One English word with a neighbouring key, a letter twice, one missing, or two in the wrong order."""
    words = list(_WORD.finditer(text))
    if not words:
        return text
    word = dice.choice(words)
    place = dice.randrange(word.start() + 1, word.end() - 1)
    letter = text[place]
    slips = (
        text[:place] + _neighbour(letter, dice) + text[place + 1 :],
        text[:place] + letter + text[place:],
        text[:place] + text[place + 1 :],
        text[:place] + text[place + 1] + letter + text[place + 2 :],
    )
    return dice.choice(slips)


def _neighbour(letter: str, dice: random.Random) -> str:
    row = next((row for row in _ROWS if letter.lower() in row), letter)
    place = row.find(letter.lower())
    return dice.choice([row[p] for p in (place - 1, place + 1) if 0 <= p < len(row)] or [letter])


def _homophone(text: str, dice: random.Random) -> str:
    """One Chinese character for another common one that is pronounced alike."""
    places = [match.start() for match in _HAN.finditer(text) if _alike_in_sound(match[0])]
    if not places:
        return text
    place = dice.choice(places)
    return text[:place] + dice.choice(_alike_in_sound(text[place])) + text[place + 1 :]


def _alike_in_sound(character: str) -> tuple[str, ...]:
    return tuple(other for other in _by_sound()[_sound(character)] if other != character)


@cache
def _sound(character: str) -> str:
    from pypinyin import Style, pinyin

    return str(pinyin(character, style=Style.NORMAL)[0][0])


@cache
def _by_sound() -> Mapping[str, list[str]]:
    """Everyday characters by how they are pronounced: those of the first level of GB 2312."""
    found: dict[str, list[str]] = defaultdict(list)
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF if high < 0xD7 else 0xFA):
            character = bytes((high, low)).decode("gb2312")
            found[_sound(character)].append(character)
    return found


def _traditional(text: str, _: random.Random) -> str:
    return str(_converter().convert(text))


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("s2tw")


def _without_marks(text: str, _: random.Random) -> str:
    return _MARKS.sub(" " if not _HAN.search(text) else "", text).strip()


def _cased(text: str, dice: random.Random) -> str:
    return text.upper() if dice.random() < 0.3 else text.lower()


def _opened(text: str, dice: random.Random) -> str:
    return dice.choice(_OPENINGS["zh" if _HAN.search(text) else "en"]) + text


NOISES: Final[Mapping[str, Noise]] = {
    "slip": _slip,
    "homophone": _homophone,
    "traditional": _traditional,
    "no_marks": _without_marks,
    "case": _cased,
    "opening": _opened,
}
_SAME_LETTERS: Final = ("no_marks", "case")
"""These change nothing that two lines are compared by; a model sees a difference all the same."""

_FITS: Final[Mapping[str, Callable[[Example], bool]]] = {
    "slip": lambda example: bool(_WORD.search(example.text)),
    "homophone": lambda example: bool(_HAN.search(example.text)),
    "traditional": lambda example: bool(_HAN.search(example.text)),
    "no_marks": lambda example: bool(_MARKS.search(example.text)),
    "case": lambda example: bool(_WORD.search(example.text)),
    "opening": lambda example: True,
}
