"""The BERT stage: dynamic batching round one engine, which runs in a thread of its own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ray import serve

from deployments.contracts import StageStatus
from deployments.errors import NotReady
from deployments.identity import UnderstandingIdentity
from models.types import Understood
from models.understanding.engine import Understander, UnderstandingSpec, load, read_each


def spec_of(identity: UnderstandingIdentity) -> UnderstandingSpec:
    """The engine's own settings, out of the stage's identity."""
    return UnderstandingSpec(
        engine=identity.engine,
        encoder=identity.encoder,
        adapter=identity.adapter,
        models_dir=identity.models_dir,
        threads=identity.threads,
        runtime=identity.runtime,
        device="cuda" if identity.placement.gpus else "cpu",
        gpu_memory_share=identity.placement.gpu_memory_share,
        delay_ms=identity.fake.delay_ms,
        fail_every=identity.fake.fail_every,
    )


class Understanding:
    """Undecorated: `cluster.graph` makes it a deployment. `reconfigure` must come before the first call."""

    def __init__(self) -> None:
        self._identity: UnderstandingIdentity | None = None
        self._engine: Understander | None = None
        # One thread: torch's own threads do the parallel work, and the event loop stays free for health checks.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="understanding")

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Load the engine that the deployment entry names. Its identity never changes while the replica lives."""
        identity = UnderstandingIdentity.model_validate(user_config)
        if identity == self._identity:
            return
        loop = asyncio.get_running_loop()
        self._engine = await loop.run_in_executor(self._thread, load, spec_of(identity))
        # The first call pays for lazy set-up (thread pools, allocator): let it be ours, not a customer's.
        await loop.run_in_executor(self._thread, self._engine.predict, ["热身", "warm-up"])
        self._predict.set_max_batch_size(identity.batching.max_texts)
        self._predict.set_batch_wait_timeout_s(identity.batching.wait_ms / 1000)
        self._identity = identity

    async def understand(self, texts: list[str]) -> list[Understood]:
        """One result per text, in order. The texts of all callers share batches."""
        found = await asyncio.gather(*(self._predict(text) for text in texts))
        for reading in found:
            if isinstance(reading, Exception):
                raise reading
        return list(found)

    @serve.batch  # type: ignore[untyped-decorator]
    async def _predict(self, texts: list[str]) -> list[Understood | Exception]:
        if self._engine is None:
            raise NotReady("understanding has no engine yet")
        return await asyncio.get_running_loop().run_in_executor(self._thread, read_each, self._engine, texts)

    async def status(self) -> StageStatus:
        """Which model this replica runs."""
        if self._identity is None:
            raise NotReady("understanding has no engine yet")
        return StageStatus(
            "understanding", f"{self._identity.encoder}+{self._identity.adapter}, {self._identity.runtime}"
        )
