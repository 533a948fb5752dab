"""Why a message was read as it was: in pieces of work, so that other messages are read between them.

The weight of a piece of the message is found by leaving it out (captum's feature ablation), which asks nothing of the encoder
but readings: it explains an OpenVINO encoder as well as a PyTorch one.
"""

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from models.encoder.bert import QUERY_PREFIX, BertEncoder
from models.types import OUT_OF_SCOPE, IntentScore
from models.types.understanding import Explanation, Language, Neighbour, TokenWeight
from models.understanding.heads import Heads
from models.understanding.language import language
from models.understanding.rejection import Floats

INTENTS_TOLD: Final = 5
MOST_PIECES: Final = 31
"""Of the message; each is left out once, in one call of the encoder."""

_NEAREST: Final = 3
_PART: Final = 32
_WORD: Final = re.compile(r"[^\W_]")

Examples = Callable[[], Mapping[str, Sequence[str]]]
"""The training messages by intent; read when they are first asked for."""


class Explainer:
    """Explains readings of one encoder and its heads. An intent's training messages are encoded when it first comes up."""

    def __init__(self, encoder: BertEncoder, heads: Heads, examples: Examples) -> None:
        self._encoder = encoder
        self._heads = heads
        self._read_examples = examples
        self._examples: Mapping[str, Sequence[str]] | None = None
        self._vectors: dict[str, Floats] = {}

    def prepare(self) -> Mapping[str, Sequence[str]]:
        """The training messages, read once; seconds, which should not pass in the thread that reads messages."""
        if self._examples is None:
            self._examples = self._read_examples()
        return self._examples

    def explain(self, text: str) -> Generator[None, None, Explanation]:
        """Yields between pieces of work of about 50 ms, if it is prepared, and up to 32 readings; returns the explanation."""
        examples = self.prepare()
        spoken = language(text)
        vector = self._encoded([text])
        inside, outside = self._heads.probabilities(vector, [spoken])
        names = [self._heads.intent.labels[place] for place in self._heads.inside]
        order = np.argsort(-inside[0], kind="stable")[:INTENTS_TOLD]
        shown = self._heads.shown(inside[0], float(outside[0]), spoken)
        intents = tuple(IntentScore(names[place], round(float(shown.inside[place]), 6)) for place in order)
        is_outside = shown.outside is not None
        yield
        tokens = self._weights(text, spoken, None if is_outside else int(order[0]), shown.scale)
        yield
        asked = [score.intent for score in intents[:_NEAREST]] + [OUT_OF_SCOPE] * is_outside
        nearest = yield from self._nearest(examples, vector[0], asked)
        return Explanation(intents, tokens, nearest)

    def _weights(
        self, text: str, spoken: Language, place: int | None, scale: float
    ) -> tuple[TokenWeight, ...]:
        """Of each piece, for the in-scope intent at `place`, or for being out of scope; in parts of what is told of that."""
        import torch
        from captum.attr import FeatureAblation

        spans = pieces(self._encoder.token_spans([text], QUERY_PREFIX)[1][0], text)
        if not spans:
            return ()

        def probability(kept: Any) -> Any:
            texts = [_without(text, spans, row) for row in kept.bool().tolist()]
            inside, outside = self._heads.probabilities(self._encoded(texts), [spoken] * len(texts))
            return torch.from_numpy(outside if place is None else inside[:, place])

        ablation = FeatureAblation(probability)
        weights = ablation.attribute(torch.ones(1, len(spans)), perturbations_per_eval=len(spans))
        return tuple(
            TokenWeight(text[start:end], start, end, round(scale * float(weight), 4))
            for (start, end), weight in zip(spans, weights[0], strict=True)
        )

    def _nearest(
        self, examples: Mapping[str, Sequence[str]], vector: Floats, intents: Sequence[str]
    ) -> Generator[None, None, tuple[Neighbour, ...]]:
        found: list[Neighbour] = []
        for intent in intents:
            texts = examples.get(intent, ())
            if intent not in self._vectors and texts:
                parts = []
                for start in range(0, len(texts), _PART):
                    parts.append(_unit(self._encoded(texts[start : start + _PART])))
                    yield
                self._vectors[intent] = np.concatenate(parts)
            if texts:
                likeness = self._vectors[intent] @ _unit(vector[None])[0]
                best = np.argsort(-likeness, kind="stable")[:_NEAREST]
                found += [Neighbour(texts[row], intent, round(float(likeness[row]), 4)) for row in best]
        return tuple(sorted(found, key=lambda n: -n.similarity)[:_NEAREST])

    def _encoded(self, texts: Sequence[str]) -> Floats:
        return self._encoder.encode(texts, QUERY_PREFIX, normalise=False)


def pieces(spans: Sequence[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """The tokens' places as words: parts of a Latin word are one, signs belong to none; at most MOST_PIECES, even ones."""
    words: list[tuple[int, int]] = []
    for first, end in spans:
        if end <= first or not _WORD.search(text[first:end]):
            continue
        start = end - len(text[first:end].lstrip())
        if words and words[-1][1] == start and _is_latin(text[start - 1]) and _is_latin(text[start]):
            words[-1] = (words[-1][0], end)
        else:
            words.append((start, end))
    if len(words) <= MOST_PIECES:
        return words
    cuts = np.linspace(0, len(words), MOST_PIECES + 1).astype(int)
    return [(words[a][0], words[b - 1][1]) for a, b in pairwise(cuts)]


def _is_latin(letter: str) -> bool:
    return letter.isalnum() and ord(letter) < 0x250


def _without(text: str, spans: Sequence[tuple[int, int]], kept: Sequence[bool]) -> str:
    left, done = [], 0
    for (start, end), is_kept in zip(spans, kept, strict=True):
        left.append(text[done : end if is_kept else start])
        done = end
    return "".join([*left, text[done:]])


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
