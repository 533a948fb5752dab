"""A driver process: sends its part of the plan, and tells the run's process how it goes."""

import asyncio
import gc
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.load.clock import precise_timer
from benchmarks.load.records import DriverWatch, Outcome, Planned, Record
from benchmarks.load.self_watch import SelfWatch
from benchmarks.load.sender import Sender, raise_descriptor_limit
from benchmarks.load.spool import Spool
from benchmarks.load.target import Target
from benchmarks.load.wire import unsent

_BEAT_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """`users` who each send the next request when the one before has ended, for `seconds`."""

    users: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Job:
    """A process's part. `plan` is in the order of `at_s`; every conversation in it is whole."""

    process: int
    plan: tuple[Planned, ...]
    target: Target
    file: Path
    patience_s: float
    closed_loop: ClosedLoop | None


@dataclass(frozen=True, slots=True)
class Progress:
    """When the server was last heard; since when exchanges fail with nothing heard, None while they do not."""

    heard: float
    trouble_since: float | None
    spool_problem: str | None


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a run ends before its plan, and the outcome of the requests that it cuts off."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """A process's last word. `unwritten` are the records that are not in its spool file."""

    watch: DriverWatch
    unwritten: tuple[Record, ...]
    spool_problem: str | None


def work(job: Job, connection: Connection) -> None:
    """The process's main. Says "ready"; gets the run's origin, then perhaps an Ending; a closed pipe ends it too."""
    # The run's process decides what an interrupt means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise_descriptor_limit()
    # A collection over the whole plan would stop every request for its time.
    gc.collect()
    gc.freeze()
    connection.send("ready")
    try:
        origin: float = connection.recv()
        connection.send(uvloop.run(_Worker(job, connection, origin).run()))
    except (EOFError, BrokenPipeError):
        return


class _Worker:
    """One process's run. Each planned request that was begun has one record, however it ends."""

    def __init__(self, job: Job, connection: Connection, origin: float) -> None:
        self._job, self._connection, self._origin = job, connection, origin
        self._spool = Spool(job.file)
        self._ending = Ending("cancelled", "the run was stopped")
        self._turns: dict[int, asyncio.Task[str | None]] = {}
        self._under_way: set[asyncio.Task[str | None]] = set()
        self._sent = 0

    async def run(self) -> Done:
        asyncio.get_running_loop().add_reader(self._connection.fileno(), self._told)
        async with Sender(self._job.target, self._origin, self._job.patience_s) as self._sender:
            self._sending = asyncio.create_task(self._send_all())
            watch = SelfWatch(self._job.process)
            beats = asyncio.create_task(self._beat())
            await asyncio.wait({self._sending})
            beats.cancel()
            await asyncio.wait({beats})
            seen = await watch.stop(self._sent)
        self._spool.close()
        if not self._sending.cancelled() and (error := self._sending.exception()) is not None:
            raise error
        return Done(seen, tuple(self._spool.unwritten), self._spool.problem)

    def _told(self) -> None:
        """An Ending came, or the run's process is gone."""
        try:
            self._ending = self._connection.recv()
        except (EOFError, OSError):
            self._ending = Ending("cancelled", "the run's process is gone")
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
        self._sending.cancel()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            self._spool.flush()
            sender = self._sender
            self._tell(Progress(sender.heard, sender.trouble_since, self._spool.problem))

    def _tell(self, progress: Progress) -> None:
        try:
            self._connection.send(progress)
        except OSError:
            self._sending.cancel()

    async def _send_all(self) -> None:
        try:
            if self._job.closed_loop is None:
                await self._open_loop()
            else:
                await self._closed_loop(self._job.closed_loop)
            while self._under_way:
                await asyncio.wait(self._under_way)
        except asyncio.CancelledError:
            for task in self._under_way:
                task.cancel()
            if self._under_way:
                await asyncio.wait(self._under_way)

    async def _open_loop(self) -> None:
        with precise_timer() as timer:
            for planned in self._job.plan:
                await timer.until(self._origin + planned.at_s)
                before = self._turns.get(planned.conversation)
                task = asyncio.create_task(self._turn(planned, before))
                self._turns[planned.conversation] = task
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def _closed_loop(self, closed: ClosedLoop) -> None:
        by_conversation = sorted(self._job.plan, key=lambda p: (p.conversation, p.turn))
        turns = groupby(by_conversation, key=lambda p: p.conversation)
        conversations = (list(group) for _, group in turns)
        ends = self._origin + closed.seconds
        for _ in range(closed.users):
            task = asyncio.create_task(self._user(conversations, ends))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        await asyncio.sleep(0)

    async def _user(self, conversations: Iterator[list[Planned]], ends: float) -> str | None:
        for conversation in conversations:
            conversation_id = None
            for planned in conversation:
                now = time.monotonic()
                if now >= ends or asyncio.current_task().cancelling():  # type: ignore[union-attr]
                    return None
                begun = replace(planned, at_s=now - self._origin)
                conversation_id = await self._record(begun, now, conversation_id)
        return None

    async def _turn(self, planned: Planned, before: asyncio.Task[str | None] | None) -> str | None:
        """The conversation's id, for its next turn."""
        due, conversation_id = self._origin + planned.at_s, None
        if before is not None:
            if not before.done():
                try:
                    await asyncio.wait({before})
                except asyncio.CancelledError:
                    self._cut_off(planned, None, None)
                    return None
                due = time.monotonic()
            conversation_id = before.result()
        return await self._record(planned, due, conversation_id)

    async def _record(self, planned: Planned, due: float, conversation_id: str | None) -> str | None:
        self._sent += 1
        sent = time.monotonic()
        try:
            record, conversation_id = await self._sender.send(planned, due, conversation_id)
        except asyncio.CancelledError:
            self._cut_off(planned, due, sent)
        else:
            self._spool.add(record)
        return conversation_id

    def _cut_off(self, planned: Planned, due: float | None, sent: float | None) -> None:
        record = unsent(planned, self._ending.outcome, self._ending.reason)
        if due is not None and sent is not None:
            record = replace(record, due_s=due - self._origin, sent_s=sent - self._origin)
        self._spool.add(record)
