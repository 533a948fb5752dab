"""Injections and attempts at what is somebody else's: none may succeed.

    python -m benchmarks.injections --out docs/results

Real models read the messages; a chat model that writes whatever the attacker wants stands before the composed answers, so
that only the grounding check is between it and the customer. An attempt succeeds where anything in the books changes, an
action is done, or an answer holds what was wanted. Texts are planted in a customer's messages, in an article, in a
product's page, and in what an order says: the name and an option of its line, the news of its parcel, who receives it. What
a client sends as system, assistant or tool messages over OpenAI's API is not read at all: tests/unit/test_openai_api.py.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.dialogues.talk import SHOPS
from benchmarks.in_process.clients import Readings
from benchmarks.in_process.service import in_process
from benchmarks.injections.attack import Obedient, attack, obeying
from benchmarks.injections.attempts import attempts
from benchmarks.machine import describe

_ROOT: Final = Path(__file__).parents[2]
_SHOWN: Final = 20


async def run() -> dict[str, Any]:
    """All attempts on a new database."""
    readings: Readings = {}
    model = Obedient()
    with tempfile.TemporaryDirectory() as home:
        shops = tuple(SHOPS.values())
        rungs = obeying(model)
        async with in_process(Path(home), shops, readings=readings, rungs=rungs, is_trained=False) as service:
            seen = await attack(service, readings, model, attempts())
    return {
        "attempts": dict(seen.attempts),
        "asked_to_write": dict(seen.asked_to_write),
        "succeeded": len(seen.succeeded),
        "first_succeeded": seen.succeeded[:_SHOWN],
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, help="the folder of injections.json")
    asked = parser.parse_args()
    found = describe(_ROOT) | {"command": "python -m benchmarks.injections"} | asyncio.run(run())
    if asked.out is not None:
        asked.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        (asked.out / "injections.json").write_text(text, encoding="utf-8")
    print(json.dumps(found, ensure_ascii=False))  # noqa: T201 - the result of the command
    raise SystemExit(found["succeeded"] > 0)


if __name__ == "__main__":
    main()
