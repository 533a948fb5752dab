"""kill -9 of the server during 1,000 commits: all that was acknowledged is there, nothing by half, retries change nothing."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from benchmarks.commerce_attack.audit import audit
from benchmarks.commerce_attack.shops import CUSTOMERS, NORTH, make_shops
from commerce import tokens
from commerce.domain.identity import ApiKeyRole
from commerce.store import Store, migrate, open_store
from tests.builders import new_key
from tests.local_service import SECRET

pytestmark = pytest.mark.thorough

COMMITS = 1_000
CLIENTS = 8
KILLS = 5
START_S = 120
ROOT = Path(__file__).parent.parent.parent
ADDRESS = {
    "recipient": "李静",
    "phone": "",
    "region": "浙江省",
    "city": "杭州市",
    "street": "1",
    "country": "CN",
}
SHIPPED = {"carrier_zh": "快递", "carrier_en": "Express", "tracking_number": "Q1"}


@dataclass
class Server:
    """A process of its own, started again whenever it was killed."""

    url: str
    socket: Path
    starts: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    is_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        command = (sys.executable, "-m", "tests.commerce_server", self.url, str(self.socket))
        self.process = subprocess.Popen(command, cwd=ROOT)
        self.starts += 1
        async with asyncio.timeout(START_S), client_of(self.socket) as client:
            while not await _answers(client):
                assert self.process.poll() is None, "the server ended by itself"
                await asyncio.sleep(0.05)
        self.is_up.set()

    def kill(self) -> None:
        assert self.process is not None
        self.is_up.clear()
        self.process.kill()
        self.process.wait()


@asynccontextmanager
async def client_of(socket: Path, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.AsyncHTTPTransport(uds=str(socket))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://kefu", headers=headers, timeout=60
    ) as client:
        yield client


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/healthz")).status_code == 200
    except httpx.TransportError:
        return False


@dataclass
class Work:
    """What was asked and answered. `asked`: path, body and caller by key; `lost` were answered by nothing at first."""

    server: Server
    headers: dict[str, str]
    asked: dict[str, tuple[str, dict[str, Any], str | None]] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    was_done: set[str] = field(default_factory=set)
    grown: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def post(
        self, path: str, body: dict[str, Any], caller: str | None, key: str | None
    ) -> dict[str, Any]:
        """The answer of the first server that gives one."""
        headers = self.headers | ({} if caller is None else {"X-Customer-Token": token_of(caller)})
        headers |= {} if key is None else {"Idempotency-Key": key}
        while True:
            await self.server.is_up.wait()
            try:
                async with client_of(self.server.socket, **headers) as client:
                    response = await client.post(path, json=body)
            except httpx.TransportError:
                response = None
            if response is not None and response.status_code < 500:
                assert response.status_code == 200, response.text
                answer: dict[str, Any] = response.json()
                return answer
            if key is not None:
                self.lost.add(key)
            await asyncio.sleep(0.01)

    async def commit(self, key: str, path: str, body: dict[str, Any], caller: str | None = None) -> None:
        self.asked[key] = (path, body, caller)
        answer = await self.post(path, body, caller, key)
        if answer["is_repeat"]:
            # Only what went unanswered may have been done already.
            assert key in self.lost
            self.was_done.add(key)
        async with self.grown:
            self.acknowledged[key] = answer["action_id"]
            self.grown.notify_all()

    async def until(self, count: int) -> None:
        async with self.grown:
            await self.grown.wait_for(lambda: len(self.acknowledged) >= count)


def token_of(customer_id: str) -> str:
    return tokens.mint(
        SECRET,
        tenant_id=NORTH.tenant_id,
        subject=customer_id,
        kind=tokens.TokenKind.CUSTOMER,
        now=datetime.now(UTC),
        ttl=timedelta(hours=1),
    )


async def follow(work: Work, number: int) -> None:
    """One order from its beginning to one of its ends: five commits or more."""
    order_id, owner = f"K{number}", CUSTOMERS[number % len(CUSTOMERS)]

    async def told(event: str, **said: Any) -> None:
        body = {"event": event, "at": datetime.now(UTC).isoformat(), **said}
        await work.commit(f"{order_id}-{event}", f"/v1/orders/{order_id}/events", body)

    async def done(action: str, **said: Any) -> None:
        wanted = {"action": action, "order_id": order_id, **said}
        proposal = await work.post("/v1/actions/propose", wanted, owner, None)
        body = {"arguments": wanted, "confirmation_token": proposal["confirmation_token"]}
        await work.commit(f"{order_id}-{action}", "/v1/actions", body, owner)

    item = {"variant_id": f"V{1 + number % 2}{'abc'[number % 3]}", "quantity": 1, "unit_price_minor": 20_00}
    await told("placed", customer_id=owner, items=[item], address=ADDRESS)
    await told("paid", parts=[{"method_id": f"alipay-{owner}", "amount_minor": 20_00}])
    # A gift card's money comes back with the cancellation.
    is_cancelled = bool(number % 3)
    method = "gift" if is_cancelled and number % 2 else "card"
    await done("change_payment", method_id=f"{method}-{owner}")
    await done("reissue_invoice", kind="electronic", title="T")
    if is_cancelled:
        await done("cancel", reason="no_longer_needed")
    else:
        await told("shipped", **SHIPPED)
        await told("delivered")
        await done("open_complaint", words="太慢")


async def kill_now_and_then(work: Work, store: Store) -> None:
    """In the middle of what is under way; the database's own process too, where it is one of several."""
    chance = Random(work.server.url)
    for number in range(KILLS):
        await work.until(COMMITS * (number + 1) // (KILLS + 1) + chance.randrange(20))
        if number == KILLS // 2 and work.server.url.startswith("postgresql"):
            await _kill_backend(store)
        work.server.kill()
        await work.server.start()


async def _kill_backend(store: Store) -> None:
    """PostgreSQL then ends all others, and recovers from its log."""
    others = (
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    async with store.reading() as connection:
        pids = list((await connection.execute(text(others))).scalars())
    os.kill(pids[0], signal.SIGKILL)


async def attack(url: str, folder: Path) -> None:
    await migrate(url)
    async with open_store(url) as store:
        await make_shops(store)
        key = await new_key(store, NORTH.tenant_id, ApiKeyRole.SHOP)
    server = Server(url, folder / "http")
    work = Work(server, {"Authorization": f"Bearer {key}"})
    await server.start()
    try:
        async with open_store(url) as store, asyncio.TaskGroup() as group:
            numbers = iter(range(10**6))
            killing = group.create_task(kill_now_and_then(work, store))
            for _ in range(CLIENTS):
                group.create_task(_follow_many(work, numbers.__next__))
            await killing
        assert server.starts == KILLS + 1 and work.lost and len(work.acknowledged) >= COMMITS
        await _check(work, url)
    finally:
        server.kill()


async def _follow_many(work: Work, next_number: Callable[[], int]) -> None:
    while len(work.acknowledged) < COMMITS:
        await follow(work, next_number())


async def _check(work: Work, url: str) -> None:
    """The books are right, and stay as they are when everything is asked once more."""
    shop = [(NORTH.tenant_id, _caller(work, key), key, done) for key, done in work.acknowledged.items()]
    async with open_store(url) as store:
        before = await audit(store, shop)
        assert not before.violations, "\n".join(before.violations[:20])
        assert before.actions == len(work.acknowledged)
        gate = asyncio.Semaphore(CLIENTS)
        await asyncio.gather(*(_again(work, key, gate) for key in work.asked))
        assert await audit(store, shop) == before


async def _again(work: Work, key: str, gate: asyncio.Semaphore) -> None:
    path, body, caller = work.asked[key]
    async with gate:
        answer = await work.post(path, body, caller, key)
    assert (answer["action_id"], answer["is_repeat"]) == (work.acknowledged[key], True)


def _caller(work: Work, key: str) -> str:
    caller = work.asked[key][2]
    return "shop" if caller is None else f"customer:{caller}"


@pytest.mark.timeout(1_800)
def test_a_server_killed_during_commits_loses_nothing_and_does_nothing_by_half(
    empty_database: str, tmp_path: Path
) -> None:
    asyncio.run(attack(empty_database, tmp_path))
