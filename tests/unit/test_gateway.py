"""The gateway over a real store, with handles in process for its stages."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from commerce.domain.errors import StoreUnavailable
from commerce.store import Store
from deployments import gateway
from deployments.contracts import Message
from deployments.gateway import Gateway
from deployments.snapshots import Snapshots
from models.types import Understood
from models.understanding.catalogue import CatalogueNames, Name
from models.understanding.fake import FakeUnderstanding
from tests.builders import TENANT


@dataclass
class Handle:
    """A deployment handle of understanding, whose replica is the fake engine."""

    texts: list[str] = field(default_factory=list)

    @property
    def understand(self) -> "Handle":
        return self

    async def remote(self, messages: list[Message]) -> list[Understood]:
        self.texts += [text for _, text in messages]
        return FakeUnderstanding().predict([text for _, text in messages])


async def test_no_reading_is_made_in_vain_while_the_catalogues_names_cannot_be_had(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle: Any = Handle()
    monkeypatch.setattr(gateway, "open_store", lambda _: store)
    made = Gateway(lambda _: "secret", handle, handle, handle, handle)
    await made.reconfigure({})

    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    async def hung(*_: object) -> None:
        await asyncio.Event().wait()

    async def kept(*_: object) -> CatalogueNames:
        return CatalogueNames([Name("brand", "云步", "yunbu")])

    for answer in (away, hung):
        with monkeypatch.context() as broken, pytest.raises(StoreUnavailable):
            broken.setattr(gateway, "_READ_S", 0.05)
            broken.setattr(Store, "tenant", answer)
            await made.understand(TENANT.tenant_id, ["云步的发票"])
    assert handle.texts == []

    with monkeypatch.context() as cached:
        cached.setattr(Snapshots, "names", kept)
        cached.setattr(Store, "tenant", away)
        [reading] = await made.understand(TENANT.tenant_id, ["云步的发票"])
    assert isinstance(reading, Understood) and "yunbu" in {entity.value for entity in reading.entities}
