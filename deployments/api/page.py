"""The chat page for a browser, its files, and what the demonstration shop hands to it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from deployments.api.errors import Shape, error_body
from deployments.api.service import Service
from deployments.errors import Forbidden

PAGE: Final = "index.html"
_SCRIPT: Final = "text/javascript; charset=utf-8"
CONTENT_TYPES: Final[Mapping[str, str]] = {
    PAGE: "text/html; charset=utf-8",
    "chat.css": "text/css; charset=utf-8",
    **dict.fromkeys(("chat.js", "answer.js", "stream.js", "text.js", "words.js"), _SCRIPT),
}
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_LOOPBACK: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_NO_STORE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NO_DEMONSTRATION: Final = Shape(
    404,
    "no_demonstration",
    "this service gives browsers no key: enter one of the shop's API keys in the page",
)


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    content_type: str
    etag: str


def add_page(app: FastAPI, service: Service) -> None:
    """Add `/`, `/console/{name}` and `/demo`. The files are read here, once."""
    served = {name: _read(name, content_type) for name, content_type in CONTENT_TYPES.items()}

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        return _answer(request, served[PAGE])

    @app.get("/console/{name}", include_in_schema=False)
    async def file(request: Request, name: str) -> Response:
        if name not in served:
            raise HTTPException(404)
        return _answer(request, served[name])

    @app.get("/demo", include_in_schema=False)
    async def demo(request: Request) -> Response:
        _require_own_page(request)
        shown = await service.demonstration()
        if shown is None:
            body = error_body(request.url.path, _NO_DEMONSTRATION, None, request.state.request_id)
            return JSONResponse(body, _NO_DEMONSTRATION.status, _NO_STORE)
        return JSONResponse(asdict(shown), headers=_NO_STORE)


def _read(name: str, content_type: str) -> _File:
    content = files("deployments").joinpath("console", name).read_bytes()
    return _File(content, content_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _answer(request: Request, file: _File) -> Response:
    headers = {**HEADERS, "ETag": file.etag}
    known = request.headers.get("If-None-Match", "")
    if file.etag in (tag.strip().removeprefix("W/") for tag in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.content_type)


def _require_own_page(request: Request) -> None:
    """Forbidden for a page of another site, and for a name that only resolves to this machine (DNS rebinding)."""
    if not _LOOPBACK.fullmatch(request.headers.get("Host", "")):
        raise Forbidden("keys for the demonstration are given on this machine alone: open http://127.0.0.1")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("keys for the demonstration are given to its own page alone")
