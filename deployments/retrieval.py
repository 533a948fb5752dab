"""The knowledge search: one index per tenant, rebuilt when the change log says that an article changed."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from commerce.domain.knowledge import Article
from commerce.domain.tenants import Change, ChangeKind
from commerce.store import Store, open_store
from deployments.changes import ChangeFeed
from deployments.contracts import StageStatus
from deployments.errors import NotReady
from deployments.identity import RetrievalIdentity
from models.retrieval import HybridIndex, IndexedArticle
from models.retrieval.embedders import Embedder, EmbedderSpec, load
from models.types import Passage, SearchRequest


class Retrieval:
    """Undecorated: `cluster.graph` makes it a deployment. `resolve` turns a secret's reference into its value."""

    def __init__(self, resolve: Callable[[str], str]) -> None:
        self._resolve = resolve
        self._identity: RetrievalIdentity | None = None
        self._store: Store | None = None
        self._embedder: Embedder | None = None
        self._feed: ChangeFeed | None = None
        self._poller: asyncio.Task[None] | None = None
        self._indexes: dict[str, HybridIndex] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="retrieval")

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Load the embedder, build every tenant's index, then follow the change log."""
        identity = RetrievalIdentity.model_validate(user_config)
        if identity == self._identity:
            return
        spec = EmbedderSpec(
            engine=identity.engine,
            embedder=identity.embedder,
            models_dir=identity.models_dir,
            threads=identity.threads,
            delay_ms=identity.fake.delay_ms,
            fail_every=identity.fake.fail_every,
        )
        self._embedder = await asyncio.get_running_loop().run_in_executor(self._thread, load, spec)
        self._store = open_store(self._resolve(identity.store))
        self._feed = ChangeFeed(self._store, identity.poll_ms, self._on_changes)
        await self._feed.start()
        for tenant in await self._store.tenants():
            await self._rebuild(tenant.tenant_id)
        self._poller = asyncio.create_task(self._feed.run())
        self._identity = identity

    async def search(self, request: SearchRequest) -> tuple[Passage, ...]:
        """Passages of that tenant's articles, best first; none for a tenant without articles."""
        index = self._indexes.get(request.tenant_id)
        if index is None:
            return ()
        return await asyncio.get_running_loop().run_in_executor(self._thread, index.search, request)

    async def status(self) -> StageStatus:
        """Which embedder this replica runs, and the last change that its indexes hold."""
        if self._identity is None or self._feed is None:
            raise NotReady("retrieval has no index yet")
        return StageStatus("retrieval", self._identity.embedder, self._feed.seq)

    async def check_health(self) -> None:
        """Serve's health check: an index that no longer follows the log is not healthy."""
        if self._poller is not None and self._poller.done():
            raise RuntimeError("the change feed has ended")

    async def aclose(self) -> None:
        """End following, and close the store."""
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait({self._poller})
        if self._store is not None:
            await self._store.aclose()

    async def _on_changes(self, changes: Sequence[Change]) -> None:
        kinds = {ChangeKind.ARTICLE, ChangeKind.TENANT}
        for tenant_id in dict.fromkeys(c.tenant_id for c in changes if c.kind in kinds):
            await self._rebuild(tenant_id)

    async def _rebuild(self, tenant_id: str) -> None:
        if self._store is None or self._embedder is None:
            raise NotReady("retrieval has no store yet")
        articles = [_indexed(a) for a in await self._store.articles(tenant_id)]
        previous = self._indexes.get(tenant_id)
        self._indexes[tenant_id] = await asyncio.get_running_loop().run_in_executor(
            self._thread, HybridIndex.build, articles, self._embedder, previous
        )


def _indexed(article: Article) -> IndexedArticle:
    return IndexedArticle(
        article_id=article.article_id,
        version=article.version,
        kind=article.kind,
        intents=article.intents,
        categories=article.categories,
        title_zh=article.title.zh,
        title_en=article.title.en,
        body_zh=article.body.zh,
        body_en=article.body.en,
    )
