"""Conversations in both languages, each played on the real models, and held against the books and what is said."""

import pytest

from tests.dialogues.conftest import Stage
from tests.dialogues.script import Dialogue, dialogues, play

pytestmark = [pytest.mark.real_models, pytest.mark.asyncio(loop_scope="session")]
ALL = dialogues()


@pytest.mark.parametrize("dialogue", ALL, ids=[each.name for each in ALL])
async def test_dialogue(stage: Stage, dialogue: Dialogue) -> None:
    await play(stage.service, stage.readings, dialogue)


async def test_there_are_enough_of_them() -> None:
    """The marks bind the models' test run, the count does not need it."""
    by_language = {language: sum(each.language == language for each in ALL) for language in ("zh", "en")}
    assert len(ALL) >= 120
    assert min(by_language.values()) >= 55, by_language
    assert len({each.name for each in ALL}) == len(ALL)
