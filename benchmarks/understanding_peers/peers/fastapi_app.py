"""FastAPI as it documents the serving of a model: loaded in the lifespan, called by a plain `def` in the thread pool.

https://fastapi.tiangolo.com/advanced/events/ loads a model so; https://fastapi.tiangolo.com/async/ says that what blocks is
declared with `def`; https://fastapi.tiangolo.com/advanced/dataclasses/ has the response.
https://fastapi.tiangolo.com/deployment/server-workers/ recommends several workers for several cores. It has no batching.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.understanding_peers.peers.engine import load
from models.types import Understood
from models.understanding.bert import BertUnderstanding

models: dict[str, BertUnderstanding] = {}


class Asked(BaseModel):
    """The texts to read."""

    texts: list[str]


@dataclass(frozen=True, slots=True)
class Readings:
    """One reading a text."""

    results: list[Understood]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The model, for as long as the application runs."""
    models["understanding"] = load()
    yield
    models.clear()


app = FastAPI(lifespan=lifespan)


@app.post("/understand")
def understand(asked: Asked) -> Readings:
    """A reading of each text."""
    return Readings(models["understanding"].predict(asked.texts))
