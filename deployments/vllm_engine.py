"""vLLM through `ray.serve.llm`: only what the CPU and the GPU builds share, so that one code serves both."""

from collections.abc import AsyncIterator
from typing import Any

from pydantic import ValidationError
from ray.serve.llm import LLMConfig
from ray.serve.llm.deployment import LLMServer
from ray.serve.llm.openai_api_models import ChatCompletionRequest

from deployments.completion_stream import chunks, item_error, request_body
from deployments.errors import StageRefused
from deployments.identity import GenerationIdentity
from deployments.vllm_arguments import engine_kwargs
from models.sources import HubSource, resolve
from models.types import CompletionChunk, GenerationRequest


def llm_config(name: str, identity: GenerationIdentity) -> LLMConfig:
    """The engine as Ray Serve LLM takes it. ModelError when the model is not built."""
    source = resolve(identity.model, identity.models_dir)
    arguments = engine_kwargs(identity)
    if isinstance(source, HubSource) and source.revision:
        arguments["revision"] = source.revision
    is_cpu = identity.placement.gpus == 0
    environment = (
        {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"} if not identity.model.startswith("hub:") else {}
    )
    if is_cpu:
        environment["OMP_NUM_THREADS"] = str(identity.threads)
    return LLMConfig(
        model_loading_config={
            "model_id": f"kefu/{name}",
            "model_source": source.repo_id if isinstance(source, HubSource) else str(source),
        },
        accelerator_type=identity.placement.accelerator,
        accelerator_config={"kind": "cpu"} if is_cpu else None,
        placement_group_config={"bundles": [dict(bundle) for bundle in identity.worker_bundles]},
        engine_kwargs=arguments,
        runtime_env={"env_vars": environment},
        experimental_configs={"stream_batching_interval_ms": 0},
        log_engine_metrics=True,
    )


class VllmEngine:
    """A `ChatEngine` whose engine core and workers live in the stage's placement group."""

    def __init__(self, name: str, identity: GenerationIdentity) -> None:
        self._name = name
        self._server = LLMServer.sync_init(llm_config(name, identity))

    async def start(self) -> None:
        """Load the weights and start the engine core: half a minute on a CPU, more on a large model."""
        await self._server.start()

    async def generate(self, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        """Chunks of the chat completion. The request's id is the engine's, so that both logs agree."""
        stage = f"generation.{self._name}"
        try:
            body = ChatCompletionRequest(
                **request_body(request, f"kefu/{self._name}"), request_id=request.request_id
            )
            items = await self._server.chat(body)
            try:
                async for chunk in chunks(_lines(items, stage), stage):
                    yield chunk
            finally:
                await items.aclose()
        except Exception as error:  # all but the client's own faults is raised on
            if _is_refusal(error):
                raise StageRefused(stage, str(error).splitlines()[0][:500]) from error
            raise

    async def check_health(self) -> None:
        """Raises when the engine core or a worker is dead."""
        await self._server.check_health()


def _is_refusal(error: Exception) -> bool:
    """Whether vLLM says that the request is at fault: a prompt over its context, a value that it does not take.

    Told by the class's name, since nothing here imports vllm itself.
    """
    return isinstance(error, ValidationError) or "VLLMClientError" in {
        c.__name__ for c in type(error).__mro__
    }


async def _lines(items: AsyncIterator[Any], stage: str) -> AsyncIterator[str]:
    async for item in items:
        # A bad request comes back as an item, not as an exception; streams come in lists of SSE lines.
        for line in item if isinstance(item, list) else [item]:
            if not isinstance(line, str):
                error = getattr(line, "error", None)
                raise item_error(stage, error.model_dump() if error is not None else {"message": str(line)})
            yield line
