"""The knowledge search: one index per tenant, changed where the change log says that articles changed."""

import asyncio
import functools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commerce.domain.knowledge import Article
from commerce.domain.tenants import Change, ChangeKind
from commerce.store import Store, open_store
from deployments.changes import ChangeFeed
from deployments.contracts import StageStatus
from deployments.errors import NotReady
from deployments.identity import RetrievalIdentity
from deployments.log import logger
from models.retrieval import HybridIndex, IndexedArticle
from models.retrieval.embedders import Embedder, EmbedderSpec, fingerprint, load
from models.retrieval.exemplars import Exemplars
from models.retrieval.kept import KeptTexts
from models.types import Found, SearchRequest
from routing.sheet.questions import questions

_EVERYTHING = "*"
_LIKELIEST = 3


class Retrieval:
    """Undecorated: `cluster.graph` makes it a deployment. `resolve` turns a secret's reference into its value."""

    def __init__(self, resolve: Callable[[str], str]) -> None:
        self._resolve = resolve
        self._identity: RetrievalIdentity | None = None
        self._store: Store | None = None
        self._embedder: Embedder | None = None
        self._kept: KeptTexts | None = None
        self._feed: ChangeFeed | None = None
        self._poller: asyncio.Task[None] | None = None
        self._indexes: dict[str, HybridIndex] = {}
        self._questions: Exemplars | None = None
        # An index is searched and changed by one thread. What changes is embedded by another, so that no search waits for it.
        self._searching = ThreadPoolExecutor(max_workers=1, thread_name_prefix="retrieval")
        self._embedding = ThreadPoolExecutor(max_workers=1, thread_name_prefix="retrieval-embed")

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Load the embedder, build every tenant's index from what is kept and the rest anew, then follow the change log."""
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
        loop = asyncio.get_running_loop()
        self._embedder = await loop.run_in_executor(self._searching, load, spec)
        if identity.vectors_dir is not None:
            self._kept = await loop.run_in_executor(self._embedding, _kept, spec, identity.vectors_dir)
        asked_as = functools.partial(Exemplars, questions(), self._embedder, self._kept)
        self._questions = await loop.run_in_executor(self._embedding, asked_as)
        self._store = open_store(self._resolve(identity.store))
        self._feed = ChangeFeed(self._store, identity.poll_ms, self._on_changes)
        await self._feed.start()
        for tenant in await self._store.tenants():
            await self._follow(tenant.tenant_id, None)
        if self._kept is not None:
            await loop.run_in_executor(self._embedding, _tidy, self._kept)
        self._poller = asyncio.create_task(self._feed.run())
        self._identity = identity

    async def search(self, request: SearchRequest) -> Found:
        """Passages of that tenant's articles that are shown now, none for a tenant without articles; and what is asked for.
        Raises EngineFailed.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._searching, self._found, request)

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
        """Stop following the log and close the store."""
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait({self._poller})
        if self._store is not None:
            await self._store.aclose()
        self._searching.shutdown(wait=True)
        self._embedding.shutdown(wait=True)

    def _found(self, request: SearchRequest) -> Found:
        """Both texts are embedded at once, and one that is the other but once."""
        if self._embedder is None or self._questions is None:
            raise NotReady("retrieval has no embedder yet")
        index = self._indexes.get(request.tenant_id)
        compared = (request.asked, request.query if index is not None else "")
        texts = [text for text in dict.fromkeys(compared) if text.strip()]
        if not texts:
            return Found()
        vectors = dict(zip(texts, self._embedder.embed_queries(texts), strict=True))
        query, asked = vectors.get(request.query), vectors.get(request.asked)
        return Found(
            () if index is None else index.search(request, datetime.now(UTC), query),
            () if asked is None else self._questions.nearest(asked, _LIKELIEST),
        )

    async def _on_changes(self, changes: Sequence[Change]) -> None:
        named: dict[str, set[str] | None] = {}
        for change in changes:
            if change.kind is ChangeKind.TENANT or (
                change.kind is ChangeKind.ARTICLE and change.entity_id == _EVERYTHING
            ):
                named[change.tenant_id] = None
            elif change.kind is ChangeKind.ARTICLE:
                ids = named.setdefault(change.tenant_id, set())
                if ids is not None:
                    ids.add(change.entity_id)
        for tenant_id, ids in named.items():
            await self._follow(tenant_id, ids)

    async def _follow(self, tenant_id: str, ids: set[str] | None) -> None:
        """Bring these articles of the index, or all (None), to what the store holds."""
        if self._store is None or self._embedder is None:
            raise NotReady("retrieval has no store yet")
        index = self._indexes.setdefault(tenant_id, HybridIndex(self._embedder, kept=self._kept))
        found = [indexed(a) for a in await self._store.articles(tenant_id, ids) if not a.is_draft]
        known = index.article_ids if ids is None else ids
        gone = set(known) - {article.article_id for article in found}
        loop = asyncio.get_running_loop()
        prepared = await loop.run_in_executor(self._embedding, index.prepare, found)
        await loop.run_in_executor(self._searching, index.apply, prepared, gone)


def _kept(spec: EmbedderSpec, folder: Path) -> KeptTexts | None:
    """Where this embedder's vectors are kept; None for one whose weights may change under its name."""
    model = fingerprint(spec)
    return None if model is None else KeptTexts(folder, model)


def _tidy(kept: KeptTexts) -> None:
    if kept.failure is not None:
        logger.warning("the next start embeds articles again that could not be kept: %s", kept.failure)
    kept.drop_unused(time.time())


def indexed(article: Article) -> IndexedArticle:
    """The store's article as the index takes it."""
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
        products=article.products,
        questions=article.questions,
        publish_at=article.publish_at,
        expires_at=article.expires_at,
    )
