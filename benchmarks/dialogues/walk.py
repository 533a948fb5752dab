"""A random walk through the dialogue: many customers say whatever comes to mind, and what must always hold is watched.

    python -m benchmarks.dialogues.walk --turns 10000 --seed 1 --out docs/results

Real models read the messages, composed answers are given, everything is stored. Watched at each turn: no exception; an
answer with text; nothing is done without a plain yes to what was offered the turn before; the same question is not asked a
third time while nothing came of it; nothing is said three times in a row; nobody is asked twice in a row to put it otherwise;
nothing of somebody else's order is told. At the end the books are audited. A third of the replies fits what was asked, so
that the walk comes to an end now and then; the rest is drawn from all messages.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import yaml

from benchmarks.dialogues.audit import audit
from benchmarks.dialogues.had import Had, had
from benchmarks.dialogues.moving_in import STRANGER, Customer
from benchmarks.dialogues.talk import SHOPS, Said, Talk
from benchmarks.in_process.clients import Readings
from benchmarks.in_process.service import InProcess, in_process
from benchmarks.machine import describe
from routing.dialogue.state import DialogueState

_FILE: Final = Path(__file__).parent / "walk.yaml"
_ROOT: Final = Path(__file__).parents[2]
_SHORTEST, _LONGEST = 5, 40
# Conversations of one customer: what one left is there in the next.
_CONVERSATIONS: Final = 4
_FITTING: Final = 0.35
_WISHING: Final = 0.3
_MOST_ASKED: Final = 2
_MOST_ALIKE: Final = 2
_SHOWN: Final = 20
# Labels that fit what waits.
_TO_AN_OFFER: Final = ("yes", "yes", "yes", "no", "drop", "right")
_TO_A_QUESTION: Final = ("pick", "pick", "entity", "entity", "order", "yes", "drop")
_TO_NOTHING: Final = ("wish", "wish", "question", "talk")


@dataclass(frozen=True, slots=True)
class Pool:
    """Who there is, and what is said, by its label."""

    customers: tuple[Had, ...]
    messages: Mapping[str, tuple[str, ...]] = field(hash=False)


def pool(path: Path = _FILE) -> Pool:
    """As the file has it."""
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    customers = tuple(had(each["has"], each["language"]) for each in read["customers"])
    return Pool(customers, {label: tuple(text.split("\n")) for label, text in read["messages"].items()})


@dataclass(slots=True)
class Seen:
    """What a walk came to."""

    turns: int = 0
    conversations: int = 0
    moves: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


class Watch:
    """One conversation under the eye of what must hold."""

    def __init__(self, talk: Talk, seen: Seen) -> None:
        self._talk = talk
        self._seen = seen
        self._state = DialogueState()
        self._asked: Counter[str] = Counter()
        self._answers: list[str] = []
        self._moves: list[str] = []
        self._told: list[str] = []

    @property
    def state(self) -> DialogueState:
        return self._state

    async def say(self, label: str, template: str) -> bool:
        """Whether the turn came to an end."""
        try:
            said = await self._talk.say(template)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            self._told.append(f"> {template}")
            self._violation(f"{type(error).__name__}: {error}")
            return False
        self._told.append(
            f"> {said.message} | {said.reply.move}: {said.reply.reason} | {said.reply.answer[:160]}"
        )
        for wrong in (
            *self._said_well(said),
            *self._done_rightly(label, said),
            *self._asked_too_often(said),
            *self._goes_round(said),
            *self._leaks(said),
        ):
            self._violation(wrong)
        self._note(said)
        return True

    def _violation(self, what: str) -> None:
        self._seen.violations.append(" || ".join((what, *self._told[-6:])))

    def _note(self, said: Said) -> None:
        seen, reply = self._seen, said.reply
        seen.turns += 1
        seen.moves[reply.move] += 1
        seen.rules[reply.reason] += 1
        seen.ms.append(said.ms)
        self._state = reply.state
        self._answers.append(reply.answer)
        self._moves.append(reply.move)

    def _said_well(self, said: Said) -> list[str]:
        wrong = [] if said.reply.answer.strip() else ["it says nothing"]
        if DialogueState.read(said.reply.state.write()) != said.reply.state:
            wrong.append("the state is read otherwise than it was written")
        return wrong

    def _done_rightly(self, label: str, said: Said) -> list[str]:
        topic = self._state.topic
        is_offered = topic is not None and topic.offer is not None
        if said.reply.move != "act":
            return [f"the books changed: {said.changed}"] if said.changed else []
        self._seen.done[topic.goal if topic is not None else "?"] += 1
        wrong = [] if is_offered else ["done without an offer"]
        if label != "yes":
            wrong.append(f"done without a yes, by {label}")
        if not said.changed:
            wrong.append("done, and the books do not know of it")
        return wrong

    def _asked_too_often(self, said: Said) -> list[str]:
        """While nothing more is known of the wish; one that is over, and comes again, is another."""
        topic = said.reply.state.topic
        waiting = {each.goal for each in said.reply.state.topics}
        self._asked = Counter({key: n for key, n in self._asked.items() if json.loads(key)[0] in waiting})
        if said.reply.move in ("act", "drop", "hand_off", "answer"):
            self._asked.clear() if said.reply.move != "answer" else None
            return []
        if topic is None or (said.reply.move != "ask" and said.reply.move != "propose"):
            return []
        slot = topic.question.slot if topic.question is not None else "confirm"
        key = json.dumps([topic.goal, slot, dict(topic.slots)], sort_keys=True, default=str)
        self._asked[key] += 1
        if self._asked[key] > _MOST_ASKED + (slot == "confirm"):
            return [f"{slot} of {topic.goal} is asked {self._asked[key]} times"]
        return []

    def _goes_round(self, said: Said) -> list[str]:
        wrong = []
        if self._moves[-1:] == ["clarify"] and said.reply.move == "clarify":
            wrong.append("asked twice in a row to put it otherwise")
        last = self._answers[-_MOST_ALIKE:]
        if (
            len(last) == _MOST_ALIKE
            and set(last) == {said.reply.answer}
            and said.reply.move in ("ask", "propose")
        ):
            wrong.append("the same is said three times in a row")
        return wrong

    def _leaks(self, said: Said) -> list[str]:
        others = [self._talk.customer.ids[name] for name in self._talk.customer.had.others]
        numbers = [part for order_id in others for part in (order_id, f"QH{order_id[2:]}")]
        told = [*(n for n in numbers if n not in said.message), STRANGER]
        return [f"it tells {one}" for one in told if one in said.reply.answer]


async def walk(service: InProcess, readings: Readings, *, turns: int, seed: int) -> Seen:
    """So many turns and the rest of the conversation; with an audit of the books at the end."""
    rng, said, seen, customers, number = Random(seed), pool(), Seen(), list[Customer](), 0
    service.later = timedelta()
    while seen.turns < turns:
        kind = number % len(said.customers)
        talk = Talk(service, readings, f"walk {kind}", said.customers[kind], f" {seed}.{number}")
        await talk.begin()
        customers.append(talk.customer)
        for _ in range(_CONVERSATIONS):
            await _converse(rng, talk, said, seen, min(rng.randint(_SHORTEST, _LONGEST), turns - seen.turns))
            talk.start_over()
        number += 1
    seen.violations += await audit(service.store, customers)
    return seen


async def _converse(rng: Random, talk: Talk, said: Pool, seen: Seen, turns: int) -> None:
    watch = Watch(talk, seen)
    seen.conversations += turns > 0
    for _ in range(turns):
        label, template = _next(rng, talk, said, watch.state)
        if not await watch.say(label, template):
            return


def _next(rng: Random, talk: Talk, said: Pool, state: DialogueState) -> tuple[str, str]:
    """Something that the customer can say."""
    while True:
        label = _label(rng, said, state)
        template = rng.choice(said.messages[label])
        if talk.can_say(template):
            return label, template


def _label(rng: Random, said: Pool, state: DialogueState) -> str:
    topic = state.topic
    if rng.random() < _FITTING:
        if topic is not None and topic.offer is not None:
            return rng.choice(_TO_AN_OFFER)
        return rng.choice(_TO_A_QUESTION if topic is not None and topic.question is not None else _TO_NOTHING)
    if rng.random() < _WISHING:
        return "wish"
    labels = list(said.messages)
    return rng.choices(labels, [len(said.messages[label]) for label in labels])[0]


def report(seen: Seen, seed: int, seconds: float) -> dict[str, Any]:
    """What is written down."""
    ms = sorted(seen.ms) or [0.0]
    return {
        "seed": seed,
        "turns": seen.turns,
        "conversations": seen.conversations,
        "messages": sum(len(texts) for texts in pool().messages.values()),
        "violations": len(seen.violations),
        "first_violations": seen.violations[:_SHOWN],
        "done": dict(seen.done.most_common()),
        "moves": dict(seen.moves.most_common()),
        "rules": dict(seen.rules.most_common()),
        "turn_ms": {"p50": ms[len(ms) // 2], "p99": ms[len(ms) * 99 // 100], "max": ms[-1]},
        "seconds": round(seconds, 1),
    }


async def run(turns: int, seed: int) -> dict[str, Any]:
    """On a new database."""
    readings: Readings = {}
    with tempfile.TemporaryDirectory() as home:
        shops = tuple(SHOPS.values())
        async with in_process(Path(home), shops, readings=readings, is_trained=False) as service:
            began = time.perf_counter()
            seen = await walk(service, readings, turns=turns, seed=seed)
            return report(seen, seed, time.perf_counter() - began)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    found = (
        describe(_ROOT)
        | {"command": f"python -m benchmarks.dialogues.walk --turns {asked.turns} --seed {asked.seed}"}
        | asyncio.run(run(asked.turns, asked.seed))
    )
    if asked.out is not None:
        asked.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        (asked.out / "dialogue-walk.json").write_text(text, encoding="utf-8")
    print(json.dumps(found, ensure_ascii=False))  # noqa: T201 - the result of the command
    raise SystemExit(found["violations"] > 0)


if __name__ == "__main__":
    main()
