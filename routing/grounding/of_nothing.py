"""A sentence that has nothing to hold against the facts: a courtesy or a question passes, a model that wanders does not."""

from __future__ import annotations

import re
from typing import Final

from routing.grounding.claims import claims_in
from routing.grounding.content import content_of
from routing.grounding.fact import Finding
from routing.grounding.known import Known
from routing.grounding.names import names_in
from routing.grounding.said import ASKS, COURTESY, Said
from routing.grounding.text import lowered

# What is said to be kind or to own up to not knowing, beside what COURTESY has.
_KIND: Final = re.compile(
    r"(?<![a-z])(?:hello|hi|hey|heya|welcome|good (?:morning|afternoon|evening|day)|glad|happy|great|sure|of course"
    r"|certainly|absolutely|gladly|please|enjoy|hope|wish|(?:no|not a) (?:problem|worries|bother)|any ?time|cheers|bye"
    r"|goodbye|take care|have a|appreciate|fair enough|all right|okay|ok|got you|let me"
    r"|if you (?:like|wish|want|prefer)|no idea|don't know|can't (?:tell|say)"
    r"|cannot (?:tell|say)|more than i|what i have|(?:no|the|that|this|such) information)(?![a-z])"
    r"|你好|哈喽|嗨|欢迎|好的|好嘞|没问题|不客气|应该的|应该做的|祝|希望|再见|回见|麻烦|烦请|劳烦|吩咐|放心|久等|乐意|高兴"
    r"|荣幸|承蒙|光临|有事|发我|发来|告知|不清楚|不知道|说不准|不好说|无法确认|没法确认|没有相关|在呢|您说|请您"
)


# What stands in the prompt and is nobody's to hear: who is spoken to is no "the customer".
_OF_THE_PROMPT: Final = re.compile(
    r"(?<![a-z])(?:(?:the|this) (?:customer|user|shopper)|(?:the|these|those|numbered|given) facts?|prompt)(?![a-z])"
    r"|(?:这位|该|此)(?:顾客|客户|用户)|(?:顾客|客户|用户)(?:说|问|的话)|事实|提示词"
)


def wandering_finding(said: Said, known: Known) -> Finding | None:
    """What the model says of its prompt, and words of which neither the facts nor the customer have one."""
    own = (found[0] for found in _OF_THE_PROMPT.finditer(said.low))
    if (
        leak := next((words for words in own if words not in known.text and words not in said.message), None)
    ) is not None:
        return Finding("subject", leak)
    if said.values or claims_in(said.text).claims or names_in(said.text):
        return None
    if COURTESY.search(said.low) or _KIND.search(said.low) or ASKS.search(said.low):
        return None
    words = content_of(said.low)
    held = {*content_of(lowered(known.text), 10_000), *content_of(said.message, 10_000)}
    return Finding("subject", said.text) if words and held.isdisjoint(words) else None
