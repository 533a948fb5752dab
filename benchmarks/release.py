"""How long a generated sentence waits between the engine's end of it and its release to the customer.

    python -m benchmarks.release --out docs/results

A gateway of this process with real models answers questions of the walk through a chat model that repeats the facts of its
prompt, a token every `--token-ms`: what is measured is cutting, cleaning, the grounding check and the event itself, with
everything else of the turn at work. The clock starts when the token with the sentence's last sign leaves the engine. Where a
sentence is not surely over with it (a full stop after a digit may be a decimal point) the next token is waited for: those
are in the figure, and counted. Beside it: from the engine's first token to the first released sentence.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.dialogues.had import had
from benchmarks.dialogues.talk import SHOPS, Talk
from benchmarks.dialogues.walk import pool
from benchmarks.in_process.clients import Readings
from benchmarks.in_process.service import InProcess, in_process
from benchmarks.in_process.shops import DEMO
from benchmarks.injections.attack import obeying
from benchmarks.machine import describe
from deployments.contracts import StageStatus
from models.generation.fake import FakeChatEngine
from models.types import CompletionChunk, GenerationRequest
from routing.effects import Emit

_ROOT: Final = Path(__file__).parent.parent
_HAS: Final = {"A": "shipped 1d ago, jacket red M", "B": "delivered 3d ago, mug white"}
_WARM_UP: Final = 5


class Repeating:
    """Repeats the facts; `written` has each token with the moment when it left."""

    def __init__(self, token_ms: float) -> None:
        self._engine = FakeChatEngine(delay_per_token_ms=token_ms)
        self.written: list[tuple[float, str]] = []

    async def generate(self, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        """`GenerationClient`."""
        self.written = []
        async for chunk in self._engine.generate(request):
            self.written.append((time.perf_counter(), chunk.text))
            yield chunk

    async def status(self, timeout_s: float) -> StageStatus:
        """`GenerationClient`."""
        return StageStatus("generation.large", "repeating")

    def ended_at(self, text: str) -> tuple[float, bool] | None:
        """When the last token of `text`, which is all that was released, had left, and whether no other had by now; None: it
        was not written like that.
        """
        wanted, so_far = _bare(text), ""
        for number, (at, token) in enumerate(self.written, start=1):
            so_far += _bare(token)
            if len(so_far) >= len(wanted):
                return (at, number == len(self.written)) if so_far.startswith(wanted) else None
        return None


def _bare(text: str) -> str:
    return "".join(text.split())


async def run(rounds: int, token_ms: float) -> dict[str, Any]:
    """Each question `rounds` times; what is late is counted like the rest."""
    model, readings = Repeating(token_ms), Readings()
    waits: list[tuple[float, bool]] = []
    firsts: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        shops = tuple(SHOPS.values())
        async with in_process(
            Path(home), shops, readings=readings, rungs=obeying(model), is_trained=False
        ) as service:
            for language in ("zh", "en"):
                talk = Talk(service, readings, f"asks {language}", had(_HAS, language))
                await talk.begin()
                asked = [await talk.text(each) for each in pool().messages["question"] if talk.can_say(each)]
                await service.read(DEMO.tenant_id, asked)
                for number, message in enumerate(asked * rounds):
                    found = await _ask(service, model, talk, message)
                    if number >= _WARM_UP and found:
                        waits += found
                        firsts.append(found[0][0] + _to_first_end(model))
    at_once = [wait for wait, is_at_once in waits if is_at_once]
    return {
        "token_ms": token_ms,
        "sentences": len(waits),
        "answers": len(firsts),
        "waited_for_what_follows": len(waits) - len(at_once),
        "end_to_release_ms": _quantiles([wait for wait, _ in waits]),
        "of_those_released_at_once_ms": _quantiles(at_once) if at_once else None,
        "first_token_to_first_sentence_ms": _quantiles(firsts),
    }


async def _ask(service: InProcess, model: Repeating, talk: Talk, message: str) -> list[tuple[float, bool]]:
    """How long each sentence waited, in seconds, and whether for no token more; none where nothing was generated."""
    model.written = []
    said, waits, is_generated = "", [], True
    async for event in service.events(DEMO.tenant_id, talk.customer.customer_id, message):
        now = time.perf_counter()
        if isinstance(event, Emit) and event.event == "delta" and is_generated:
            said += event.data["text"]
            ended = model.ended_at(said)
            is_generated = ended is not None  # what follows then is composed, and no engine wrote it
            waits += [(now - ended[0], ended[1])] if ended is not None else []
    return waits


def _to_first_end(model: Repeating) -> float:
    """From the first token to the one that ended the first sentence, as the engine wrote them."""
    first = model.written[0][0]
    end = next(
        (at for at, token in model.written if token.strip() in ("。", ".", "！", "？", "!", "?", "；")), first
    )
    return end - first


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    return {
        name: round(1000 * float(np.quantile(seconds, share)), 2)
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--token-ms", type=float, default=20.0, help="between two tokens of the engine")
    parser.add_argument("--out", type=Path, help="the folder of release.json")
    asked = parser.parse_args()
    found = (
        describe(_ROOT)
        | {"command": f"python -m benchmarks.release --rounds {asked.rounds} --token-ms {asked.token_ms}"}
        | asyncio.run(run(asked.rounds, asked.token_ms))
    )
    if asked.out is not None:
        asked.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        (asked.out / "release.json").write_text(text, encoding="utf-8")
    print(json.dumps(found, ensure_ascii=False))  # noqa: T201 - the result of the command


if __name__ == "__main__":
    main()
