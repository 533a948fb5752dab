"""An understanding engine without weights: the first rule of `fake_rules.yaml` whose words occur decides.

Its output is predictable, so that the whole server runs and is tested with no model. It reads the 30 intents in both
languages, but only by these words; entities and language are found as the real engine finds them.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import yaml

from models.errors import EngineFailed
from models.types import INTENTS, OUT_OF_SCOPE, IntentScore, Sentiment, Understood
from models.types.understanding import Explanation, SentimentLabel, TokenWeight
from models.understanding.entities import extract
from models.understanding.faults import ProgrammedFaults
from models.understanding.language import language

_SURE: Final = 0.97
_UNSURE: Final = 0.40
_SECOND: Final = 0.02


@dataclass(frozen=True, slots=True)
class Rule:
    """A label and the words that give it; a word with `+` in it wants all its parts."""

    label: str
    words: tuple[str, ...]

    def matches(self, text: str) -> bool:
        """Whether a word occurs in `text`, which is lower-cased."""
        return any(all(part in text for part in word.split("+")) for word in self.words)


def _rules(section: str) -> tuple[Rule, ...]:
    document = yaml.safe_load(files(__package__).joinpath("fake_rules.yaml").read_text(encoding="utf-8"))
    return tuple(Rule(label, tuple(words)) for entry in document[section] for label, words in entry.items())


INTENT_RULES: Final = _rules("intents")
SENTIMENT_RULES: Final = _rules("sentiments")
_SENTIMENTS: Final[dict[SentimentLabel, float]] = {
    "very_negative": -1.0,
    "negative": -0.5,
    "neutral": 0.0,
    "positive": 0.5,
    "very_positive": 1.0,
}


class FakeUnderstanding:
    """`delay_ms` is waited once a call, whatever its batch; every `fail_every`-th call raises EngineFailed."""

    def __init__(self, delay_ms: float = 0.0, fail_every: int = 0) -> None:
        self._faults = ProgrammedFaults(delay_ms, fail_every)

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        """One reading a text, in their order."""
        fails = self._faults.next_call_fails()
        self._faults.wait()
        if fails:
            raise EngineFailed("fake understanding", "this call was programmed to fail")
        return [_read(text) for text in texts]

    def prepare_explanations(self) -> None:
        """Nothing is needed."""

    def explain(self, text: str) -> Generator[None, None, Explanation]:
        """The rule's words that occur in the text; it has no training messages."""
        yield
        reading, lowered = _read(text), text.lower()
        rule = next((rule for rule in INTENT_RULES if rule.label == reading.intent), Rule("", ()))
        words = [part for word in rule.words for part in word.split("+") if part in lowered]
        starts = {word: lowered.index(word) for word in words}
        tokens = tuple(
            TokenWeight(text[start : start + len(word)], start, start + len(word), 1.0)
            for word, start in sorted(starts.items(), key=lambda found: found[1])
        )
        return Explanation(reading.top, tokens, ())


def _read(text: str) -> Understood:
    lowered = " ".join(text.lower().split())
    intent = next((rule.label for rule in INTENT_RULES if rule.matches(lowered)), None)
    label = next((rule.label for rule in SENTIMENT_RULES if rule.matches(lowered)), "neutral")
    sentiment = next(Sentiment(name, score) for name, score in _SENTIMENTS.items() if name == label)
    candidates = [
        name for name in (intent, "product_question", "order_status", "return_policy") if name in INTENTS
    ]
    top = [name for name in dict.fromkeys(candidates) if name != OUT_OF_SCOPE][:3]
    first = _UNSURE if intent is None else (_SURE if intent != OUT_OF_SCOPE else _SECOND)
    return Understood(
        intent=intent or top[0],
        probability=_UNSURE if intent is None else _SURE,
        decision="clarify" if intent is None else "out_of_scope" if intent == OUT_OF_SCOPE else "route",
        top=tuple(
            IntentScore(name, first if place == 0 else _SECOND / place) for place, name in enumerate(top)
        ),
        language=language(text),
        sentiment=sentiment,
        entities=extract(text),
    )
