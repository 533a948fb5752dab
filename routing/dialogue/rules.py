"""What a turn does, told by the first rule that applies. Each can be read alone; together they are the dialogue."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from commerce.domain.model_numbers import has_model
from routing.dialogue.flows import FLOWS
from routing.dialogue.goals import ANSWER, INTENT_OF, goal_of, settled
from routing.dialogue.heard import Heard
from routing.dialogue.picking import picked_option
from routing.dialogue.reading import SURE, Reading
from routing.dialogue.state import DialogueState, Topic
from routing.facts import NEEDS, ORDERS_IF_NAMED
from routing.sheet.asked.intents import OF_OWN_ORDERS, OF_THE_SHOP, intent_by_words
from routing.sheet.asked.kinds import asked_kinds

Step = Literal[
    "answer",
    "work",
    "commit",
    "drop",
    "repeat",
    "small_talk",
    "clarify",
    "refuse",
    "hand_off",
    "calm",
    "give_up",
]

# Unrecognised once: ask. Unrecognised again: a person.
_CLARIFY_ONCE: Final = 1
# Of −1 … 1, over the last turns; with so many turns in which nothing came about.
_UPSET: Final = -0.4
_STALLED: Final = 1
# Less sure than that, what is not ours may be ours by its words.
_DOUBTFUL: Final = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done, by which rule, and the state from which it is done. `topic` is worked on or answered."""

    step: Step
    rule: str
    state: DialogueState
    topic: Topic | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    applies: Callable[[Reading], bool]
    plan: Callable[[Reading], tuple[Step, DialogueState, Topic | None]]


def decide(heard: Heard, state: DialogueState) -> Plan:
    """The first rule that applies; the last always does."""
    felt = replace(state.felt(heard.understood.sentiment.score), language=heard.language)
    heard = settled(heard)
    reading = Reading(heard, felt, goal_of(heard) if heard.is_routed else ANSWER)
    rule = next(rule for rule in RULES if rule.applies(reading))
    step, after, topic = rule.plan(reading)
    if step not in ("clarify", "refuse"):
        after = replace(after, unclear_turns=0)
    return Plan(step, rule.name, after, topic)


def _asks_for_a_person(reading: Reading) -> bool:
    wants_hours = "shop.hours" in asked_kinds(reading.heard.message)
    return reading.is_routed and reading.heard.understood.intent == "human_agent" and not wants_hours


def _is_upset(reading: Reading) -> bool:
    state = reading.state
    return state.mood <= _UPSET and state.stalled_turns >= _STALLED


def _to_a_person(step: Step) -> Callable[[Reading], tuple[Step, DialogueState, Topic | None]]:
    """Who takes over everything that waits."""
    return lambda reading: (step, reading.state.handed_over(), None)


def _agrees(reading: Reading) -> bool:
    acts, topic = reading.heard.acts, reading.topic
    if not acts.agrees or topic is None or reading.offer is None:
        return False
    return acts.deed is None or acts.deed in FLOWS[topic.goal].deeds


