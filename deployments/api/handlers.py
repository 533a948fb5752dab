"""What went wrong, told to the client: one handler for each family of errors."""

import secrets

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from commerce.domain.errors import CommerceError
from deployments.api.errors import INTERNAL, Shape, error_body, shape_of, status_of
from deployments.errors import JsonInvalid, RequestInvalid, ServingError
from deployments.log import logger


def add_error_handlers(app: FastAPI) -> None:
    """Answer ours, the store's, the validator's and the router's errors in the shape of the route."""

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
    # The first part says where it was sent; a field of that name may follow.
    location = [str(part) for part in first["loc"][1:]]
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
    if shape.status >= 500:
        # The client reads what to do; what happened stands here. In the text, since Serve's own ids take the record's field.
        logger.warning("%s %s: %s", request_id, shape.type, error)
    headers: dict[str, str] = {}
    if shape.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(shape.retry_after_s)))
    if shape.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    path = request.url.path
    body = error_body(path, shape, error, request_id)
    return JSONResponse(body, status_code=status_of(path, shape), headers=headers)
