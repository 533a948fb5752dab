"""One object that answers turns as a gateway does: a real store, the real stages, `deployments.chat` over them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.in_process.clients import (
    NearRecommendation,
    NearRetrieval,
    NearSegmentation,
    NoMetrics,
    Readings,
    RememberedUnderstanding,
)
from benchmarks.in_process.shops import SHOPS, Shop
from cluster.config import ClusterConfig, load, profile_path, resolve_secret
from cluster.training import train_missing
from commerce.domain.identity import Principal
from commerce.store import Store, migrate, open_store
from deployments.changes import ChangeFeed
from deployments.chat import ChatService, Finished
from deployments.contracts import GenerationClient
from deployments.identity import GatewayIdentity, Ladder
from deployments.recommendation import Recommendation
from deployments.retrieval import Retrieval
from deployments.rungs import RungWatch
from deployments.segmentation import Segmentation
from deployments.snapshots import Snapshots
from deployments.stages import Stages
from deployments.understanding import Understanding
from routing.effects import Emit

_NO_DEADLINE_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Rungs:
    """The chat models that may answer, by rung, with the most tokens of each, and where they are on."""

    clients: Mapping[str, GenerationClient]
    max_tokens: Mapping[str, int]
    ladder: Ladder


NO_RUNGS: Final = Rungs({}, {}, Ladder())
"""Composed answers alone."""


class InProcess:
    """A running service. `store` and `snapshots` are the gateway's own. `later` is how much later it is than the shops say:
    what waits for an answer grows old.
    """

    def __init__(
        self,
        config: ClusterConfig,
        identity: GatewayIdentity,
        store: Store,
        snapshots: Snapshots,
        stages: Stages,
        shops: Sequence[Shop],
    ) -> None:
        self.config = config
        self.store = store
        self.snapshots = snapshots
        self.stages = stages
        rungs = RungWatch(stages.generation)
        secret = secrets.token_bytes(32)
        self._chats = {
            shop.tenant_id: ChatService(
                identity, store, snapshots, stages, rungs, NoMetrics(), secret, partial(self.now_in, shop)
            )
            for shop in shops
        }
        self.later = timedelta()
        self._turns = 0

    def now_in(self, shop: Shop) -> datetime:
        """What the gateway's clock says there."""
        return shop.now + self.later

    def events(
        self, tenant_id: str, customer_id: str | None, message: str, conversation_id: str | None = None
    ) -> AsyncIterator[Emit | Finished]:
        """One turn's events as the API streams them, `Finished` last. Raises as `ChatService.turn` does."""
        self._turns += 1
        principal = Principal(tenant_id, customer_id)
        return self._chats[tenant_id].turn(principal, message, conversation_id, f"req_{self._turns}")

    async def turn(
        self, tenant_id: str, customer_id: str | None, message: str, conversation_id: str | None = None
    ) -> Finished:
        """One turn's end."""
        async for event in self.events(tenant_id, customer_id, message, conversation_id):
            if isinstance(event, Finished):
                return event
        raise AssertionError("a turn ends with Finished")

    async def read(self, tenant_id: str, messages: Sequence[str]) -> None:
        """Read these messages ahead, in batches, so that their turns need not."""
        await self.stages.understanding.understand(tenant_id, messages, _NO_DEADLINE_S)


@asynccontextmanager
async def in_process(
    home: Path,
    shops: Sequence[Shop] = SHOPS,
    *,
    profile: str = "laptop",
    readings: Readings | None = None,
    rungs: Rungs = NO_RUNGS,
    is_trained: bool = True,
) -> AsyncIterator[InProcess]:
    """A service with these shops in a database of its own below `home`, until the block ends.

    Models are those that the profile has built. `readings` are messages already read, and take in those that are not;
    while all are there, no model of understanding is loaded. Without `is_trained` no shop has segments or a ranking, as
    before its first training. Raises ConfigError, ModelError, ImportInvalid, StoreError.
    """
    config = _below(home, profile)
    url = resolve_secret(config.store_ref)
    home.mkdir(parents=True, exist_ok=True)
    await migrate(url)
    async with open_store(url) as store:
        for shop in shops:
            await shop.load(store, shop)
        if is_trained:
            await train_missing(config, lambda text, share: None, shops[0].now)
        async with _stages(config, shops[0], {} if readings is None else readings, rungs) as stages:
            snapshots = Snapshots(store)
            feed = ChangeFeed(store, config.identity.retrieval.poll_ms, snapshots.apply)
            await feed.start()
            following = asyncio.create_task(feed.run())
            try:
                yield InProcess(config, _identity(config, rungs), store, snapshots, stages, shops)
            finally:
                following.cancel()
                await asyncio.wait({following})


def _below(home: Path, profile: str) -> ClusterConfig:
    """The profile with its built models, and everything else below `home`."""
    path = profile_path(profile)
    return load(path, (f"identity.home={home}", f"identity.models_dir={load(path).models_dir}"))


def _identity(config: ClusterConfig, rungs: Rungs) -> GatewayIdentity:
    limits = config.identity.limits.model_copy(
        update={"deadline_s": _NO_DEADLINE_S, "first_token_s": _NO_DEADLINE_S}
    )
    changes: dict[str, Any] = {
        "limits": limits,
        "ladder": rungs.ladder,
        "generations": tuple(rungs.clients),
        "generation_tokens": dict(rungs.max_tokens),
    }
    return config.gateway_identity().model_copy(update=changes)


@asynccontextmanager
async def _stages(
    config: ClusterConfig, first: Shop, readings: Readings, rungs: Rungs
) -> AsyncIterator[Stages]:
    """The stages, configured as their deployment entries would."""

    async def start_understanding() -> Understanding:
        stage = Understanding(resolve_secret)
        await stage.reconfigure(config.understanding_identity().model_dump(mode="json"))
        return stage

    understanding = RememberedUnderstanding(start_understanding, readings)
    retrieval = Retrieval(resolve_secret)
    # Trained models tell the time of the shop that has events.
    segmentation = Segmentation(resolve_secret, partial(_now_in, first))
    recommendation = Recommendation(resolve_secret, partial(_now_in, first))
    try:
        await retrieval.reconfigure(config.retrieval_identity().model_dump(mode="json"))
        await segmentation.reconfigure(config.segmentation_identity().model_dump(mode="json"))
        await recommendation.reconfigure(config.recommendation_identity().model_dump(mode="json"))
        yield Stages(
            understanding,
            NearRetrieval(retrieval),
            NearSegmentation(segmentation),
            NearRecommendation(recommendation),
            dict(rungs.clients),
        )
    finally:
        for stage in (understanding, retrieval, segmentation, recommendation):
            await stage.aclose()


def _now_in(shop: Shop) -> datetime:
    return shop.now
