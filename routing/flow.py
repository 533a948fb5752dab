"""One chat turn, read top to bottom: understand → decide → look up → answer by the ladder → check → reply.

The flow is a generator of effects. Whoever drives it does the I/O and sends each result back in, so that the whole turn
is decided here and tested without a server.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Literal

from models.types import ChatMessage, Segment, Sentiment, Understood
from models.types.understanding import Language
from routing import dialogue, grounding
from routing.answer import Citation, Composed, Outcome, Recommendation, join
from routing.compose import compose
from routing.compose.knowledge import hand_off
from routing.compose.wording import say
from routing.dialogue import DialogueState
from routing.facts import NEEDS, Facts, Needs
from routing.ladder import Measured, Rung, RungChoice, choose
from routing.prompts import fact_lines, messages
from routing.sentences import Buffer

EventName = Literal["meta", "delta", "card", "rung", "done", "error"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the customer said, and what is known before anything is looked up."""

    message: str
    state: DialogueState
    configured_rungs: tuple[str, ...]
    measured: tuple[Measured, ...]
    quality_bound: float
    unavailable_rungs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Understand:
    """Effect: read the message. The result is an `Understood`, or an `Unread` when the stage did not answer."""

    message: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Understanding did not answer, and why; `language` was told from the script."""

    language: Language
    reason: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """Effect: fetch what the intent needs, in parallel. The result is a `Facts`."""

    understood: Understood
    needs: Needs


@dataclass(frozen=True, slots=True)
class StartRung:
    """Effect: begin a generation. The result is None, or the reason why it could not begin."""

    rung: Rung
    messages: tuple[ChatMessage, ...]


@dataclass(frozen=True, slots=True)
class NextPiece:
    """Effect: wait for more text of the generation. The result is a `Piece`."""


@dataclass(frozen=True, slots=True)
class StopRung:
    """Effect: abort the generation; its engine stops computing."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of a generation; `is_last` with the end of the stream; `failure` says why it broke."""

    text: str = ""
    is_last: bool = False
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Emit:
    """Effect: send an event to a client that streams. The result is None."""

    event: EventName
    data: dict[str, Any]


Effect = Understand | LookUp | StartRung | NextPiece | StopRung | Emit


@dataclass(frozen=True, slots=True)
class Reply:
    """The turn's end: what is answered, stored and counted."""

    answer: str
    understood: Understood
    move: dialogue.Move
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


Flow = Generator[Effect, Any, Reply]


def chat(turn: Turn) -> Flow:
    """The flow of one turn."""
    read: Understood | Unread = yield Understand(turn.message)
    if isinstance(read, Unread):
        return (yield from _acknowledge(read, turn.state))
    understood = read
    step = dialogue.step(understood, turn.state)
    yield Emit(
        "meta",
        {"intent": understood.intent, "probability": understood.probability, "decision": understood.decision},
    )
    if step.move == "answer" or understood.intent == "human_agent":
        facts: Facts = yield LookUp(understood, NEEDS[understood.intent])
        composed = hand_off(understood, facts) if step.move == "hand_off" else compose(understood, facts)
        choice = choose(
            understood.intent,
            understood.language,
            turn.configured_rungs,
            turn.measured,
            turn.quality_bound,
            turn.unavailable_rungs,
        )
        said, rung, reasons = yield from _climb_down(turn, understood, facts, composed, choice)
        has_fallen = bool(reasons) or choice.is_degraded
        return _reply(
            understood, step, said, rung, (*choice.reasons, *reasons), composed, facts.missing, has_fallen,
            facts.segment,
        )  # fmt: skip
    composed = {
        "clarify": dialogue.clarifying,
        "refuse": dialogue.refusing,
        "hand_off": dialogue.handing_off,
    }[step.move](understood)
    said = yield from _say(composed, understood.language, "composed")
    return _reply(understood, step, said, "composed", (), composed, (), False)


def _climb_down(
    turn: Turn, understood: Understood, facts: Facts, composed: Composed, choice: RungChoice
) -> Generator[Effect, Any, tuple[tuple[str, ...], Rung, tuple[str, ...]]]:
    """Try the rungs in order. Each goes on after what was already said; the composed one can't fail."""
    said: tuple[str, ...] = ()
    failures: list[str] = []
    lines = fact_lines(understood, facts, composed.text(understood.language))
    for rung in choice.rungs:
        if rung in {"composed", "acknowledgement"}:
            break
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
    rung: Rung, understood: Understood, message: str, lines: tuple[str, ...], said: tuple[str, ...]
) -> Generator[Effect, Any, tuple[tuple[str, ...], str | None]]:
    """One generated rung: every sentence is held, checked against the facts, then released."""
    failure: str | None = yield StartRung(rung, messages(understood, message, lines))
    if failure is not None:
        return (), failure
    facts_text, buffer = "\n".join(lines), Buffer()
    released: list[str] = []
    while True:
        piece: Piece = yield NextPiece()
        if piece.failure is not None:
            return tuple(released), piece.failure
        buffer, sentences = buffer.push(piece.text)
        if piece.is_last and (rest := buffer.flush()):
            sentences = (*sentences, rest)
        for sentence in sentences:
            finding = grounding.check(sentence, facts_text, understood.language)
            if finding is not None:
                yield StopRung()
                return tuple(
                    released
                ), f"a sentence with a {finding.kind} that the facts do not hold was kept back"
            if not released:
                yield Emit("rung", {"rung": rung})
            yield Emit("delta", {"text": _spaced(sentence, understood.language, bool(said or released))})
            released.append(sentence)
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


def _show_cards(composed: Composed) -> Generator[Effect, Any, None]:
    for card in composed.cards:
        yield Emit("card", card)


def _spaced(sentence: str, language: str, goes_on: bool) -> str:
    return f" {sentence}" if goes_on and language == "en" else sentence


def _reply(
    understood: Understood,
    step: dialogue.Step,
    said: tuple[str, ...],
    rung: Rung,
    reasons: tuple[str, ...],
    composed: Composed,
    missing: tuple[str, ...],
    has_fallen: bool,
    segment: Segment | None = None,
) -> Reply:
    hands_off = composed.hands_off or step.move == "hand_off"
    text = join(said, understood.language)
    return Reply(
        answer=text,
        understood=understood,
        move="hand_off" if hands_off else step.move,
        reason=step.reason,
        queue=dialogue.queue_of(understood, step),
        rung=rung,
        rung_reasons=reasons,
        outcome="degraded" if has_fallen or missing else "answered",
        hands_off=hands_off,
        state=step.state,
        # A citation stands only under an answer that holds its quote.
        citations=tuple(c for c in composed.citations if c.quote in text),
        recommendations=composed.recommendations,
        cards=composed.cards,
        missing=missing,
        segment=segment,
    )


def _acknowledge(unread: Unread, state: DialogueState) -> Generator[Effect, Any, Reply]:
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
    step = dialogue.Step("hand_off", "the message could not be read", state)
    missing = (f"understanding: {unread.reason}",)
    return _reply(understood, step, said, "acknowledgement", (), composed, missing, True)
