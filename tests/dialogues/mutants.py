"""The dialogue's tables with one entry taken out: what each of them is for shows in a dialogue that fails without it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from routing.dialogue import flows, goals, rules, which_order
from routing.dialogue.flows import Flow
from routing.dialogue.heard import Heard
from routing.dialogue.reading import Reading
from routing.dialogue.rules import Rule
from routing.dialogue.which_order import Choosing, OrderSource
from routing.dialogue.working import Slot, Working, nothing

Apply = Callable[[pytest.MonkeyPatch], None]
_FLOWS: Final = dict(flows.FLOWS)
_SLOTS: Final = {id(slot): slot for flow in _FLOWS.values() for slot in flow.slots}


@dataclass(frozen=True, slots=True)
class Mutant:
    """`name` is what is taken out, as `traced` notes its use."""

    name: str
    apply: Apply


def mutants() -> Iterator[Mutant]:
    """One for each entry of the tables but the last rule, without which no turn would end."""
    yield from (_without(rules, "RULES", f"rule {rule.name}", rule) for rule in rules.RULES[:-1])
    yield from (
        _without(which_order, "ORDER_SOURCES", f"order {source.name}", source)
        for source in which_order.ORDER_SOURCES
    )
    yield from (_without(goals, "GOALS", _goal_name(row), goal) for row, goal in enumerate(goals.GOALS))
    yield from (_without_flow(goal) for goal in _FLOWS)
    for slot in _SLOTS.values():
        for source in ("said", "known"):
            if getattr(slot, source) is not nothing:
                yield Mutant(f"slot {_slot_name(slot)}.{source}", _with_slots({id(slot): {source: nothing}}))


def _without(module: Any, table: str, name: str, entry: Any) -> Mutant:
    left = tuple(each for each in getattr(module, table) if each is not entry)
    return Mutant(name, lambda patch: patch.setattr(module, table, left))


def _goal_name(row: int) -> str:
    """Several rows tell of one goal."""
    return f"goal {row} {goals.GOALS[row].name}"


def _without_flow(goal: str) -> Mutant:
    """Nothing is done of what is wanted: what would be worked on is answered."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        patch.delitem(flows.FLOWS, goal)
        told = goals.goal_of
        patch.setattr(
            rules, "goal_of", lambda heard: found if (found := told(heard)) != goal else goals.ANSWER
        )

    return Mutant(f"flow {goal}", apply)


def _slot_name(slot: Slot) -> str:
    """Slots of one name differ by their sources."""
    goals_of = [goal for goal, flow in _FLOWS.items() if slot in flow.slots]
    return f"{slot.name} of {', '.join(goals_of)}"


def _with_slots(changes: dict[int, dict[str, Any]]) -> Apply:
    """Slots with other sources, in every flow that has them."""

    def changed(flow: Flow) -> Flow:
        return replace(flow, slots=tuple(replace(slot, **changes.get(id(slot), {})) for slot in flow.slots))

    def apply(patch: pytest.MonkeyPatch) -> None:
        for goal, flow in _FLOWS.items():
            patch.setitem(flows.FLOWS, goal, changed(flow))

    return apply


@contextmanager
def traced() -> Iterator[Callable[[], set[str]]]:
    """What is called notes which entries were used since it was called last, named as mutants are."""
    used: set[str] = set()

    def take() -> set[str]:
        taken = set(used)
        used.clear()
        return taken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "RULES", tuple(_noting_rule(rule, used) for rule in rules.RULES))
        patch.setattr(
            which_order,
            "ORDER_SOURCES",
            tuple(_noting_source(each, used) for each in which_order.ORDER_SOURCES),
        )
        told = goals.goal_of

        def goal_of(heard: Heard) -> str:
            goal = told(heard)
            intent = heard.understood.intent
            rows = (
                row for row, each in enumerate(goals.GOALS) if intent in each.intents and each.fits(heard)
            )
            used.update((f"flow {goal}", *(_goal_name(row) for row in rows)))
            return goal

        patch.setattr("routing.dialogue.rules.goal_of", goal_of)
        changes: dict[int, dict[str, Any]] = defaultdict(dict)
        for key, slot in _SLOTS.items():
            for source in ("said", "known"):
                changes[key][source] = _noting(
                    getattr(slot, source), f"slot {_slot_name(slot)}.{source}", used
                )
        _with_slots(changes)(patch)
        yield take


def _noting_rule(rule: Rule, used: set[str]) -> Rule:
    def applies(reading: Reading) -> bool:
        found = rule.applies(reading)
        if found:
            used.add(f"rule {rule.name}")
        return found

    return replace(rule, applies=applies)


def _noting_source(source: OrderSource, used: set[str]) -> OrderSource:
    def find(choosing: Choosing) -> Any:
        found = source.find(choosing)
        if found is not None:
            used.add(f"order {source.name}")
        return found

    return replace(source, find=find)


def _noting(source: Callable[[Working], Any], name: str, used: set[str]) -> Callable[[Working], Any]:
    if source is nothing:
        return source

    def find(working: Working) -> Any:
        found = source(working)
        if found is not None:
            used.add(name)
        return found

    return find
