"""Every entry of the dialogue's tables is noticed by some dialogue: without it, at least one of them fails."""

import pytest

from tests.dialogues.conftest import Stage
from tests.dialogues.mutants import Mutant, mutants, traced
from tests.dialogues.script import Dialogue, dialogues, play

pytestmark = [pytest.mark.real_models, pytest.mark.thorough, pytest.mark.asyncio(loop_scope="session")]
ALL = dialogues()


async def _uses(stage: Stage) -> dict[str, set[str]]:
    """The entries that each dialogue uses, by its name; every dialogue passes, and every message is read."""
    found: dict[str, set[str]] = {}
    with traced() as taken:
        for dialogue in ALL:
            await play(stage.service, stage.readings, dialogue, " traced")
            found[dialogue.name] = taken()
    return found


async def _killer(stage: Stage, number: int, mutant: Mutant, order: list[Dialogue]) -> str | None:
    """The first dialogue that fails without it, by what is said or done."""
    with pytest.MonkeyPatch.context() as patch:
        mutant.apply(patch)
        for dialogue in order:
            try:
                again = f" without {number} {mutant.name}"
                await play(stage.service, stage.readings, dialogue, again, by_name=False)
            except Exception:  # noqa: BLE001 - it fails, one way or the other
                return dialogue.name
    return None


async def test_each_entry_of_the_tables_is_missed(stage: Stage) -> None:
    await stage.read(ALL)
    uses = await _uses(stage)
    survivors = []
    for number, mutant in enumerate(mutants()):
        order = sorted(ALL, key=lambda each: (mutant.name not in uses[each.name], len(each.turns)))
        if await _killer(stage, number, mutant, order) is None:
            survivors.append(mutant.name)
    assert survivors == []