def _commit(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    return "commit", reading.state, reading.topic


def _declines(reading: Reading) -> bool:
    return reading.offer is not None and reading.heard.acts.declines


def _gives_up(reading: Reading) -> bool:
    return reading.is_waiting and reading.heard.acts.drops


def _drop(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    return "drop", reading.state.ended(), reading.topic


def _repeats(reading: Reading) -> bool:
    return reading.heard.acts.repeats and (reading.is_waiting or reading.state.last is not None)


def _repeat(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    return "repeat", reading.state, reading.topic


def _work_on(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    topic = reading.topic
    step: Step = "answer" if topic is not None and topic.goal == ANSWER else "work"
    return step, reading.state, topic


# "Cancel the first one" picks an order, but not for the return that asked which one.
_WHAT_IT_IS_ABOUT: Final = ("order", "lines")


def _picks(reading: Reading) -> bool:
    question = reading.question
    if question is None or (question.slot in _WHAT_IT_IS_ABOUT and reading.names_another_deed):
        return False
    return picked_option(question, reading.heard) is not None


def _puts_right(reading: Reading) -> bool:
    """Something of the topic that waits was understood or chosen wrongly; with no other wish in it."""
    is_other = reading.is_another_wish and reading.goal != ANSWER
    return reading.is_waiting and reading.heard.acts.rejects and not is_other


_ORDER_TYPES: Final = ("order_number", "product", "brand", "colour", "size")


def _answers(reading: Reading) -> bool:
    """It has what was asked for: an entity of that kind or words of it, or any words where those are wanted; and it is not as
    plainly another wish.
    """
    question, slot, heard = reading.question, reading.slot_asked, reading.heard
    if question is None:
        return False
    is_other = reading.is_surely_another and not reading.is_a_word_of_it
    if slot is not None and slot.hears(heard) and not (is_other and heard.is_question):
        return True
    if heard.said(*(slot.takes if slot else _ORDER_TYPES)):
        return not is_other or (heard.is_bare and not reading.names_another_deed)
    return slot is not None and slot.is_free and not is_other and not heard.is_question


def _says_more(reading: Reading) -> bool:
    """The same wish again, perhaps with more of it."""
    return reading.is_same_wish


def _asks_what_it_comes_to(reading: Reading) -> bool:
    """Of the proposal: it says so itself."""
    return reading.offer is not None and _WHAT_IT_COMES_TO.search(reading.heard.message) is not None


_WHAT_IT_COMES_TO: Final = re.compile(
    r"(?:退|返|付|补|得|拿|花|扣|要).{0,6}多少|多少钱|全额|\bhow much\b|\bfull (?:refund|amount)\b"
    r"|\bget (?:it all|all|everything)\b.{0,8}\bback\b|\bwhat (?:will|do|would) (?:i|it) (?:get|pay|cost)\b",
    re.I,
)


def _changes_offer(reading: Reading) -> bool:
    """An offer waits, and the message says something of its slots, such as another size, and no other wish."""
    heard, slots = reading.heard, reading.slots
    if reading.offer is None:
        return False
    takes = {type for slot in slots for type in slot.takes}
    is_said = bool(heard.said(*takes, "order_number", "quantity"))
    is_other = reading.is_surely_another and not reading.is_a_word_of_it
    is_bare = is_said and heard.is_bare and not reading.names_another_deed
    return (is_said or any(slot.hears(heard) for slot in slots)) and (not is_other or is_bare)


def _goes_back(reading: Reading) -> bool:
    """The wish was interrupted before; it goes on with what is known of it."""
    return reading.is_routed and any(
        topic.goal == reading.goal != ANSWER for topic in reading.state.topics[:-1]
    )


def _go_back(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    topic = next(topic for topic in reading.state.topics if topic.goal == reading.goal)
    return "work", reading.state.pushed(topic), topic


def _wants_done(reading: Reading) -> bool:
    return reading.is_routed and reading.goal != ANSWER


def _new_topic(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    """What was being talked about waits below it, where something was asked or offered."""
    state, topic = reading.state, Topic(reading.goal, INTENT_OF[reading.goal])
    is_over = not reading.is_waiting or _changes_wish(reading)
    if reading.topic is not None and (is_over or reading.topic.goal == ANSWER):
        state = state.ended()
    carried = _carried(reading)
    return "work", state.pushed(replace(topic, slots=carried)), replace(topic, slots=carried)


def _changes_wish(reading: Reading) -> bool:
    """ "No, exchange it", "yes, exchange it": it is wanted instead of what was talked about."""
    return reading.heard.acts.rejects or reading.heard.acts.deed is not None


def _carried(reading: Reading) -> dict[str, Any]:
    """Who wants something else instead means the same goods of the same order."""
    old = reading.topic
    if old is None or not _changes_wish(reading):
        return {}
    return {name: old.slots[name] for name in ("order", "lines") if name in old.slots}


def _agrees_to_nothing(reading: Reading) -> bool:
    acts = reading.heard.acts
    return not reading.is_waiting and acts.deed is None and (acts.agrees or acts.declines or acts.drops)


def _is_courtesy(reading: Reading) -> bool:
    return bool(reading.heard.acts.courtesy)


def _small_talk(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    return "small_talk", reading.state, None


def _asks(reading: Reading) -> bool:
    return reading.is_routed


def _answer(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    """A topic that waits is asked about again after the answer."""
    state = reading.state
    if reading.topic is not None and (not reading.is_waiting or reading.topic.goal == ANSWER):
        state = state.ended()
    return "answer", state, Topic(ANSWER, reading.heard.understood.intent)


def _follows_up(reading: Reading) -> bool:
    """Not recognised by itself, but it names an order, or the other one: the question before is meant of that one."""
    topic, heard = reading.topic, reading.heard
    is_free = topic is None or topic.goal == ANSWER or not topic.is_waiting
    has_last = topic is not None or reading.state.last is not None
    return has_last and is_free and bool(heard.said("order_number") or heard.acts.other)


def _follow_up(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    last = reading.topic or reading.state.last
    if last is None:
        raise AssertionError("there is a topic to follow up")
    topic = Topic(last.goal, last.intent)
    if last.goal == ANSWER:
        return "answer", reading.state, topic
    return "work", reading.state.pushed(topic), topic


def _says_yes_or_no(reading: Reading) -> bool:
    """To a question that neither answers. "Cancel" may mean what is being done about the order, and not the order."""
    acts = reading.heard.acts
    is_other = (
        acts.deed not in (None, "取消", "cancel") and reading.is_another_wish and reading.goal != ANSWER
    )
    return reading.is_waiting and not is_other and (acts.agrees or acts.declines or acts.choice is not None)


def _is_lost(reading: Reading) -> bool:
    """Something waits, and the message says nothing of it that is understood: it is asked once more."""
    return reading.is_waiting and reading.topic is not None and reading.topic.goal != ANSWER


def _is_out_of_scope(reading: Reading) -> bool:
    """While something waits, only what surely is."""
    understood = reading.heard.understood
    return understood.decision == "out_of_scope" and (
        not reading.is_waiting or understood.probability >= SURE
    )


def _words_tell(reading: Reading) -> bool:
    """Its words ask for a fact that there is: where understanding is not sure, or takes what is for sale to be no concern of
    ours, or does not see that one's own order is meant.
    """
    understood, message = reading.heard.understood, reading.heard.message
    intent = intent_by_words(message)
    if intent is None:
        return False
    if understood.decision == "clarify" or understood.probability < _DOUBTFUL:
        return True
    kinds = asked_kinds(message)
    if understood.decision == "out_of_scope":
        return bool(reading.heard.said("product", "brand", "order_number")) or bool(OF_THE_SHOP & set(kinds))
    has_orders = NEEDS[understood.intent].orders and understood.intent not in ORDERS_IF_NAMED
    is_own = bool(OF_OWN_ORDERS & set(kinds))
    # When it comes, said of nothing: of what was ordered.
    is_own |= "order.expected" in kinds and not reading.heard.said("product", "brand")
    return is_own and reading.goal == ANSWER and not has_orders


def _by_words(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    intent = intent_by_words(reading.heard.message)
    if intent is None:
        raise AssertionError("the words tell no intent")
    return "answer", reading.state, Topic(ANSWER, intent)


_LEAST_NAME: Final = 4


def _names_goods(reading: Reading) -> bool:
    """Asks about what the shop sells, by its name, however far off the question is; of a model that the shop has, whatever is
    said. What only looks like a model may be a flight.
    """
    heard = reading.heard
    if heard.understood.decision != "out_of_scope":
        return False
    names = [entity.text for entity in heard.said("product") if len(entity.text) >= _LEAST_NAME]
    return any(has_model(name) for name in names) or (heard.is_question and bool(names))


def _about_goods(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    intent = intent_by_words(reading.heard.message) or "product_question"
    return "answer", reading.state, Topic(ANSWER, intent)


def _refuse(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    return "refuse", reading.state, None


def _is_unclear_again(reading: Reading) -> bool:
    return reading.state.unclear_turns >= _CLARIFY_ONCE


def _always(reading: Reading) -> bool:
    return True


def _clarify(reading: Reading) -> tuple[Step, DialogueState, Topic | None]:
    state = replace(reading.state, unclear_turns=reading.state.unclear_turns + 1)
    return "clarify", state, None


THE_SAME_OF_ANOTHER: Final = "the same of another order"

RULES: Final = (
    Rule("one of those offered", _picks, _work_on),
    Rule("a person was asked for", _asks_for_a_person, _to_a_person("hand_off")),
    Rule("upset, and nothing came about", _is_upset, _to_a_person("calm")),
    Rule("the proposal is agreed to", _agrees, _commit),
    Rule("the proposal is declined", _declines, _drop),
    Rule("given up", _gives_up, _drop),
    Rule("to be said again", _repeats, _repeat),
    Rule("put right", _puts_right, _work_on),
    Rule("the question is answered", _answers, _work_on),
    Rule("more of the same", _says_more, _work_on),
    Rule("what the proposal comes to", _asks_what_it_comes_to, _repeat),
    Rule("the proposal is changed", _changes_offer, _work_on),
    Rule("back to what was interrupted", _goes_back, _go_back),
    Rule("a yes or no that answers nothing", _says_yes_or_no, _work_on),
    Rule("yes or no to nothing", _agrees_to_nothing, _small_talk),
    Rule("thanks or a goodbye", _is_courtesy, _small_talk),
    Rule("something is to be done", _wants_done, _new_topic),
    Rule("its words ask for a fact", _words_tell, _by_words),
    Rule("recognised", _asks, _answer),
    Rule(THE_SAME_OF_ANOTHER, _follows_up, _follow_up),
    Rule("goods of this shop are named", _names_goods, _about_goods),
    Rule("not about this shop's service", _is_out_of_scope, _refuse),
    Rule("not understood while something waits", _is_lost, _work_on),
    Rule("unrecognised twice in a row", _is_unclear_again, _to_a_person("give_up")),
    Rule("not sure enough", _always, _clarify),
)
