"""What a text was read as, for as long as a turn lasts: nothing that a customer wrote or owns outlives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
# By who read it, and what.
Memory = dict[tuple[object, tuple[object, ...]], Any]
_NOW: Final[ContextVar[Memory | None]] = ContextVar("memory", default=None)


@contextmanager
def remembering(memory: Memory) -> Iterator[None]:
    """What is read meanwhile is kept in `memory`, and not read again where it is there."""
    token = _NOW.set(memory)
    try:
        yield
    finally:
        _NOW.reset(token)


def kept(read: Callable[[*Ts], T]) -> Callable[[*Ts], T]:
    """Reads the same only once while something is `remembering`."""

    @wraps(read)
    def once(*args: *Ts) -> T:
        memory = _NOW.get()
        if memory is None:
            return read(*args)
        key = read, args
        if key not in memory:
            memory[key] = read(*args)
        found: T = memory[key]
        return found

    return once
