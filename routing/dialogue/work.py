"""One topic taken as far as this turn can: find the order, fill the slots, ask for one, or propose the action."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from commerce.domain.actions import ApplyCoupon
from commerce.domain.errors import ActionRefused
from commerce.domain.orders import Order, OrderLine
from commerce.domain.proposals import Proposal
from commerce.domain.proposing.propose import propose
from commerce.domain.rules import RuleStep
from routing.dialogue.flows import FLOWS, TWINS, Flow, States
from routing.dialogue.forbidden import Trace, forbidden, is_allowed
from routing.dialogue.goods import named_lines
from routing.dialogue.heard import Heard
from routing.dialogue.picking import picked_option
from routing.dialogue.slots_goods import LINES, item, pieces_left, pieces_said
from routing.dialogue.state import Question, Topic
from routing.dialogue.which_order import (
    Choosing,
    Chosen,
    choose_order,
    in_question,
    likely_orders,
    means_other_order,
    order_options,
)
from routing.dialogue.working import Slot, Working
from routing.effects import Detail, DetailEach, Effect, Offered, Propose, Refused, Unavailable
from routing.facts import Details, Facts
from routing.planted import without_planted_goods

# Asked that often a question is not asked again: a person takes over.
MOST_ASKED: Final = 2

Ending = Literal[
    "asked", "offered", "refused", "no_order", "nothing_to_choose", "asked_too_often", "unavailable"
]

_NOT_POSSIBLE: Final = ("refused", "nothing_to_choose")


@dataclass(frozen=True, slots=True)
class Worked:
    """How far it came. `topic` goes on with the next turn where it was asked or offered. `is_told`: the customer did not name
    the order, and is told which one was taken. `is_allowed`: what is known so far speaks for it. `are_others_refused`: the
    rules were asked of every other order that they could let pass, and let none of them; not of those alone that the message
    is about. `only_line` was taken since they let no other of the order pass.
    """

    ending: Ending
    topic: Topic
    details: Details | None = None
    proposal: Proposal | None = None
    rule_trace: tuple[RuleStep, ...] = ()
    is_told: bool = False
    is_allowed: bool = False
    are_others_refused: bool = False
    only_line: OrderLine | None = None
    reason: str = ""


def work(topic: Topic, heard: Heard, facts: Facts, spoken_of: str | None) -> Generator[Effect, Any, Worked]:
    """`spoken_of` is the id of the order that the conversation was about."""
    if facts.is_order_unknown or not facts.orders:
        return Worked("no_order", topic)
    topic = _with_picked_order(topic, heard)
    likely = likely_orders(facts, FLOWS[topic.goal].orders)
    is_other = means_other_order(topic, heard, facts)
    choosing = Choosing(heard, facts, likely, topic.slots.get("order"), spoken_of, is_other)
    chosen = choose_order(choosing)
    if chosen is None:
        return (yield from _of_several(topic, choosing))
    details: Details | Unavailable = yield Detail(chosen.order.order_id)
    if isinstance(details, Unavailable):
        return Worked("unavailable", topic, reason=details.reason)
    return (yield from _carry_on(_as_known(topic, heard, facts, chosen, details)))


def _of_several(topic: Topic, choosing: Choosing) -> Generator[Effect, Any, Worked]:
    """Each is worked on as if it alone were meant, short of an offer. The only one that the rules let pass is taken; where
    they let none, the newest tells why; else it is asked which of those that they do.
    """
    heard, facts, orders = choosing.heard, choosing.facts, in_question(choosing)
    each: tuple[Details, ...] | Unavailable = yield DetailEach(tuple(order.order_id for order in orders))
    if isinstance(each, Unavailable):
        return Worked("unavailable", topic, reason=each.reason)
    tried = [_as_known(topic, heard, facts, Chosen(details.order, is_told=True), details) for details in each]
    possible = [known for known in tried if known.is_possible]
    if len(possible) > 1:
        offered = tuple(known.working.order for known in possible)
        return _ask(topic, Question("order", order_options(offered)))
    worked = yield from _carry_on((*possible, *tried)[0])
    can_be_let_pass = _let_pass(FLOWS[topic.goal])
    untried = [each for each in facts.orders if each.state in can_be_let_pass and each not in orders]
    return replace(worked, are_others_refused=not untried)


def _let_pass(flow: Flow) -> States:
    """The states in which the rules could let an order have what is wished, by this deed or by its twin."""
    twin = FLOWS.get(TWINS.get(flow.goal, ""))
    return flow.orders[0] | (twin.orders[0] if twin else frozenset())


@dataclass(frozen=True, slots=True)
class _Known:
    """As far as one order comes by what is said and known; `ended` where no offer can come of that."""

    working: Working
    flow: Flow
    is_told: bool
    only_line: OrderLine | None = None
    ended: Worked | None = None

    @property
    def is_possible(self) -> bool:
        """Whether nothing that is known speaks against it."""
        if self.ended is not None:
            return self.ended.ending not in _NOT_POSSIBLE
        return not _refusal(self.working, self.flow)


def _as_known(topic: Topic, heard: Heard, facts: Facts, chosen: Chosen, details: Details) -> _Known:
    # Told once.
    is_told = chosen.is_told and topic.slots.get("order") != chosen.order.order_id
    flow = _for_its_state(FLOWS[topic.goal], chosen.order)
    topic = replace(_about(topic, chosen), goal=flow.goal)
    working = Working(topic, heard, facts, without_planted_goods(details))
    working, lacking, trace = _filled(working, flow, flow.slots)
    only: OrderLine | None = None
    if lacking is not None and lacking.name == LINES.name:
        can, trace = _lines_that_can(working, flow, lacking)
        only = _only_one_meant(working, can)
        if only is not None:
            working, lacking, trace = _filled(_with_line(working, only), flow, flow.slots)
    known = _Known(working, flow, is_told, only)
    if trace:
        refused = Worked("refused", working.topic, working.details, rule_trace=trace, is_told=is_told)
        return replace(known, ended=refused)
    if lacking is not None:
        allowed = is_allowed(flow.goal, working)
        asked = replace(_ask_for(working, lacking), details=working.details, only_line=only)
        return replace(known, ended=replace(asked, is_told=is_told, is_allowed=allowed))
    return known


def _carry_on(known: _Known) -> Generator[Effect, Any, Worked]:
    """To the offer, where there is to be one."""
    if known.ended is not None:
        return known.ended
    worked = yield from _propose(known.working, known.flow, known.is_told)
    return replace(worked, only_line=known.only_line)


def _refusal(working: Working, flow: Flow) -> Trace:
    """The rules by which the proposal would be refused; none where it would not be."""
    action, arguments = working.details.action, flow.build(working.order.order_id, working.topic.slots)
    if isinstance(arguments, ApplyCoupon):
        usable = {coupon.coupon_id: coupon for coupon in working.details.coupons}
        action = replace(action, coupon=usable.get(arguments.coupon_id))
    try:
        propose(action, arguments)
    except ActionRefused as refused:
        return refused.rule_trace
    return ()


def _filled(working: Working, flow: Flow, slots: tuple[Slot, ...]) -> tuple[Working, Slot | None, Trace]:
    """As far as what is said and known goes; the slot that has to be asked for; the rules that forbid it before that."""
    trace = forbidden(flow.goal, working)
    for slot in slots:
        if trace is not None:
            break
        working = _fill(working, slot, flow)
        trace = forbidden(flow.goal, working)
        if trace is None and (slot.name not in working.topic.slots or not slot.is_filled(working)):
            return working, slot, ()
    return working, None, trace or ()


def _lines_that_can(working: Working, flow: Flow, lines: Slot) -> tuple[tuple[OrderLine, ...], Trace]:
    """Those that can be what is asked for, as far as it is known; where none can, the rules that refuse each."""
    can: list[OrderLine] = []
    told: Trace = ()
    after = flow.slots[flow.slots.index(lines) + 1 :]
    for line in working.lines:
        one, lacking, trace = _filled(_with_line(working, line), flow, after)
        if lacking is None and not trace:
            trace = _refusal(one, flow)
        if not trace:
            can.append(line)
        told = (*told, *trace)
    return tuple(can), () if can else told


def _only_one_meant(working: Working, can: tuple[OrderLine, ...]) -> OrderLine | None:
    """Of the lines that can be it the only one, among those that the message names, and with as many pieces as it says."""
    named = named_lines(working.lines, working.heard, working.facts)
    if not named and working.heard.said("product"):
        # Goods that are none of these lines.
        return None
    meant = [line for line in can if line in named] if named else can
    pieces = pieces_said(working.heard)
    is_one = len(meant) == 1 and (pieces is None or pieces <= pieces_left(meant[0]))
    return meant[0] if is_one else None


def _with_line(working: Working, line: OrderLine) -> Working:
    slots = {**working.topic.slots, LINES.name: [item(line, pieces_said(working.heard))]}
    return replace(working, topic=replace(working.topic, slots=slots))


def _for_its_state(flow: Flow, order: Order) -> Flow:
    """The twin, where the order is in a state for that and not for this."""
    twin = FLOWS.get(TWINS.get(flow.goal, ""))
    return twin if twin and order.state in twin.orders[0] and order.state not in flow.orders[0] else flow


def _with_picked_order(topic: Topic, heard: Heard) -> Topic:
    question = topic.question
    option = picked_option(question, heard) if question is not None and question.slot == "order" else None
    return topic if option is None else replace(topic, slots={**topic.slots, "order": option.value})


def _about(topic: Topic, chosen: Chosen) -> Topic:
    """Another order has other lines and another address: what was said of the one before does not hold for it."""
    order_id = chosen.order.order_id
    if topic.slots.get("order") == order_id:
        return topic
    kept = ("words", "problem", "wants") if "order" in topic.slots else tuple(topic.slots)
    slots = {name: value for name, value in topic.slots.items() if name in kept}
    return replace(topic, slots={**slots, "order": order_id}, offer=None)


def _fill(working: Working, slot: Slot, flow: Flow) -> Working:
    """What is said now comes before what was said then; what is known only fills a gap."""
    found = _picked(working, slot)
    if found is None and _may_say(working, slot, flow):
        found = slot.said(working)
    if found is None and (slot.name not in working.topic.slots or not slot.is_filled(working)):
        found = slot.known(working)
    if found is None:
        return working
    topic = working.topic
    if topic.slots.get(slot.name) != found:
        topic = replace(topic, slots={**topic.slots, slot.name: found}, offer=None)
    return replace(working, topic=topic)


def _picked(working: Working, slot: Slot) -> Any:
    question = working.topic.question
    if question is None or question.slot != slot.name:
        return None
    option = picked_option(question, working.heard)
    if option is None:
        return None
    return option.value if slot.pick is None else slot.pick(working, option.value)


def _may_say(working: Working, slot: Slot, flow: Flow) -> bool:
    """While one slot is asked for, an answer is for it and for what comes after it, unless it puts something right."""
    question = working.topic.question
    names = [each.name for each in flow.slots]
    if question is None or question.slot not in names or working.heard.acts.rejects:
        return True
    return names.index(slot.name) >= names.index(question.slot)


def _ask_for(working: Working, slot: Slot) -> Worked:
    options = slot.options(working)
    if not options and not slot.is_open:
        return Worked("nothing_to_choose", working.topic, reason=slot.name)
    lacks = slot.lacks(working)
    return _ask(working.topic, Question(slot.name, () if lacks else options, lacks))


def _ask(topic: Topic, question: Question) -> Worked:
    if topic.asked.get(question.slot, 0) >= MOST_ASKED:
        return Worked("asked_too_often", topic, reason=f"{question.slot} was asked {MOST_ASKED} times")
    return Worked("asked", topic.asking(question))


def _propose(working: Working, flow: Flow, is_told: bool) -> Generator[Effect, Any, Worked]:
    topic, details = working.topic, working.details
    arguments = flow.build(working.order.order_id, topic.slots)
    result: Offered | Refused | Unavailable = yield Propose(arguments)
    match result:
        case Offered(proposal, offer):
            # What changed meanwhile is another offer, and is shown again.
            if topic.offer is not None and topic.asked.get(CONFIRM, 0) >= MOST_ASKED:
                return Worked("asked_too_often", topic, details, reason="the proposal was shown too often")
            offered = topic.counted(CONFIRM).offering(offer)
            return Worked("offered", offered, details, proposal, proposal.rule_trace, is_told)
        case Refused(trace):
            return Worked("refused", topic, details, rule_trace=trace, is_told=is_told)
        case Unavailable(reason):
            return Worked("unavailable", topic, details, reason=reason)


CONFIRM: Final = "confirm"
