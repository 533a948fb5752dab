"""One chat turn, read top to bottom: understand → decide → look up → answer by the ladder → check → reply.

The flow is a generator of effects. Whoever drives it does the I/O and sends each result back in, so that the whole turn
is decided here and tested without a server.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from models.types import INTENTS, Segment, Sentiment, Understood
from routing.answer import Citation, Composed, Outcome, Recommendation, join
from routing.compose import compose
from routing.compose.clarifying import calming, clarifying, handing_off, refusing, small_talk
from routing.compose.knowledge import hand_off
from routing.compose.replies import quick_replies
from routing.dialogue.about import about_order, after_answer, may_mean_order, picked_order
from routing.dialogue.acts import Acts
from routing.dialogue.carry_out import CarriedOut, Move, carry_out, resumed
from routing.dialogue.goals import ANSWER
from routing.dialogue.heard import Heard, hear
from routing.dialogue.rules import THE_SAME_OF_ANOTHER, Plan, decide
from routing.dialogue.sought import meant_rather, sought
from routing.dialogue.state import DialogueState, Topic
from routing.effects import (
    Detail,
    Effect,
    Emit,
    LookUp,
    NextPiece,
    Piece,
    StartRung,
    StopRung,
    Unavailable,
    Understand,
    Unread,
)
from routing.facts import MOST_PASSAGES, NEEDS, Details, Facts, Needs, meant
from routing.grounding import Fact, check, prepare
from routing.ladder import Measured, Rung, RungChoice, choose
from routing.planted import first_for_customers, without_planted
from routing.prompts import fact_lines, messages
from routing.sentences import Buffer
from routing.wording import say
from routing.written import Written, cleaned

_OF_A_HAND_OFF: Final = Needs(segment=True)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the customer said, `masked` without personal data, and what is known before anything is looked up. `now` is
    timezone-aware.
    """

    message: str
    masked: str
    now: datetime
    state: DialogueState
    last_answer: str
    configured_rungs: tuple[str, ...]
    measured: tuple[Measured, ...]
    quality_bound: float
    unavailable_rungs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reply:
    """The turn's end: what is answered, stored and counted."""

    answer: str
    understood: Understood
    move: Move
    reason: str
    queue: str
    rung: Rung
    rung_reasons: tuple[str, ...]
    outcome: Outcome
    hands_off: bool
    state: DialogueState
    citations: tuple[Citation, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    cards: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    missing: tuple[str, ...] = ()
    segment: Segment | None = None
    replies: tuple[str, ...] = ()


Flow = Generator[Effect, Any, Reply]


def chat(turn: Turn) -> Flow:
    """The flow of one turn."""
    read: Understood | Unread = yield Understand(turn.message)
    if isinstance(read, Unread):
        return (yield from _acknowledge(read, turn.state, turn.now))
    heard = hear(turn.message, turn.masked, read, turn.state, turn.now)
    plan, found = yield from sought(decide(heard, turn.state), heard)
    yield Emit("meta", {"intent": read.intent, "probability": read.probability, "decision": read.decision})
    if plan.step in ("answer", "hand_off"):
        return (yield from _answer(turn, heard, plan, found))
    if plan.step == "repeat" and plan.topic is None:
        return (yield from _fixed(heard, plan, Composed((turn.last_answer,)), "answer"))
    if plan.topic is not None:
        carried = yield from carry_out(plan, heard)
        said = yield from _say(carried.composed, heard.language, "composed")
        return _reply(heard, said, "composed", (), carried, False)
    move, words = _FIXED[plan.step]
    return (yield from _fixed(heard, plan, words(heard, plan), move, found.missing if found else ()))


def _small_talk(heard: Heard, plan: Plan) -> Composed:
    topic = plan.state.topic
    return small_talk(heard.acts.courtesy, topic is not None and topic.is_waiting, heard.language)


_FIXED: Final[Mapping[str, tuple[Move, Callable[[Heard, Plan], Composed]]]] = {
    "small_talk": ("answer", _small_talk),
    "clarify": ("clarify", lambda heard, plan: clarifying(heard.understood)),
    "refuse": ("refuse", lambda heard, plan: refusing(heard.understood)),
    "give_up": ("hand_off", lambda heard, plan: handing_off(heard.understood)),
    "calm": ("hand_off", lambda heard, plan: calming(heard.language)),
}


def _fixed(heard: Heard, plan: Plan, composed: Composed, move: Move, missing: tuple[str, ...] = ()) -> Flow:
    """What is said holds no facts. Nothing came about by it, unless it is an answer. `missing`: what might have been told
    instead could not be looked up.
    """
    stalled = 0 if move == "answer" else plan.state.stalled_turns + 1
    reminder, state = resumed(plan.state, heard) if move != "hand_off" else ((), plan.state)
    full = replace(composed, sentences=(*composed.sentences, *reminder))
    said = yield from _say(full, heard.language, "composed")
    carried = CarriedOut(full, move, replace(state, stalled_turns=stalled), plan.rule, missing)
    return _reply(heard, said, "composed", (), carried, False)


def _answer(turn: Turn, heard: Heard, plan: Plan, known: Facts | None) -> Flow:
    """Looked up but for what is `known`, answered by the ladder; what waits is asked about again after it."""
    understood = heard.understood
    if plan.topic is not None:
        understood = replace(understood, intent=plan.topic.intent)
    needs = NEEDS[understood.intent] if plan.step == "answer" else _OF_A_HAND_OFF
    order_id = picked_order(plan, heard) or plan.state.order_id
    found: Facts = yield LookUp(understood, _to_fetch(needs, understood.intent, heard), order_id, known)
    if plan.rule == THE_SAME_OF_ANOTHER:
        # What is asked was said before; of itself "and that one?" is like anything.
        found = replace(found, likenesses=())
    if plan.step == "answer" and (meant_by := meant_rather(understood, heard, found)) is not None:
        # But for the articles, and perhaps the orders, nothing of that was looked up for the intent.
        known = found if needs.passages else None
        understood = replace(understood, intent=meant_by)
        needs = NEEDS[meant_by]
        found = yield LookUp(understood, _to_fetch(needs, meant_by, heard), order_id, known)
        plan = replace(plan, topic=Topic(ANSWER, meant_by))
    facts = without_planted(replace(found, passages=first_for_customers(found.passages, needs.passages)))
    about = yield from _detailed(about_order(plan, heard, facts), needs)
    composed = hand_off(understood, about) if plan.step == "hand_off" else compose(understood, about)
    choice = choose(
        understood.intent,
        understood.language,
        turn.configured_rungs,
        turn.measured,
        turn.quality_bound,
        turn.unavailable_rungs,
    )
    said, rung, reasons = yield from _climb_down(turn, understood, about, composed, choice)
    state = replace(after_answer(plan, about, understood.intent), stalled_turns=0)
    if plan.step == "answer":
        reminder, state = resumed(state, heard)
        if reminder:
            said = (*said, *(yield from _go_on(Composed(reminder), said, heard.language)))
    move: Move = "hand_off" if plan.step == "hand_off" else "answer"
    carried = CarriedOut(composed, move, state, plan.rule, about.missing)
    has_fallen = bool(reasons) or choice.is_degraded
    return _reply(heard, said, rung, (*choice.reasons, *reasons), carried, has_fallen, facts.segment)


def _to_fetch(needs: Needs, intent: str, heard: Heard) -> Needs:
    """With as many passages as another intent may turn out to need, since one search is made for all; without orders of which
    none can be meant.
    """
    passages = MOST_PASSAGES if needs.passages else 0
    return replace(needs, passages=passages, orders=needs.orders and may_mean_order(intent, heard))


def _detailed(facts: Facts, needs: Needs) -> Generator[Effect, Any, Facts]:
    """With invoices and the like of the order that is meant, where the intent needs them."""
    if not needs.details or not facts.orders or facts.is_order_unknown:
        return facts
    details: Details | Unavailable = yield Detail(meant(facts).order_id)
    if isinstance(details, Unavailable):
        return replace(facts, missing=(*facts.missing, f"commerce: {details.reason}"))
    return without_planted(replace(facts, details=details))


def _climb_down(
    turn: Turn, understood: Understood, facts: Facts, composed: Composed, choice: RungChoice
) -> Generator[Effect, Any, tuple[tuple[str, ...], Rung, tuple[str, ...]]]:
    """Try the rungs in order. Each goes on after what was already said; the composed one can't fail."""
    said: tuple[str, ...] = ()
    failures: list[str] = []
    for rung in choice.rungs:
        if rung in {"composed", "acknowledgement"}:
            break
        lines = fact_lines(understood, facts, composed.text(understood.language))
        released, failure = yield from _generate(rung, understood, turn.message, lines, said)
        said = (*said, *released)
        if failure is None:
            yield from _show_cards(composed)
            return said, rung, tuple(failures)
        failures.append(f"{rung}: {failure}")
    last: Rung = (
        "acknowledgement"
        if composed.hands_off and not composed.citations and not composed.cards
        else "composed"
    )
    said = (*said, *(yield from _say(composed, understood.language, last, bool(said))))
    return said, last, tuple(failures)


def _generate(
    rung: Rung, understood: Understood, message: str, lines: tuple[Fact, ...], said: tuple[str, ...]
) -> Generator[Effect, Any, tuple[tuple[str, ...], str | None]]:
    """One generated rung: every sentence is held, checked against the facts, then released."""
    failure: str | None = yield StartRung(rung, messages(understood, message, lines))
    if failure is not None:
        return (), failure
    # While the model reads its prompt.
    memory = prepare(lines)
    written, buffer = Written(), Buffer()
    released: list[str] = []
    while True:
        piece: Piece = yield NextPiece()
        if piece.failure is not None:
            return tuple(released), piece.failure
        written, text = written.push(piece.text)
        buffer, sentences = buffer.push(text + written.flush() if piece.is_last else text)
        # Of a sentence that was cut off nobody knows what it would have said: half a number is another number.
        is_broken = piece.is_cut and buffer.is_open
        if piece.is_last and not is_broken and (rest := buffer.flush()):
            sentences = (*sentences, rest)
        for sentence in filter(None, map(cleaned, sentences)):
            finding = check(sentence, lines, understood.language, message, memory)
            if finding is not None:
                yield StopRung()
                return tuple(
                    released
                ), f"a sentence with a {finding.kind} that the facts do not hold was kept back"
            if not released:
                yield Emit("rung", {"rung": rung})
            yield Emit("delta", {"text": _spaced(sentence, understood.language, bool(said or released))})
            released.append(sentence)
        if is_broken:
            return tuple(released), "the model was cut off in the middle of a sentence"
        if piece.is_last:
            return tuple(released), None if released else "the model said nothing"


def _say(
    composed: Composed, language: str, rung: Rung, goes_on: bool = False
) -> Generator[Effect, Any, tuple[str, ...]]:
    """Send a composed answer sentence by sentence."""
    yield Emit("rung", {"rung": rung})
    before = 0
    for count in range(1, len(composed.sentences) + 1):
        # Cut out of the joined text, so that a stream and a plain answer are the same to the letter.
        text = join(composed.sentences[:count], language)
        lead = (" " if language == "en" else "") if goes_on and count == 1 else ""
        yield Emit("delta", {"text": lead + text[before:]})
        before = len(text)
    yield from _show_cards(composed)
    return composed.sentences


def _go_on(more: Composed, said: tuple[str, ...], language: str) -> Generator[Effect, Any, tuple[str, ...]]:
    """More sentences after those that were said."""
    before = join(said, language)
    text = join((*said, *more.sentences), language)
    yield Emit("delta", {"text": text[len(before) :]})
    return more.sentences


def _show_cards(composed: Composed) -> Generator[Effect, Any, None]:
    for card in composed.cards:
        yield Emit("card", card)


def _spaced(sentence: str, language: str, goes_on: bool) -> str:
    return f" {sentence}" if goes_on and language == "en" else sentence


def _reply(
    heard: Heard,
    said: tuple[str, ...],
    rung: Rung,
    rung_reasons: tuple[str, ...],
    carried: CarriedOut,
    has_fallen: bool,
    segment: Segment | None = None,
) -> Reply:
    composed = carried.composed
    hands_off = composed.hands_off or carried.move == "hand_off"
    text = join(said, heard.language)
    return Reply(
        answer=text,
        understood=heard.understood,
        move="hand_off" if hands_off else carried.move,
        reason=carried.reason,
        queue=_queue(heard, carried),
        rung=rung,
        rung_reasons=rung_reasons,
        outcome="degraded" if has_fallen or carried.missing else "answered",
        hands_off=hands_off,
        state=carried.state,
        # A citation stands only under an answer that holds its quote.
        citations=tuple(c for c in composed.citations if c.quote in text),
        recommendations=composed.recommendations,
        cards=composed.cards,
        missing=carried.missing,
        segment=segment,
        replies=() if hands_off else quick_replies(carried.state.topic, heard.language),
    )


def _queue(heard: Heard, carried: CarriedOut) -> str:
    """The human queue of this conversation: of what is talked about, or was when a person took over, else of the intent; an
    unrecognised one goes by its likeliest candidate.
    """
    understood, topic = heard.understood, carried.state.topic
    if carried.move == "hand_off" and topic is None:
        topic = carried.state.last
    if topic is not None and topic.goal != ANSWER:
        return INTENTS[topic.intent].queue
    if carried.move == "hand_off" and understood.decision == "clarify" and understood.top:
        return INTENTS[understood.top[0].intent].queue
    return INTENTS[understood.intent].queue


def _acknowledge(unread: Unread, state: DialogueState, now: datetime) -> Generator[Effect, Any, Reply]:
    """The last rung: what was said could not be read, so a person is asked. The state stays as it was."""
    understood = Understood("human_agent", 0.0, "clarify", (), unread.language, Sentiment("neutral", 0.0), ())
    composed = Composed(
        (
            say(
                unread.language,
                "我们已收到您的消息，目前系统繁忙，已为您转接人工客服。",
                "We have your message; the system is busy now, so a colleague will answer you.",
            ),
        ),
        hands_off=True,
    )
    said = yield from _say(composed, unread.language, "acknowledgement")
    missing = (f"understanding: {unread.reason}",)
    carried = CarriedOut(composed, "hand_off", state, "the message could not be read", missing)
    heard = Heard("", "", understood, Acts(), now)
    return _reply(heard, said, "acknowledgement", (), carried, True)
