"""The FastAPI factory: routes, keys, error shapes. A test drives it with fakes and httpx.ASGITransport."""

import secrets
from collections.abc import AsyncIterator
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from commerce.domain.errors import CommerceError
from commerce.domain.identity import ApiKey, ApiKeyRole, Principal
from deployments.api import schemas
from deployments.api.errors import INTERNAL, Shape, shape_of
from deployments.api.events import chat_response, events, with_heartbeat
from deployments.api.middleware import RequestFrame, error_body
from deployments.api.service import Service
from deployments.chat import Finished
from deployments.errors import Forbidden, JsonInvalid, RequestInvalid, ServingError, Unauthorised
from models.types import SearchRequest
from models.understanding.language import language as language_of
from routing.compose.wording import order_card

_HEARTBEAT_S = 0.5

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.ErrorResponse} for status in (400, 401, 404, 413, 422, 429, 503)
}


def create_app(service: Service) -> FastAPI:
    """The HTTP API over that service."""
    app = FastAPI(
        title="Kefu 客服",
        version="0.1.0",
        description="Customer service for shops: send what the customer said, get an answer from the shop's own facts.",
        docs_url="/docs",
        redoc_url=None,
        responses=_ERRORS,
    )
    app.add_middleware(RequestFrame, service=service)
    _add_error_handlers(app)
    _add_chat(app, service)
    _add_reading(app, service)
    _add_operations(app, service)
    return app


def _key_dependency(service: Service) -> Any:
    async def key(authorization: Annotated[str | None, Header()] = None) -> ApiKey:
        scheme, _, value = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not value.strip():
            raise Unauthorised("no API key: send the header Authorization: Bearer KEY")
        return await service.authenticate(value.strip())

    return key


def _principal_dependency(service: Service) -> Any:
    async def principal(
        key: Annotated[ApiKey, Depends(_key_dependency(service))],
        x_customer_token: Annotated[str | None, Header()] = None,
    ) -> Principal:
        return service.customer(key, x_customer_token)

    return principal


def _check_length(service: Service, field: str, text: str) -> None:
    limit = service.limits.message_characters
    if len(text) > limit:
        raise RequestInvalid(
            field, f"is {len(text)} characters; the limit is {limit}: shorten it or send it in parts"
        )


def _add_chat(app: FastAPI, service: Service) -> None:
    principal = _principal_dependency(service)

    @app.post(
        "/v1/chat", response_model=schemas.ChatResponse, tags=["chat"], summary="Answer a customer's message"
    )
    async def chat(
        body: schemas.ChatRequest, request: Request, caller: Annotated[Principal, Depends(principal)]
    ) -> Response:
        """JSON, or with `stream` true server-sent events: `meta`, `rung`, `delta`, `card`, `done`, `error`."""
        _check_length(service, "message", body.message)
        request_id: str = request.state.request_id
        turn = service.turn(caller, body.message, body.conversation_id, request_id)
        if body.stream:
            # The first event is awaited here, so that what fails before it is an ordinary error response.
            stream = events(turn, request_id)
            first = await anext(stream)
            rest = with_heartbeat(stream, _HEARTBEAT_S)
            return StreamingResponse(
                _chained(first, rest), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
            )
        return JSONResponse(chat_response(await _finish(turn)).model_dump())

    @app.post(
        "/api/chat", response_model=schemas.PlainChatResponse, tags=["chat"], summary="A text in, a text out"
    )
    async def plain_chat(
        body: schemas.PlainChatRequest, request: Request, caller: Annotated[Principal, Depends(principal)]
    ) -> schemas.PlainChatResponse:
        _check_length(service, "input", body.input)
        turn = service.turn(caller, body.input, None, request.state.request_id)
        return schemas.PlainChatResponse(answer=(await _finish(turn)).reply.answer)


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        yield first
        async for item in rest:
            yield item
    finally:
        await rest.aclose()  # type: ignore[attr-defined]


async def _finish(turn: Any) -> Finished:
    finished: Finished | None = None
    async for item in turn:
        if isinstance(item, Finished):
            finished = item
    if finished is None:
        raise AssertionError("a turn ended without its reply")
    return finished


