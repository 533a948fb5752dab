"""What a plan comes to in this turn: the sentences, and the state after them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from commerce.domain.actions import arguments_from
from commerce.domain.orders import Order
from models.types import Understood
from routing.answer import Composed
from routing.compose import compose, outcomes, proposals
from routing.compose.knowledge import quoted
from routing.compose.of_order import faulty, progress
from routing.dialogue.asking import asked
from routing.dialogue.flows import FLOWS, SETTLES
from routing.dialogue.goals import ANSWER
from routing.dialogue.heard import Heard
from routing.dialogue.instead import possible_instead
from routing.dialogue.rules import Plan
from routing.dialogue.state import DialogueState, Topic
from routing.dialogue.work import Worked, work
from routing.effects import Commit, Committed, Effect, Lapsed, LookUp, Refused, Unavailable
from routing.facts import Facts, Needs
from routing.planted import without_planted
from routing.wording import order_card

Move = Literal["answer", "clarify", "refuse", "hand_off", "ask", "propose", "act", "drop"]
_ORDERS: Final = Needs(orders=True, passages=1)
_MOST_INSTEAD: Final = 2
_HAVE_CODES: Final = ("apply_coupon", "reissue_invoice")
REMINDED: Final = "reminded"
REPEATED: Final = "repeated"
_MOST_REMINDED: Final = 2
# Why a proposal is shown once more, as it was.
_DOUBTS: Final[Mapping[str, Callable[[str], str]]] = {
    "put right": outcomes.what_is_wrong,
    "a yes or no that answers nothing": outcomes.not_followed,
    "not understood while something waits": outcomes.not_followed,
    "more of the same": outcomes.still_waits,
}


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """`move` is what the turn was; `missing` names the stages that were left out."""

    composed: Composed
    move: Move
    state: DialogueState
    reason: str
    missing: tuple[str, ...] = ()


def carry_out(plan: Plan, heard: Heard) -> Generator[Effect, Any, CarriedOut]:
    """A plan with a topic that has a flow: worked on, committed, repeated or dropped."""
    topic = plan.topic
    if topic is None:
        raise AssertionError(f"{plan.rule} plans nothing to carry out")
    match plan.step:
        case "drop":
            reminder, state = resumed(plan.state, heard)
            said = outcomes.dropped(bool(reminder), heard.language)
            return CarriedOut(Composed((*said, *reminder)), "drop", state, plan.rule)
        case "commit":
            return (yield from _commit(plan, topic, heard))
        case "repeat" if topic.offer is not None and topic.asked.get(REPEATED, 0) < _MOST_REMINDED:
            lines = topic.offer.told.get(heard.language, ())
            order_id = topic.offer.arguments["order_id"]
            said = outcomes.as_it_stands(topic.goal, order_id, lines, heard.language)
            full = Composed((*said, "\n" + proposals.confirm(heard.language)))
            return CarriedOut(full, "propose", plan.state.on(topic.counted(REPEATED)), plan.rule)
        case _:
            return (yield from _work(plan, topic, heard))


def _work(
    plan: Plan, topic: Topic, heard: Heard, *, is_late: bool = False
) -> Generator[Effect, Any, CarriedOut]:
    """`is_late`: what was agreed to holds no longer."""
    topic = plan.state.remembering(topic)
    needs = _ORDERS if topic.goal in FLOWS else Needs(orders=True)
    spoken_of = topic.slots.get("order") or plan.state.order_id
    found: Facts = yield LookUp(heard.understood, needs, spoken_of)
    if found.is_order_unknown and topic.goal in _HAVE_CODES:
        # What is no order's number is a code of another kind.
        found = yield LookUp(_without_number(heard.understood), needs, spoken_of, found)
    facts = without_planted(found)
    worked = yield from work(topic, heard, facts, plan.state.order_id)
    return _told(plan, topic, worked, heard, facts, is_late)


def _told(plan: Plan, before: Topic, worked: Worked, heard: Heard, facts: Facts, is_late: bool) -> CarriedOut:
    language, state, topic = heard.language, plan.state, worked.topic
    lead: tuple[str, ...] = ()
    if is_late:
        is_still_possible = worked.ending in ("offered", "asked")
        lead = ((outcomes.lapsed if is_still_possible else outcomes.changed_meanwhile)(language),)
    order = worked.details.order if worked.details is not None else None
    if order is not None:
        state = replace(state, order_id=order.order_id)
        if before.goal == "change_items" != topic.goal:
            lead = (*lead, outcomes.too_late_to_change(order, language))
        elif worked.ending in ("asked", "offered"):
            lead = (*lead, *outcomes.within_bounds(topic.goal, order, heard.message, language))
        # A proposal or a refusal names the order itself.
        if worked.are_others_refused and worked.ending in ("asked", "offered"):
            lead = (*lead, outcomes.only_one(topic.goal, order, language))
        if worked.only_line is not None and worked.ending in ("asked", "offered"):
            lead = (*lead, outcomes.only_line(topic.goal, order, worked.only_line, language))
        elif worked.ending == "asked" and not worked.are_others_refused:
            lead = (*lead, *_about_order(worked, topic, order, language))
    cards = (order_card(order, language, facts.zone),) if order is not None else ()
    made = {**before.slots} != {**topic.slots}
    if made:
        topic = replace(topic, asked={name: count for name, count in topic.asked.items() if name != REMINDED})
    elif before.offer is not None and plan.rule in _DOUBTS:
        lead = (*lead, _DOUBTS[plan.rule](language))
    moving = replace(state, stalled_turns=0 if made else state.stalled_turns + 1).noted(topic)
    match worked.ending:
        case "asked" if topic.question is not None:
            if topic.asked.get(topic.question.slot, 0) > 1 and plan.step != "repeat":
                lead = (outcomes.not_matched(language), *lead)
            elif topic.goal == "report_problem" and worked.is_allowed and worked.details is not None:
                lines = frozenset(item["line_id"] for item in topic.slots.get("lines", ()))
                lead = (*lead, *(faulty(worked.details, lines, facts, language) if lines else ()))
            how = _how(topic, heard, facts)
            said = (*how.sentences, *lead, *asked(topic.question, topic.goal, language))
            full = Composed(said, how.citations, cards=cards)
            return CarriedOut(full, "ask", moving.on(topic), plan.rule, facts.missing)
        case "offered" if (
            worked.proposal is not None and worked.details is not None and topic.offer is not None
        ):
            if topic.goal == "urge_shipment":
                lead = (*lead, *progress(worked.details, facts, language))
            told = {
                each: proposals.told(worked.proposal, worked.details, each, facts.zone)
                for each in ("zh", "en")
            }
            flow = FLOWS[topic.goal]
            beside = possible_instead(flow.beside, topic, worked.details, facts)
            proposed = proposals.proposed(worked.proposal, worked.details, told[language], language)
            said = (*lead, *proposed, *outcomes.also(beside, language))
            offered = topic.offering(replace(topic.offer, told=told))
            return CarriedOut(
                Composed(said, cards=cards), "propose", moving.on(offered), plan.rule, facts.missing
            )
        case "refused" if order is not None and worked.details is not None:
            instead = possible_instead(FLOWS[topic.goal].instead, topic, worked.details, facts)[
                :_MOST_INSTEAD
            ]
            nor_others = (outcomes.nor_others(topic.goal, language),) if worked.are_others_refused else ()
            why = outcomes.refused(topic.goal, order, worked.rule_trace, instead, language)
            said = (*lead, why[0], *nor_others, *why[1:])
            if "report_problem" in instead:
                lines = frozenset(item["line_id"] for item in topic.slots.get("lines", ()))
                said = (*said, *faulty(worked.details, lines, facts, language))
            reminder, ended = resumed(replace(state.ended().settled(topic.goal), stalled_turns=0), heard)
            full = Composed((*said, *reminder), cards=cards)
            return CarriedOut(full, "answer", ended, plan.rule, facts.missing)
        case "nothing_to_choose":
            reminder, ended = resumed(replace(state.ended().settled(topic.goal), stalled_turns=0), heard)
            said = (*lead, *outcomes.nothing_to_choose(worked.reason, language), *reminder)
            return CarriedOut(Composed(said, cards=cards), "answer", ended, plan.rule, facts.missing)
        case "no_order":
            composed = compose(_about(heard.understood, topic), facts)
            reminder, after = resumed(state if before.is_waiting else state.ended(), heard)
            full = replace(composed, sentences=(*composed.sentences, *reminder))
            return CarriedOut(full, "answer", after, plan.rule, facts.missing)
        case "asked_too_often":
            said = outcomes.gives_to_a_person(language)
            handed = state.handed_over()
            return CarriedOut(
                Composed(said, hands_off=True), "hand_off", handed, worked.reason, facts.missing
            )
        case _:
            missing = (*facts.missing, f"commerce: {worked.reason}")
            return CarriedOut(
                Composed(outcomes.cannot_look(language)), "answer", state.on(topic), plan.rule, missing
            )


def _without_number(understood: Understood) -> Understood:
    others = tuple(entity for entity in understood.entities if entity.type != "order_number")
    return replace(understood, entities=others)


def _how(topic: Topic, heard: Heard, facts: Facts) -> Composed:
    """Whoever asks how it is done is told, by the article on it, before they are asked something back."""
    passage = facts.passages[0] if facts.passages else None
    is_first = sum(topic.asked.values()) == 1
    if passage is None or not is_first or not heard.is_question or topic.intent not in passage.intents:
        return Composed(())
    return quoted(passage)


def _about_order(worked: Worked, topic: Topic, order: Order, language: str) -> tuple[str, ...]:
    """That it can be done, once; else which order was taken, where nobody named it."""
    slot = topic.question.slot if topic.question is not None else ""
    if worked.is_allowed and topic.asked.get(slot, 0) <= 1:
        wanted = {item["line_id"] for item in topic.slots.get("lines", ())}
        chosen = tuple(line for line in order.lines if line.line_id in wanted)
        return (outcomes.possible(topic.goal, order, chosen, language),)
    return (outcomes.taken(order, language),) if worked.is_told else ()


def _about(understood: Understood, topic: Topic) -> Understood:
    return replace(understood, intent=topic.intent)


def _commit(plan: Plan, topic: Topic, heard: Heard) -> Generator[Effect, Any, CarriedOut]:
    offer, language = topic.offer, heard.language
    if offer is None:
        raise AssertionError("there is no offer to commit")
    arguments = arguments_from(offer.arguments)
    result: Committed | Refused | Lapsed | Unavailable = yield Commit(offer)
    match result:
        case Committed(made):
            said = outcomes.done(
                arguments.action, arguments.order_id, made, offer.told.get(language, ()), language
            )
            done = plan.state.ended().settled(topic.goal)
            ended = replace(done, stalled_turns=0, order_id=arguments.order_id)
            reminder, after = resumed(_settled(ended, topic), heard)
            return CarriedOut(Composed((*said, *reminder)), "act", after, plan.rule)
        case Unavailable(reason):
            said = outcomes.not_sure_if_done(language)
            return CarriedOut(Composed(said), "propose", plan.state, plan.rule, (f"commerce: {reason}",))
        case _:
            # Refused or lapsed: what holds now is worked out again, and shown or refused with its reason.
            fresh = replace(topic, offer=None)
            again = replace(plan, state=plan.state.on(fresh), topic=fresh)
            return (yield from _work(again, fresh, heard, is_late=True))


def _settled(state: DialogueState, done: Topic) -> DialogueState:
    """Without what can't be wanted of that order any more."""
    if done.goal not in SETTLES:
        return state
    order_id = done.slots.get("order")
    return replace(state, topics=tuple(t for t in state.topics if t.slots.get("order") != order_id))


def resumed(state: DialogueState, heard: Heard) -> tuple[tuple[str, ...], DialogueState]:
    """What an interrupted topic still needs, after what came between, and the state that knows that it was said. Who was
    reminded twice knows it, and is answered without.
    """
    topic, language = state.topic, heard.language
    if topic is None or topic.goal == ANSWER or not topic.is_waiting:
        return (), state
    if topic.asked.get(REMINDED, 0) >= _MOST_REMINDED:
        return (), state
    if topic.question is not None:
        said = asked(topic.question, topic.goal, language)
    else:
        told = topic.offer.told.get(language, ()) if topic.offer is not None else ()
        said = (*(f"· {line}" for line in told), "\n" + proposals.confirm(language))
    return outcomes.back_to(topic.goal, said, language), state.on(topic.counted(REMINDED))
