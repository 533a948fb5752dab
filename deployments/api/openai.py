"""OpenAI's API: `kefu` is the whole pipeline, `kefu/large` and `kefu/small` are the raw engines for an operator's key."""

import time
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from commerce.domain.access import Permission, may
from commerce.domain.identity import ApiKey
from deployments.api import schemas
from deployments.api.caller import Caller, caller_dependency, check_length, key_dependency, key_roles
from deployments.api.completions import Completion, Part, engine_parts, pipeline_parts
from deployments.api.events import streaming_response
from deployments.api.openai_schemas import CompletionRequest, ModelList, ModelOut
from deployments.api.service import Service
from deployments.errors import Forbidden, ModelUnknown, RequestInvalid
from models.types import GenerationRequest

PIPELINE: Final = "kefu"
_ENGINE_PREFIX: Final = "kefu/"


def add_openai(app: FastAPI, service: Service) -> None:
    """Add `/v1/chat/completions` and `/v1/models`."""
    key = key_dependency(service)
    started = int(time.time())

    def models_of(caller: ApiKey) -> list[ModelOut]:
        engines = service.engines if may(key_roles(caller), Permission.USE_RAW_ENGINES) else ()
        ids = (PIPELINE, *(f"{_ENGINE_PREFIX}{name}" for name in engines))
        return [ModelOut(id=model, created=started) for model in ids]

    @app.get("/v1/models", tags=["openai"], response_model=ModelList)
    async def models(caller: Annotated[ApiKey, Depends(key)]) -> ModelList:
        """The models that this key may name: the pipeline, and with an operator's key the raw engines."""
        return ModelList(data=models_of(caller))

    @app.get("/v1/models/{model:path}", tags=["openai"], response_model=ModelOut)
    async def model(model: str, caller: Annotated[ApiKey, Depends(key)]) -> ModelOut:
        """One model."""
        found = next((m for m in models_of(caller) if m.id == model), None)
        if found is None:
            raise _unknown(service, model)
        return found

    @app.post("/v1/chat/completions", tags=["openai"], summary="OpenAI's chat completions")
    async def complete(
        body: CompletionRequest,
        request: Request,
        caller: Annotated[Caller, Depends(caller_dependency(service))],
    ) -> Response:
        """`model` `kefu` answers the last user message as `/v1/chat` does; system, assistant and tool messages are the
        client's and are not believed. `metadata.conversation_id` goes on with a conversation. Token counts of `kefu` are in
        its own unit: a Chinese character, or four other characters. `kefu/small` and `kefu/large` are the engines themselves.
        """
        request_id: str = request.state.request_id
        completion = Completion(request_id, body.model, int(time.time()), body.includes_usage)
        parts = _parts(service, body, caller, request_id)
        if body.stream:
            return await streaming_response(completion.stream(parts))
        return JSONResponse(await completion.whole(parts))


def _parts(service: Service, body: CompletionRequest, caller: Caller, request_id: str) -> AsyncIterator[Part]:
    """The completion's parts, from the pipeline or from the engine that was named."""
    if body.model == PIPELINE:
        message = _last_user_message(service, body)
        conversation_id = body.metadata.conversation_id if body.metadata else None
        turn = service.turn(caller.principal, message, conversation_id, request_id)
        return pipeline_parts(turn, message, body.most_tokens, body.stops)
    name = body.model.removeprefix(_ENGINE_PREFIX)
    if not body.model.startswith(_ENGINE_PREFIX) or name not in service.engines:
        raise _unknown(service, body.model)
    if not may(caller.roles, Permission.USE_RAW_ENGINES):
        raise Forbidden(f"{body.model} is a raw engine and needs an operator key; use the model {PIPELINE}")
    asked = GenerationRequest(
        request_id,
        tuple(message.as_message() for message in body.messages),
        body.most_tokens,
        1.0 if body.temperature is None else body.temperature,
        service.limits.engine_deadline_s,
        body.stops,
        body.sampling(),
    )
    return engine_parts(service.complete(name, asked))


def _last_user_message(service: Service, body: CompletionRequest) -> str:
    for place in range(len(body.messages) - 1, -1, -1):
        if body.messages[place].role == "user":
            field = f"messages.{place}.content"
            text = body.messages[place].content
            try:
                cleaned = schemas.PlainChatRequest(input=text).input
            except ValidationError as error:
                problem = error.errors()[0]["msg"].removeprefix("Value error, ")
                raise RequestInvalid(field, problem) from None
            check_length(service, field, cleaned)
            return cleaned
    raise RequestInvalid("messages", "hold no message of the role user; add what the customer said")


def _unknown(service: Service, model: str) -> ModelUnknown:
    known = ", ".join((PIPELINE, *(f"{_ENGINE_PREFIX}{name}" for name in service.engines)))
    return ModelUnknown("model", f"there is no model {model[:100]!r}; there are: {known}")
