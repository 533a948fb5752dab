"""A chat model for an in-process service: the profile's own engine where it runs in this process or at an endpoint, or the
one that a running Kefu on this machine serves.
"""

import json
from collections.abc import AsyncIterator
from typing import Final, Literal

from benchmarks.in_process.service import Rungs
from cluster.config import ClusterConfig, resolve_secret
from cluster.config_error import ConfigError
from deployments.contracts import StageStatus
from deployments.endpoint_engine import EndpointEngine
from deployments.generation import ENGINES, ChatEngine
from deployments.identity import GenerationIdentity, Ladder, RungQuality
from models.types import CompletionChunk, GenerationRequest
from models.types.taxonomy import INTENTS

_LANGUAGES: Final = ("zh", "en")


class NearGeneration:
    """`GenerationClient`."""

    def __init__(self, name: str, engine: ChatEngine) -> None:
        self._name = name
        self._engine = engine

    async def generate(self, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        async for chunk in self._engine.generate(request):
            yield chunk

    async def status(self, timeout_s: float) -> StageStatus:
        await self._engine.check_health()
        return StageStatus(f"generation.{self._name}", self._name)


Generated = Literal["large", "small"]


async def rung_alone(config: ClusterConfig, name: Generated) -> Rungs:
    """That rung, on for every intent and language whatever was measured.

    ConfigError where the profile has no such chat model or none is running; StageError where it does not answer.
    """
    if name not in config.identity.generation:
        known = ", ".join(config.identity.generation) or "none"
        problem = f"this profile has no such chat model; it has {known}"
        raise ConfigError(f"identity.generation.{name}", (problem,))
    identity = config.generation_identity(name)
    if identity.engine == "vllm":
        engine = _served(config, name, identity)
        await engine.check_health()
    else:
        engine = await ENGINES[identity.engine](name, identity, resolve_secret)
    on = tuple(
        RungQuality(
            rung=name, intent=intent, language=language, quality=1.0, items=1, source="being measured"
        )
        for intent in INTENTS
        for language in _LANGUAGES
    )
    return Rungs({name: NearGeneration(name, engine)}, {name: identity.max_tokens}, Ladder(measured=on))


def _served(config: ClusterConfig, name: str, identity: GenerationIdentity) -> ChatEngine:
    """The engine that the running Kefu of this profile serves to its operator: vLLM wants Ray, which is there."""
    path = config.home / "serve.json"
    try:
        served = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = "its engine runs in a cluster, and none is running here: start it with kefu up, and measure beside it"
        raise ConfigError(f"identity.generation.{name}", (problem,)) from None
    changes = {"engine": "openai_endpoint", "model": f"kefu/{name}", "endpoint": f"{served['base_url']}/v1"}
    return EndpointEngine(name, identity.model_copy(update=changes), served["operator_key"])
