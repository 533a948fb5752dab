"""What a shop's people have corrected, as training messages beside the corpus."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from models.understanding.examples import DataSet, Example, split
from models.understanding.language import language
from models.understanding.likeness import near, normalised

REPEATS: Final = 5
"""How often a correction is read in an epoch: what a customer wrote counts for more than what was written to train on."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A text and its right intent."""

    text: str
    intent: str


def with_corrections(corpus: DataSet, corrections: Sequence[Correction], source: str) -> DataSet:
    """The corpus and the corrections, which are split as it is: 80 / 10 / 10, alike ones together.

    Of corrections that say the same the last counts. What is like a held-out message, of the corpus or corrected, is left out
    of training. A training message of the corpus that says the same as a correction gives way.
    """
    last = {normalised(c.text): c for c in corrections}
    new = split([Example(c.text, c.intent, language(c.text), None, source, "general") for c in last.values()])
    new = _apart(new, [example.text for example in corpus.examples if example.split != "train"])
    kept = tuple(e for e in corpus.examples if e.split != "train" or normalised(e.text) not in last)
    kept = _apart(kept, [example.text for example in new if example.split != "train"])
    repeated = tuple(e for e in new for _ in range(REPEATS if e.split == "train" else 1))
    return replace(corpus, name=f"{corpus.name}+{source}", examples=(*kept, *repeated))


def _apart(examples: Sequence[Example], held_out: Sequence[str]) -> tuple[Example, ...]:
    """Without training messages that are like one of these."""
    like = near([example.text for example in examples], held_out)
    return tuple(e for place, e in enumerate(examples) if e.split != "train" or place not in like)
