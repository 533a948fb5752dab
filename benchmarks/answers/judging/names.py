"""What things are called: goods, places and people, payment methods, levels, codes."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

from benchmarks.answers.judging.facts import Gist, Identified, LevelIs, Named, PaidBy
from benchmarks.answers.judging.text import folded, sentences, squeezed
from benchmarks.answers.judging.wordings import pattern, section

# Of a long name nobody says every word.
_LONG: Final = 16
_SAID_RUN: Final = 10
_STOP: Final = frozenset(
    "the a an of to in on and or is are be it for with your you our at by from this that as will can".split()
)


def states_name(text: str, wanted: Named) -> bool:
    """Whether a folded text calls it by its name: of a long one a run of ten characters or a model will do."""
    said = squeezed(text)
    names = {wanted.name.zh, wanted.name.en, *wanted.others}
    return any(_is_said(squeezed(folded(name)), said) for name in names if name.strip())


def states_code(text: str, wanted: Identified) -> bool:
    """Whether a folded text has the code, not as a part of a longer one."""
    code = squeezed(folded(wanted.code))
    joined = re.sub(r"(?<=[a-z\d])[ \-](?=[a-z\d])", "", text)
    return any(re.search(rf"(?<![a-z\d]){re.escape(code)}(?![a-z\d])", said) for said in (text, joined))


def states_method(text: str, wanted: PaidBy) -> bool:
    """Whether a folded text names the payment method."""
    return pattern("methods", wanted.method).search(text) is not None


def states_level(text: str, wanted: LevelIs) -> bool:
    """Whether a folded text says of the customer that it is this level: a list of all of them says nothing."""
    return any(
        [level for level in section("levels") if pattern("levels", level).search(sentence)] == [wanted.level]
        for sentence in sentences(text)
    )


def states_gist(text: str, wanted: Gist) -> bool:
    """Whether a folded text has that share of the other's content."""
    content = set(_pieces(folded(wanted.text))) - set(_pieces(folded(wanted.beyond)))
    return bool(content) and len(content & set(_pieces(text))) >= wanted.share * len(content)


def _is_said(name: str, said: str) -> bool:
    if not name:
        return False
    if name in said:
        return True
    if len(name) < _LONG:
        return False
    run = SequenceMatcher(None, name, said, autojunk=False).find_longest_match().size
    return run >= _SAID_RUN


def _pieces(text: str) -> Iterable[str]:
    """Words of Latin script and pairs of Chinese characters."""
    for word in re.findall(r"[a-z\d][a-z\d.%℃-]*", text):
        if word not in _STOP:
            yield word
    for run in re.findall(r"[\u4e00-\u9fff]{2,}", text):
        yield from (run[place : place + 2] for place in range(len(run) - 1))
