"""Replays of the tau2 benchmark's retail tasks: what a correct agent did, and the hash of the database after it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commerce.domain.errors import ImportInvalid
from commerce.importers.reading import Node, read_json
from commerce.importers.tau2 import Document, read_tau2
from commerce.replay.tau2_tools import Tau2Tools, ToolRefused


@dataclass(frozen=True, slots=True)
class Action:
    """One call of a tool."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """What was done, and the database's hash after it."""

    task_id: str
    actions: tuple[Action, ...]
    final_sha256: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """`refusals` are the actions that failed, which changed nothing."""

    task_id: str
    is_equal: bool
    refusals: tuple[ToolRefused, ...]


def replay_tau2(
    database: Path, tasks: Path, *, replayed: Callable[[Replayed], None] | None = None
) -> tuple[Replayed, ...]:
    """Every task of `tasks`, each on the database as it was, with the benchmark's own semantics.

    `replayed` hears of each. Raises ImportInvalid with the path of what is wrong, also where `tasks` were made with
    another database, and OSError where a file can't be read.
    """
    document = read_tau2(database)
    tools = Tau2Tools(document)
    expected_sha256, listed = _read_tasks(tasks, tools.names)
    if tools.sha256() != expected_sha256:
        raise ImportInvalid(
            f"{tasks.name}.initial_db_sha256",
            f"is of another database than {database.name}: give the one it was made with",
        )
    found = []
    for task in listed:
        found.append(_replay(document, task))
        if replayed is not None:
            replayed(found[-1])
    return tuple(found)


def _replay(document: Document, task: Task) -> Replayed:
    tools = Tau2Tools(copy.deepcopy(document))
    refusals = []
    for action in task.actions:
        try:
            tools.call(action.name, action.arguments)
        except ToolRefused as refused:
            refusals.append(refused)
    return Replayed(task.task_id, tools.sha256() == task.final_sha256, tuple(refusals))


def _read_tasks(path: Path, names: frozenset[str]) -> tuple[str, list[Task]]:
    root = Node(read_json(path), path.name)
    root.only({"initial_db_sha256", "tasks"})
    listed = [_task(node, names) for node in root.field("tasks").items()]
    if not listed:
        raise root.field("tasks").fail("is empty: there is nothing to replay")
    return root.field("initial_db_sha256").text(), listed


def _task(node: Node, names: frozenset[str]) -> Task:
    node.only({"id", "actions", "final_db_sha256"}, frozenset({"user_scenario", "db_unchanged"}))
    actions = []
    for action in node.field("actions").items():
        action.only({"name", "arguments"})
        name = action.field("name")
        if name.text() not in names:
            raise name.fail(f"{name.value!r} is not one of {', '.join(sorted(names))}")
        actions.append(
            Action(name.text(), {key: each.value for key, each in action.field("arguments").entries()})
        )
    return Task(node.field("id").text(), tuple(actions), node.field("final_db_sha256").text())
