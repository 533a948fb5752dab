"""The FastAPI factory: routes, keys, error shapes. A test drives it with fakes and httpx.ASGITransport."""

from dataclasses import asdict
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from commerce.domain.access import Permission
from commerce.domain.feedback import Origin
from commerce.domain.identity import ApiKey, Principal
from deployments.api import schemas
from deployments.api.actions import add_actions
from deployments.api.caller import (
    check_explainable,
    check_length,
    key_dependency,
    principal_dependency,
)
from deployments.api.customers import add_customers
from deployments.api.errors import item_error
from deployments.api.events import chat_response, events, streaming_response
from deployments.api.handlers import add_error_handlers
from deployments.api.keys import add_keys
from deployments.api.knowledge import add_knowledge
from deployments.api.middleware import RequestFrame
from deployments.api.openai import add_openai
from deployments.api.operators import add_operators
from deployments.api.order_events import add_order_events
from deployments.api.page import add_page
from deployments.api.policy import add_policy
from deployments.api.privacy import add_privacy
from deployments.api.service import Service
from deployments.chat import Finished
from deployments.errors import RequestInvalid, StageError
from models.types import INTENTS, Understood
from routing.wording import order_card

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.ErrorResponse} for status in (400, 401, 403, 404, 413, 422, 429, 503)
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
    add_error_handlers(app)
    _add_chat(app, service)
    _add_reading(app, service)
    _add_operations(app, service)
    add_knowledge(app, service)
    add_customers(app, service)
    add_privacy(app, service)
    add_actions(app, service)
    add_order_events(app, service)
    add_operators(app, service)
    add_keys(app, service)
    add_policy(app, service)
    add_openai(app, service)
    add_page(app, service)
    return app


def _add_chat(app: FastAPI, service: Service) -> None:
    principal = principal_dependency(service)

    @app.post(
        "/v1/chat", response_model=schemas.ChatResponse, tags=["chat"], summary="Answer a customer's message"
    )
    async def chat(
        body: schemas.ChatRequest, request: Request, caller: Annotated[Principal, Depends(principal)]
    ) -> Response:
        """JSON, or with `stream` true server-sent events: `meta`, `rung`, `delta`, `card`, `done`, `error`."""
        check_length(service, "message", body.message)
        request_id: str = request.state.request_id
        turn = service.turn(caller, body.message, body.conversation_id, request_id)
        if body.stream:
            return await streaming_response(events(turn, request_id))
        return JSONResponse(chat_response(await _finish(turn)).model_dump())

    @app.post(
        "/api/chat", response_model=schemas.PlainChatResponse, tags=["chat"], summary="A text in, a text out"
    )
    async def plain_chat(
        body: schemas.PlainChatRequest, request: Request, caller: Annotated[Principal, Depends(principal)]
    ) -> schemas.PlainChatResponse:
        check_length(service, "input", body.input)
        turn = service.turn(caller, body.input, None, request.state.request_id)
        return schemas.PlainChatResponse(answer=(await _finish(turn)).reply.answer)


async def _finish(turn: Any) -> Finished:
    finished: Finished | None = None
    async for item in turn:
        if isinstance(item, Finished):
            finished = item
    if finished is None:
        raise AssertionError("a turn ended without its reply")
    return finished


def _add_reading(app: FastAPI, service: Service) -> None:
    key = key_dependency(service)
    principal = principal_dependency(service)

    @app.post("/v1/understand", response_model=schemas.UnderstandResponse, tags=["understanding"])
    async def understand(
        body: schemas.UnderstandRequest, caller: Annotated[ApiKey, Depends(key)]
    ) -> schemas.UnderstandResponse:
        """Intent, sentiment, entities and language of each text, in order; with `explain`, why."""
        for number, text in enumerate(body.texts):
            check_length(service, f"texts.{number}", text)
        if body.explain:
            check_explainable(caller, body.texts)
        read = await service.understand(caller.tenant_id, list(body.texts))
        found = [asdict(answer) if isinstance(answer, Understood) else answer for answer in read]
        if body.explain:
            explained = zip(body.texts, found, strict=True)
            found = [await _explained(service, caller.tenant_id, text, answer) for text, answer in explained]
        failures = [answer for answer in found if isinstance(answer, StageError)]
        if len(failures) == len(found):
            raise failures[0]
        results = [
            {"error": item_error(answer)} if isinstance(answer, StageError) else answer for answer in found
        ]
        return schemas.UnderstandResponse.model_validate({"results": results})

    @app.post("/v1/feedback", response_model=schemas.FeedbackResponse, tags=["understanding"])
    async def feedback(
        body: schemas.FeedbackRequest,
        caller: Annotated[ApiKey, Depends(key_dependency(service, Permission.TEACH))],
        who: Annotated[Principal, Depends(principal)],
    ) -> schemas.FeedbackResponse:
        """Correct a reading: the next candidate learns from it. Needs a shop's or an operator's key. With the conversation or
        the customer's token, the text is forgotten when the customer is.
        """
        check_length(service, "text", body.text)
        for field, intent in (("intent", body.intent), ("said", body.said)):
            if intent is not None and intent not in INTENTS:
                raise RequestInvalid(field, f"is no intent; write one of {', '.join(INTENTS)}")
        origin = Origin(who.customer_id, body.conversation_id)
        kept = await service.add_feedback(caller, body.text, body.intent, body.said, origin)
        return schemas.FeedbackResponse(feedback_id=kept.feedback_id, text=kept.text, intent=kept.intent)

    @app.get("/v1/orders/{order_id}", tags=["orders"])
    async def order(
        order_id: str,
        caller: Annotated[Principal, Depends(principal_dependency(service, Permission.ACT_ON_ORDERS))],
        language: Annotated[str, Query(pattern="^(zh|en)$")] = "zh",
    ) -> dict[str, Any]:
        """The signed-in customer's own order; for an agent, any of the shop's. Another customer's order is not found."""
        found, tenant = await service.order(caller, order_id)
        card = order_card(found, language, ZoneInfo(tenant.zone))
        card["tracking"] = [
            {"at": e.at.astimezone(ZoneInfo(tenant.zone)).isoformat(), "text": e.text.in_language(language)}
            for shipment in found.shipments
            for e in shipment.events
        ]
        return card


async def _explained(
    service: Service, tenant_id: str, text: str, answer: dict[str, Any] | StageError
) -> dict[str, Any] | StageError:
    """The reading with its reasons. A text that can't be explained fails alone, as one that can't be read."""
    if isinstance(answer, StageError):
        return answer
    try:
        return answer | {"explanation": asdict(await service.explain(tenant_id, text))}
    except StageError as error:
        return error


def _add_operations(app: FastAPI, service: Service) -> None:
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
    async def metrics(
        caller: Annotated[ApiKey, Depends(key_dependency(service, Permission.READ_METRICS))],
    ) -> PlainTextResponse:
        """Every replica's metrics in Prometheus' text format. Needs an operator key."""
        return PlainTextResponse(await service.metrics_text(), media_type="text/plain; version=0.0.4")
