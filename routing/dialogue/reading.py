"""A turn before it is decided: what was heard, where the conversation stands, and what is wanted by that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from routing.dialogue.flows import FLOWS, TWINS
from routing.dialogue.goals import ANSWER
from routing.dialogue.heard import Heard
from routing.dialogue.state import DialogueState, Offer, Question, Topic
from routing.dialogue.working import Slot

# As sure as that, another wish interrupts; less sure, and it is an answer to what was asked.
SURE: Final = 0.75
# Short words that say nothing are read as greetings; these are some.
_GREETS: Final = re.compile(
    r"[你您]好|哈[喽啰]|嗨|在[吗么不]|有人|[早晚]安|[早晚]上好|[上下中]午好|早啊|谢|辛苦|感激|再见|拜拜|祝|节日|新年|快乐"
    r"|好人|真好|太好|很好|不错|满意|喜欢|厉害|棒|赞|哈哈|呵呵|嘻嘻|爱你|么么|你是谁|机器人|[👍❤🙏😀😊🌹]"
    r"|\b(?:hello|hi|hiya|hey|yo|greetings|how are you|how do you do|nice to|thanks?|thank|thx|cheers"
    r"|appreciat\w*|bye|goodbye|see you|good (?:morning|afternoon|evening|night|day|job|work)|great|awesome"
    r"|amazing|perfect|nice|lovely|wonderful|excellent|love|happy|merry|haha\w*|lol|who are you|anyone|anybody"
    r"|are you (?:a )?(?:bot|robot|human|real|there))\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """`goal` is what understanding and words make of the message, whatever waits."""

    heard: Heard
    state: DialogueState
    goal: str

    @property
    def topic(self) -> Topic | None:
        return self.state.topic

    @property
    def question(self) -> Question | None:
        return self.topic.question if self.topic else None

    @property
    def offer(self) -> Offer | None:
        return self.topic.offer if self.topic else None

    @property
    def is_waiting(self) -> bool:
        return self.topic is not None and self.topic.is_waiting

    @property
    def is_routed(self) -> bool:
        """Whether it is recognised. A greeting that greets nobody, thanks nobody and praises nothing is not."""
        heard = self.heard
        is_empty = heard.understood.intent == "greeting_thanks" and _GREETS.search(heard.message) is None
        return heard.is_routed and not is_empty

    @property
    def is_same_wish(self) -> bool:
        """What the topic is about, or what the same wish is called for an order in another state."""
        topic = self.topic
        if topic is None or topic.goal == ANSWER or not self.is_routed:
            return False
        return self.goal in (topic.goal, TWINS.get(topic.goal))

    @property
    def is_another_wish(self) -> bool:
        return self.is_routed and not self.is_same_wish

    @property
    def is_surely_another(self) -> bool:
        return self.is_another_wish and self.heard.understood.probability >= SURE

    @property
    def names_another_deed(self) -> bool:
        """ "Cancel KF…" while a return waits: however few words it has, they say what is to be done instead."""
        if not self.is_another_wish or self.goal not in FLOWS:
            return False
        own = FLOWS[self.topic.goal].deeds if self.topic is not None and self.topic.goal in FLOWS else ()
        message = self.heard.message.lower()
        return any(deed in message for deed in FLOWS[self.goal].deeds if deed not in own)

    @property
    def is_a_word_of_it(self) -> bool:
        """A few words that ask nothing and want nothing else: they are about what waits, whatever they are read as."""
        return self.goal == ANSWER and self.heard.is_short and not self.heard.is_question

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Those of the flow that is talked about."""
        topic = self.topic
        return FLOWS[topic.goal].slots if topic is not None and topic.goal in FLOWS else ()

    @property
    def slot_asked(self) -> Slot | None:
        question = self.question
        return next(
            (slot for slot in self.slots if question is not None and slot.name == question.slot), None
        )
