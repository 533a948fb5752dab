"""Any OpenAI-compatible endpoint as a generation engine: vLLM run elsewhere, or a provider."""

from collections.abc import AsyncIterator

import httpx

from deployments.completion_stream import chunks, request_body
from deployments.errors import StageFailed, StageOverloaded, StageRefused, StageTimeout, StageUnavailable
from deployments.identity import GenerationIdentity
from models.types import CompletionChunk, GenerationRequest

_CONNECT_S = 2.0
_PROBE_S = 5.0


class EndpointEngine:
    """A `ChatEngine` that streams from `identity.endpoint`. The key travels in the header alone."""

    def __init__(self, name: str, identity: GenerationIdentity, key: str | None) -> None:
        self._stage = f"generation.{name}"
        self._model = identity.model
        self._client = httpx.AsyncClient(
            base_url=str(identity.endpoint).rstrip("/"),
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(None, connect=_CONNECT_S),
        )

    async def generate(self, request: GenerationRequest) -> AsyncIterator[CompletionChunk]:
        """Chunks of the endpoint's stream. Leaving the iterator closes the connection, which aborts there."""
        body = request_body(request, self._model)
        timeout = httpx.Timeout(request.deadline_s, connect=_CONNECT_S)
        try:
            async with self._client.stream(
                "POST", "/chat/completions", json=body, timeout=timeout
            ) as response:
                await self._raise_for_status(response)
                async for chunk in chunks(response.aiter_lines(), self._stage):
                    yield chunk
        except httpx.TimeoutException as error:
            raise StageTimeout(self._stage, f"endpoint: {type(error).__name__}") from error
        except httpx.TransportError as error:
            raise StageUnavailable(self._stage, f"endpoint: {type(error).__name__}") from error

    async def check_health(self) -> None:
        """Raises StageError when the endpoint does not list its models."""
        try:
            response = await self._client.get("/models", timeout=_PROBE_S)
        except httpx.TransportError as error:
            raise StageUnavailable(self._stage, f"endpoint: {type(error).__name__}") from error
        await self._raise_for_status(response)

    async def aclose(self) -> None:
        """Close the connections to the endpoint."""
        await self._client.aclose()

    async def _raise_for_status(self, response: httpx.Response) -> None:
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise StageOverloaded(self._stage, "endpoint answered 429")
        if response.status_code in {httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY}:
            await response.aread()
            raise StageRefused(self._stage, f"the endpoint refused the request: {_told(response)}")
        if response.status_code != httpx.codes.OK:
            raise StageFailed(self._stage, f"endpoint answered {response.status_code}")


def _told(response: httpx.Response) -> str:
    """The endpoint's own words, where they are in OpenAI's shape."""
    try:
        return str(response.json()["error"]["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return f"status {response.status_code}"
