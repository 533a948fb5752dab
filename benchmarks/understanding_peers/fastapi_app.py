"""Plain FastAPI with the model, on uvicorn.

The model is loaded in the lifespan (https://fastapi.tiangolo.com/advanced/events/), and the endpoint is a `def`, which runs in
the thread pool (https://fastapi.tiangolo.com/async/). That pool has 40 threads, which would compute on every core at once: it
gets `--threads` of them, as https://www.starlette.io/threadpool/ says how.
"""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.understanding_peers.engine import load_engine
from models.encoder.bert import Runtime
from models.types import Understood
from models.understanding.bert import BertUnderstanding


class Texts(BaseModel):
    """The request."""

    texts: list[str]


class Readings(BaseModel):
    """The answer: one reading a text, in their order."""

    results: list[Understood]


def create_app(runtime: Runtime, models_dir: Path, threads: int) -> FastAPI:
    """The whole server."""
    engines: dict[str, BertUnderstanding] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = threads
        engines["understanding"] = load_engine(runtime, models_dir)
        yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/understand")
    def understand(body: Texts) -> Readings:
        return Readings(results=engines["understanding"].predict(body.texts))

    return app


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runtime", required=True)
    parser.add_argument("--models-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    app = create_app(arguments.runtime, arguments.models_dir, arguments.threads)
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
