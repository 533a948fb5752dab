"""The shop's articles: found by anybody, edited by its operators and its service team."""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi import Path as PathPart

from commerce.domain.access import Permission
from commerce.domain.identity import ApiKey, Principal
from commerce.domain.knowledge import Article
from deployments.api import schemas
from deployments.api.caller import Caller, caller_dependency, check_length, key_dependency
from deployments.api.knowledge_schemas import (
    ArticleOut,
    ArticleRequest,
    ArticlesOut,
    Name,
    PassageOut,
    RestoreRequest,
    SearchResponse,
    VersionNumber,
    VersionOut,
    VersionsOut,
)
from deployments.api.service import Service
from deployments.errors import RequestInvalid
from models.types import SearchRequest
from models.understanding.language import language as language_of

_SEARCH: Final = "search"

ArticleId = Annotated[str, PathPart(max_length=100, pattern=r"^[a-z0-9][a-z0-9_.\-]*$")]
IfMatch = Annotated[
    str | None,
    Header(
        description='the ETag of the version that was read, "0" for what must be new: refused where it changed since',
        pattern=r'^"(0|[1-9][0-9]{0,8})"$',
    ),
]


def add_knowledge(app: FastAPI, service: Service) -> None:
    """Add `/v1/knowledge`."""
    _add_search(app, service)
    _add_reading(app, service)
    _add_editing(app, service)


def _add_search(app: FastAPI, service: Service) -> None:
    @app.get(f"/v1/knowledge/{_SEARCH}", response_model=SearchResponse, tags=["knowledge"])
    async def search(
        caller: Annotated[ApiKey, Depends(key_dependency(service))],
        q: Annotated[schemas.MessageText, Query(description="what to look for", examples=["退货运费谁出"])],
        language: Annotated[
            str | None, Query(pattern="^(zh|en)$", description="of the answer; default: the query's")
        ] = None,
        category: Annotated[
            Name | None, Query(description="only articles of this category, or of all")
        ] = None,
        product: Annotated[Name | None, Query(description="only articles about this product, or all")] = None,
        limit: Annotated[int, Query(ge=1, le=20)] = 5,
    ) -> SearchResponse:
        """The shop's articles that answer and are shown now, best first. An article is found in either language."""
        check_length(service, "q", q)
        asked = language or language_of(q)
        request = SearchRequest(
            caller.tenant_id,
            q,
            "zh" if asked == "zh" else "en",
            limit,
            only_category=category,
            only_product=product,
        )
        return SearchResponse(results=[PassageOut.of(found) for found in await service.search(request)])


def _add_reading(app: FastAPI, service: Service) -> None:
    editor_of = caller_dependency(service, Permission.EDIT_KNOWLEDGE)

    @app.get("/v1/knowledge", response_model=ArticlesOut, tags=["knowledge"])
    async def articles(
        caller: Annotated[Caller, Depends(editor_of)],
        after: Annotated[str, Query(max_length=100, description="the last page's next_after")] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> ArticlesOut:
        """All of the shop's articles, drafts too. Needs an operator key, or an agent's token."""
        # One more than asked for says whether there is a next page.
        found = await service.knowledge.article_page(caller.key.tenant_id, after, limit + 1)
        shown, now = found[:limit], datetime.now(UTC)
        return ArticlesOut(
            articles=[ArticleOut.of(article, now) for article in shown],
            next_after=shown[-1].article_id if len(found) > limit else None,
        )

    @app.get("/v1/knowledge/{article_id}", response_model=ArticleOut, tags=["knowledge"])
    async def article(
        article_id: ArticleId, response: Response, caller: Annotated[Caller, Depends(editor_of)]
    ) -> ArticleOut:
        """One article. Needs an operator key, or an agent's token."""
        return _answered(response, await service.knowledge.article(caller.key.tenant_id, article_id))

    @app.get("/v1/knowledge/{article_id}/versions", response_model=VersionsOut, tags=["knowledge"])
    async def versions(
        article_id: ArticleId,
        caller: Annotated[Caller, Depends(editor_of)],
        before: Annotated[VersionNumber | None, Query(description="the last page's next_before")] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> VersionsOut:
        """Every version that it had, also of a deleted article. Needs an operator key, or an agent's token."""
        found = await service.knowledge.article_versions(
            caller.key.tenant_id, article_id, before=before, limit=limit + 1
        )
        shown = found[:limit]
        return VersionsOut(
            versions=[VersionOut.of(version) for version in shown],
            next_before=shown[-1].article.version if len(found) > limit else None,
        )

    @app.get("/v1/knowledge/{article_id}/versions/{version}", response_model=VersionOut, tags=["knowledge"])
    async def version(
        article_id: ArticleId,
        version: Annotated[VersionNumber, PathPart()],
        caller: Annotated[Caller, Depends(editor_of)],
    ) -> VersionOut:
        """One version. Needs an operator key, or an agent's token."""
        return VersionOut.of(
            await service.knowledge.article_version(caller.key.tenant_id, article_id, version)
        )


def _add_editing(app: FastAPI, service: Service) -> None:
    editor_of = caller_dependency(service, Permission.EDIT_KNOWLEDGE)

    @app.put("/v1/knowledge/{article_id}", response_model=ArticleOut, tags=["knowledge"])
    async def put(
        article_id: ArticleId,
        body: ArticleRequest,
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(editor_of)],
        if_match: IfMatch = None,
    ) -> ArticleOut:
        """Store the article as its next version; every replica finds it within the poll interval. Needs an operator key, or
        an agent's token.
        """
        if article_id == _SEARCH:
            raise RequestInvalid("article_id", f"{_SEARCH!r} is a route of its own: give it another id")
        stored = await service.knowledge.put_article(
            _editor(caller),
            body.article(article_id),
            expected_version=_expected(if_match),
            request_id=request.state.request_id,
        )
        return _answered(response, stored)

    @app.post("/v1/knowledge/{article_id}/restore", response_model=ArticleOut, tags=["knowledge"])
    async def restore(
        article_id: ArticleId,
        body: RestoreRequest,
        request: Request,
        response: Response,
        caller: Annotated[Caller, Depends(editor_of)],
        if_match: IfMatch = None,
    ) -> ArticleOut:
        """An old version's content as the next version; a deleted article is there again. Needs an operator key, or an
        agent's token.
        """
        stored = await service.knowledge.restore_article(
            _editor(caller),
            article_id,
            body.version,
            expected_version=_expected(if_match),
            request_id=request.state.request_id,
        )
        return _answered(response, stored)

    @app.delete("/v1/knowledge/{article_id}", status_code=204, tags=["knowledge"])
    async def delete(
        article_id: ArticleId,
        request: Request,
        caller: Annotated[Caller, Depends(editor_of)],
        if_match: IfMatch = None,
    ) -> None:
        """Nobody finds it any more; its versions stay and can be restored. Needs an operator key, or an agent's token."""
        await service.knowledge.delete_article(
            _editor(caller),
            article_id,
            expected_version=_expected(if_match),
            request_id=request.state.request_id,
        )


def _editor(caller: Caller) -> Principal:
    if (agent_id := caller.principal.agent_id) is not None:
        return Principal(caller.key.tenant_id, agent_id=agent_id)
    return Principal(caller.key.tenant_id, operator_id=caller.key.prefix)


def _expected(if_match: str | None) -> int | None:
    return None if if_match is None else int(if_match.strip('"'))


def _answered(response: Response, article: Article) -> ArticleOut:
    response.headers["ETag"] = f'"{article.version}"'
    return ArticleOut.of(article, datetime.now(UTC))
