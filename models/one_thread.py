"""Small matrices on one thread: on a busy machine, where shops train, more threads wait for each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def one_thread(*libraries: str) -> Iterator[None]:
    """Within, this process's BLAS and OpenMP use one thread. `libraries`: modules that bring theirs, imported first.

    Threads of a library that is first imported inside are not limited.
    """
    from threadpoolctl import threadpool_limits

    for library in libraries:
        import_module(library)
    with threadpool_limits(1):
        yield
