"""`engine: openai_endpoint` against a real HTTP server on loopback."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from cluster.ray_local import free_port
from deployments.endpoint_engine import EndpointEngine
from deployments.errors import StageFailed, StageOverloaded, StageTimeout, StageUnavailable
from deployments.identity import GenerationIdentity
from models.types import ChatMessage, GenerationRequest
from tests.polling import eventually


def endpoint() -> FastAPI:
    """Speaks as much of OpenAI's API as an engine needs; the prompt says how to behave."""
    app = FastAPI()

    @app.get("/v1/models")
    async def models(request: Request) -> Any:
        is_known = request.headers.get("authorization") == "Bearer right"
        return JSONResponse({"data": []}, status_code=200 if is_known else 401)

    @app.post("/v1/chat/completions")
    async def complete(request: Request) -> Any:
        body = await request.json()
        wish = body["messages"][-1]["content"]
        if wish == "busy":
            return JSONResponse({"error": {"message": "busy"}}, status_code=429)

        async def lines() -> AsyncIterator[str]:
            for word in ("one ", "two"):
                yield f"data: {json.dumps({'choices': [{'delta': {'content': word}}]})}\n\n"
                if wish == "slow":
                    await asyncio.Event().wait()
            if wish != "dies":
                yield f"data: {json.dumps({'choices': [{'delta': {}, 'finish_reason': 'stop'}]})}\n\n"
            yield "data: [DONE]\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")

    return app


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            endpoint(),
            port=port,
            log_level="error",
            loop="asyncio",
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started, within_s=20)
    yield f"http://127.0.0.1:{port}/v1"
    server.should_exit = True
    thread.join(timeout=20)


@asynccontextmanager
async def engine(url: str, key: str = "right") -> AsyncIterator[EndpointEngine]:
    identity = GenerationIdentity(engine="openai_endpoint", model="any", endpoint=url, endpoint_key="env:ANY")
    opened = EndpointEngine("small", identity, key)
    try:
        yield opened
    finally:
        await opened.aclose()


async def ask(url: str, wish: str, deadline_s: float = 5.0) -> list[str]:
    request = GenerationRequest("req_1", (ChatMessage("user", wish),), 16, 0.0, deadline_s)
    async with engine(url) as opened:
        return [chunk.text async for chunk in opened.generate(request)]


async def test_it_streams(url: str) -> None:
    assert await ask(url, "hi") == ["one ", "two", ""]


async def test_what_goes_wrong_there_is_ours_here(url: str) -> None:
    with pytest.raises(StageOverloaded):
        await ask(url, "busy")
    with pytest.raises(StageFailed, match="without a finish reason"):
        await ask(url, "dies")
    with pytest.raises(StageTimeout):
        await ask(url, "slow", deadline_s=0.3)
    with pytest.raises(StageUnavailable):
        await ask(f"http://127.0.0.1:{free_port()}/v1", "hi")


async def test_a_wrong_key_fails_at_the_start(url: str) -> None:
    async with engine(url) as right:
        await right.check_health()
    async with engine(url, "wrong") as wrong:
        with pytest.raises(StageFailed, match="401"):
            await wrong.check_health()
