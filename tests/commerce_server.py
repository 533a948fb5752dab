"""The HTTP API over a store, served on a Unix socket until it is killed: python -m tests.commerce_server URL SOCKET."""

import asyncio
import sys

import uvicorn

from commerce.store import open_store
from deployments.api.app import create_app
from deployments.identity import GatewayIdentity
from tests.local_service import Local, OptionalStage


async def serve(url: str, socket: str) -> None:
    async with open_store(url) as store:
        # Actions need no models.
        service = Local(
            store, GatewayIdentity(generations=("small",)), OptionalStage(None), OptionalStage(None)
        )
        await uvicorn.Server(uvicorn.Config(create_app(service), uds=socket, log_level="warning")).serve()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
