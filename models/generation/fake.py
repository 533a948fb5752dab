"""A chat engine without weights. It repeats the numbered facts of its prompt, word for word.

Its output is predictable: a greeting gets a fixed welcome; a prompt with lines such as "[1] Returns within 7 days."
gets those lines' texts; anything else gets a fixed sentence. A token is a word, a Chinese character or a mark.
"""

import re
from collections.abc import AsyncIterator
from typing import Final

from models.errors import EngineFailed
from models.types import CompletionChunk, GenerationRequest
from models.understanding.faults import ProgrammedFaults

WELCOME_EN: Final = "Hello, and welcome. How can I help you with your shopping today?"
WELCOME_ZH: Final = "您好，欢迎光临。请问有什么可以帮您？"
NOTHING_EN: Final = "I do not have that information."
NOTHING_ZH: Final = "我这里没有相关信息。"

_FACT = re.compile(r"^\s*\[(\d+)\]\s*(\S.*?)\s*$", re.MULTILINE)
_GREETING = re.compile(
    r"^\W*(?:hello|hi|hey|good (?:morning|afternoon|evening)|你好|您好|在吗|嗨)\b|^\W*(?:你好|您好|在吗)",
    re.I,
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
# Each token keeps the blank before it, so that joining the tokens gives the text back.
_TOKEN = re.compile(r"\s*(?:[A-Za-z0-9][A-Za-z0-9.,'’-]*[A-Za-z0-9]|[A-Za-z0-9]|\S)")


def count_tokens(text: str) -> int:
    """The fake engine's tokens in `text`."""
    return len(_TOKEN.findall(text))


class FakeChatEngine:
    """Streams one token a chunk, then a last chunk without text that has the finish reason and the counts.

    `delay_ms` is waited before the first token and `delay_per_token_ms` before each further one. Every `fail_every`-th
    call raises EngineFailed: before its first token, or after `fail_after_tokens` of them where that is given.
    """

    def __init__(
        self,
        delay_ms: float = 0.0,
        delay_per_token_ms: float = 0.0,
        fail_every: int = 0,
        fail_after_tokens: int | None = None,
    ) -> None:
        self._faults = ProgrammedFaults(delay_ms, fail_every)
        self._pace = ProgrammedFaults(delay_per_token_ms)
        self._fail_after_tokens = fail_after_tokens or 0

    async def generate(self, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        """The answer to `request`, cut at `max_tokens` and at the first stop text. Raises EngineFailed."""
        fails_at = self._fail_after_tokens if self._faults.next_call_fails() else None
        text, is_stopped = _until_stop(answer(request), request.stop)
        tokens = _TOKEN.findall(text)
        allowed = tokens[: request.max_tokens]
        await self._faults.wait_async()
        for place, token in enumerate(allowed):
            if place == fails_at:
                raise _failure()
            if place > 0:
                await self._pace.wait_async()
            yield CompletionChunk(text=token)
        if fails_at is not None:  # the answer was shorter than the programmed failure's place
            raise _failure()
        yield CompletionChunk(
            text="",
            finish_reason="stop" if is_stopped or len(allowed) == len(tokens) else "length",
            prompt_tokens=sum(count_tokens(message.content) for message in request.messages),
            completion_tokens=len(allowed),
        )

    async def check_health(self) -> None:
        """Always healthy."""


def answer(request: GenerationRequest) -> str:
    """The whole answer, before limits: what tests compare with."""
    question = next((m.content for m in reversed(request.messages) if m.role == "user"), "")
    facts = [fact for message in request.messages for _, fact in _FACT.findall(message.content)]
    is_chinese = _HAN.search(question) is not None
    if facts:
        return ("" if is_chinese else " ").join(facts)
    if _GREETING.search(question):
        return WELCOME_ZH if is_chinese else WELCOME_EN
    return NOTHING_ZH if is_chinese else NOTHING_EN


def _until_stop(text: str, stops: tuple[str, ...]) -> tuple[str, bool]:
    places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


def _failure() -> EngineFailed:
    return EngineFailed("fake generation", "this call was programmed to fail")
