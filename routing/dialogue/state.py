"""What a conversation carries to its next turn. Stored as JSON with its version, so that any gateway can go on with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from models.types.understanding import Language

STATE_VERSION: Final = 2
_FIRST_VERSION: Final = 1
# Of the mood so far, what the newest turn replaces.
_NEWEST_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Option:
    """One of those that a question offers: `value` fills the slot, the texts are what the customer reads."""

    value: str
    zh: str
    en: str

    def text(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked and not yet answered. `options` in the order in which they were numbered; empty: free words. `part` of
    the slot, where only that is lacking.
    """

    slot: str
    options: tuple[Option, ...] = ()
    part: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal that waits for a yes: the exact arguments, and the token that agrees to them until `expires_at` (UTC).
    `told` are its effects as the customer reads them, by language.
    """

    arguments: Mapping[str, Any] = field(hash=False)
    token: str
    expires_at: datetime
    told: Mapping[str, tuple[str, ...]] = field(hash=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that the customer wants. `goal` names its flow; `slots` are what is known, as JSON; `asked` counts the
    questions by slot.
    """

    goal: str
    intent: str
    slots: Mapping[str, Any] = field(hash=False, default_factory=dict)
    asked: Mapping[str, int] = field(hash=False, default_factory=dict)
    question: Question | None = None
    offer: Offer | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the customer owes it an answer."""
        return self.question is not None or self.offer is not None

    def with_slots(self, **found: Any) -> Topic:
        """What was found replaces what was known; what was offered before is no longer what is wanted."""
        return replace(self, slots={**self.slots, **found}, question=None, offer=None)

    def without(self, *slots: str) -> Topic:
        kept = {name: value for name, value in self.slots.items() if name not in slots}
        return replace(self, slots=kept, question=None, offer=None)

    def asking(self, question: Question) -> Topic:
        return replace(self.counted(question.slot), question=question, offer=None)

    def counted(self, what: str) -> Topic:
        """With one more of `asked`."""
        return replace(self, asked={**self.asked, what: self.asked.get(what, 0) + 1})

    def offering(self, offer: Offer) -> Topic:
        return replace(self, question=None, offer=offer)


@dataclass(frozen=True, slots=True)
class DialogueState:
    """`topics` is a stack: the last one is talked about, those below were interrupted. `mood` is −1 … 1, the newer turns
    weigh more. `order_id` is the order that was spoken of last. `last` is the topic that ended last, without its slots.
    `asked` are the questions of each goal of which nothing has come yet, also of topics that were given up meanwhile.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    version: int = STATE_VERSION
    language: Language | None = None
    topics: tuple[Topic, ...] = ()
    unclear_turns: int = 0
    stalled_turns: int = 0
    mood: float = 0.0
    order_id: str | None = None
    last: Topic | None = None
    asked: Mapping[str, Mapping[str, int]] = field(hash=False, default_factory=dict)

    @property
    def topic(self) -> Topic | None:
        """What is talked about."""
        return self.topics[-1] if self.topics else None

    @classmethod
    def read(cls, stored: Mapping[str, object]) -> DialogueState:
        """The state as it was stored; an empty one for a new conversation. ValueError for a state that this gateway can't
        read, such as a later version's.
        """
        if not stored:
            return cls()
        version = stored.get("version")
        if version == _FIRST_VERSION:
            return cls(unclear_turns=int(str(stored["unclear_turns"])))
        if version != STATE_VERSION:
            raise ValueError(f"dialogue state of version {version!r}; this gateway reads {STATE_VERSION}")
        try:
            return _STATE.validate_python(dict(stored))
        except ValidationError as refused:
            raise ValueError(
                f"dialogue state can't be read: {refused.error_count()} fields are wrong"
            ) from None

    def write(self) -> dict[str, Any]:
        """The state as JSON."""
        written: dict[str, Any] = _STATE.dump_python(self, mode="json")
        return written

    def remembering(self, topic: Topic) -> Topic:
        """Whoever begins anew was asked before all the same."""
        return replace(topic, asked={**self.asked.get(topic.goal, {}), **topic.asked})

    def noted(self, topic: Topic) -> DialogueState:
        """With what the topic asks for and does not know yet."""
        waiting = {name: count for name, count in topic.asked.items() if name not in topic.slots}
        return replace(self, asked={**self.asked, topic.goal: waiting})

    def settled(self, goal: str) -> DialogueState:
        """Something came of it."""
        return replace(self, asked={name: counts for name, counts in self.asked.items() if name != goal})

    def felt(self, score: float) -> DialogueState:
        """With the mood of one more turn, −1 … 1."""
        return replace(self, mood=round((1 - _NEWEST_SHARE) * self.mood + _NEWEST_SHARE * score, 3))

    def on(self, topic: Topic) -> DialogueState:
        """With the topic that is talked about replaced; on an empty stack it is the first."""
        return replace(self, topics=(*self.topics[:-1], topic))

    def pushed(self, topic: Topic) -> DialogueState:
        """With one more topic. The same goal is not kept twice, and no more than three wait: who goes on and on does not
        come back to what was first.
        """
        others = tuple(t for t in self.topics if t.goal != topic.goal)
        return replace(self, topics=(*others, topic)[-_MOST_TOPICS:])

    def handed_over(self) -> DialogueState:
        """A person goes on with whatever waits; `last` says what that was about."""
        topic = self.topic
        last = Topic(topic.goal, topic.intent) if topic is not None else self.last
        return replace(self, topics=(), last=last, stalled_turns=0, asked={})

    def ended(self) -> DialogueState:
        """The topic is done with; what it interrupted comes back."""
        if not self.topics:
            return self
        done = self.topics[-1]
        return replace(self, topics=self.topics[:-1], last=Topic(done.goal, done.intent))


_MOST_TOPICS: Final = 3
_STATE: Final = TypeAdapter(DialogueState)