def _add_reading(app: FastAPI, service: Service) -> None:
    key = _key_dependency(service)
    principal = _principal_dependency(service)

    @app.post("/v1/understand", response_model=schemas.UnderstandResponse, tags=["understanding"])
    async def understand(
        body: schemas.UnderstandRequest, caller: Annotated[ApiKey, Depends(key)]
    ) -> schemas.UnderstandResponse:
        """Intent, sentiment, entities and language of each text, in order."""
        for number, text in enumerate(body.texts):
            _check_length(service, f"texts.{number}", text)
        found = await service.understand(list(body.texts))
        return schemas.UnderstandResponse.model_validate({"results": found}, from_attributes=True)

    @app.get("/v1/knowledge/search", response_model=schemas.SearchResponse, tags=["knowledge"])
    async def search(
        caller: Annotated[ApiKey, Depends(key)],
        q: Annotated[schemas.MessageText, Query(description="what to look for", examples=["退货运费谁出"])],
        language: Annotated[str | None, Query(pattern="^(zh|en)$")] = None,
        limit: Annotated[int, Query(ge=1, le=20)] = 5,
    ) -> schemas.SearchResponse:
        """The shop's articles that answer, best first."""
        _check_length(service, "q", q)
        asked = language or language_of(q)
        request = SearchRequest(caller.tenant_id, q, "zh" if asked == "zh" else "en", limit)
        passages = await service.search(request)
        results = [
            schemas.PassageOut(
                id=p.article_id, version=p.version, title=p.title, quote=p.quote, body=p.body, kind=p.kind,
                intents=list(p.intents), categories=list(p.categories), score=p.score,
            )
            for p in passages
        ]  # fmt: skip
        return schemas.SearchResponse(results=results)

    @app.get("/v1/orders/{order_id}", tags=["orders"])
    async def order(
        order_id: str,
        caller: Annotated[Principal, Depends(principal)],
        language: Annotated[str, Query(pattern="^(zh|en)$")] = "zh",
    ) -> dict[str, Any]:
        """The signed-in customer's own order. Another customer's order is not found."""
        found, tenant = await service.order(caller, order_id)
        card = order_card(found, language, ZoneInfo(tenant.zone))
        card["tracking"] = [
            {"at": e.at.astimezone(ZoneInfo(tenant.zone)).isoformat(), "text": e.text.in_language(language)}
            for shipment in found.shipments
            for e in shipment.events
        ]
        return card


def _add_operations(app: FastAPI, service: Service) -> None:
    key = _key_dependency(service)

    @app.get("/healthz", tags=["operations"])
    async def healthz() -> dict[str, str]:
        """This replica's process is alive."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["operations"])
    async def readyz() -> JSONResponse:
        """Whether every part that an answer needs works, and how far the change log is behind."""
        state = await service.readiness()
        return JSONResponse(state, status_code=200 if state["is_ready"] else 503)

    @app.get("/metrics", tags=["operations"])
    async def metrics(caller: Annotated[ApiKey, Depends(key)]) -> PlainTextResponse:
        """Every replica's metrics in Prometheus' text format. Needs an operator key."""
        if caller.role is not ApiKeyRole.OPERATOR:
            raise Forbidden("this needs an operator key")
        return PlainTextResponse(await service.metrics_text(), media_type="text/plain; version=0.0.4")


def _add_error_handlers(app: FastAPI) -> None:
    async def known(request: Request, error: Exception) -> JSONResponse:
        return _error_response(request, shape_of(error) or INTERNAL, error)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        told = _told(error)
        return _error_response(request, shape_of(told) or INTERNAL, told)

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        # FastAPI wraps whatever the body's reading raised: the body limit is one of those.
        if isinstance(error.__cause__, ServingError):
            return await known(request, error.__cause__)
        return _error_response(request, _http_shape(error, request), error)

    app.add_exception_handler(ServingError, known)
    app.add_exception_handler(CommerceError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def _http_shape(error: HTTPException, request: Request) -> Shape:
    if error.status_code == 404:
        return Shape(404, "not_found", f"no such route as {request.url.path[:100]!r}; see /docs")
    if error.status_code == 405:
        return Shape(405, "method_not_allowed", f"{request.method} is not for this route; see /docs")
    if error.status_code == 400:
        return Shape(
            400,
            "invalid_json",
            "the body can't be read; send JSON in UTF-8 with Content-Type: application/json",
        )
    return Shape(error.status_code, "invalid_request", "the request can't be served; see /docs")


def _told(error: RequestValidationError) -> ServingError:
    """The first fault, in words for the client. The input itself is never repeated."""
    first = error.errors()[0]
    location = [str(part) for part in first["loc"] if part not in {"body", "query", "header", "path"}]
    field = ".".join(location) or "body"
    if first["type"] == "json_invalid":
        return JsonInvalid(
            "body", f"is not valid JSON near character {first['loc'][-1]}; send a JSON object in UTF-8"
        )
    if first["type"] in {"model_attributes_type", "dict_type"} or (
        first["type"] == "missing" and not location
    ):
        return JsonInvalid("body", "must be a JSON object, sent with Content-Type: application/json")
    if first["type"] == "missing":
        return RequestInvalid(field, "is missing; add it (see /docs)")
    if first["type"] == "extra_forbidden":
        return RequestInvalid(field, "is not a known field; remove it or check its spelling (see /docs)")
    if first["type"] == "string_unicode":
        return RequestInvalid(
            field, "holds half of a surrogate pair, which is no character; send valid UTF-8"
        )
    return RequestInvalid(field, first["msg"].removeprefix("Value error, "))


def _error_response(request: Request, shape: Shape, error: Exception) -> JSONResponse:
    request_id = getattr(request.state, "request_id", None) or f"req_{secrets.token_hex(16)}"
    headers: dict[str, str] = {}
    if shape.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(shape.retry_after_s)))
    if shape.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(error_body(shape, error, request_id), status_code=shape.status, headers=headers)
