"""What a shop's people have corrected, as training messages beside the corpus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from models.understanding.examples import DataSet, Example, split
from models.understanding.language import language
from models.understanding.likeness import near, normalised


@dataclass(frozen=True, slots=True)
class Correction:
    """A text and its right intent."""

    text: str
    intent: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """The corpus with corrections, whose source is `source`, and how many of these, each text once, went where.

    `learned` are trained on, `held_out` are what adapters are calibrated and judged by, and `left_out` are neither: too
    like a held-out message to be trained on.
    """

    data: DataSet
    source: str
    learned: int
    held_out: int
    left_out: int

    @property
    def told_of_others(self) -> str:
        """How many were not learned and why, in brackets; nothing where all were."""
        others = {
            "held out to calibrate and judge by": self.held_out,
            "left out as too like a held-out message": self.left_out,
        }
        told = "; ".join(f"{why}: {count}" for why, count in others.items() if count)
        return f" ({told})" if told else ""


def with_corrections(corpus: DataSet, corrections: Sequence[Correction], source: str) -> Corrected:
    """The corpus and the corrections, which are split as it is: 80 / 10 / 10, alike ones together.

    Of corrections that say the same the last counts. A message of the corpus that says the same as a correction gives way to
    it, or, where it is held out, takes its label. What is like a held-out message, of the corpus or corrected, is left out of
    training.
    """
    last = {normalised(c.text): c for c in corrections}
    held_out = [_relabelled(e, last, source) for e in corpus.examples if e.split != "train"]
    placed = {normalised(e.text) for e in held_out}
    new = split([_example(c, source) for text, c in last.items() if text not in placed])
    held_out += [e for e in new if e.split != "train"]
    train = [e for e in corpus.of("train") if normalised(e.text) not in last]
    train += [e for e in new if e.split == "train"]
    like = near([e.text for e in train], [e.text for e in held_out])
    train = [e for place, e in enumerate(train) if place not in like]
    data = replace(corpus, name=f"{corpus.name}+{source}", examples=(*train, *held_out))
    learned, measured = (sum(e.source == source for e in examples) for examples in (train, held_out))
    return Corrected(data, source, learned, measured, len(last) - learned - measured)


def _example(correction: Correction, source: str) -> Example:
    text = correction.text
    return Example(text, correction.intent, language(text), None, source, "general")


def _relabelled(example: Example, corrections: Mapping[str, Correction], source: str) -> Example:
    """As the shop labels it, if it does."""
    correction = corrections.get(normalised(example.text))
    return example if correction is None else replace(example, label=correction.intent, source=source)
