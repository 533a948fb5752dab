"""What the server's own processes cost during a run: CPU by group, and memory, from the process tree of a local cluster.

CPU times are read each second. Memory is what each process has for itself, plus its share of what it shares (PSS). The kernel
walks a process's whole map for that while the process waits, so it is read only every ten seconds.
"""

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import psutil

from benchmarks.load.figures import GroupUse, ServerUse
from benchmarks.process_groups import group
from cluster import processes

_EVERY_S: Final = 1.0
_TREE_EVERY: Final = 5
_MEMORY_EVERY: Final = 10
_MIB: Final = 1 << 20
OWNER: Final = "kefu up"


class NoLocalCluster(Exception):
    """No cluster of this home runs on this machine, so that its processes can't be read."""


@dataclass(frozen=True, slots=True)
class Sample:
    """CPU milliseconds so far by group, at a reading of time.monotonic(). What ended is still counted."""

    at: float
    cpu_ms: dict[str, float]


@dataclass
class _Seen:
    """A process of the cluster: its group, the CPU milliseconds it had when first seen, and has now."""

    process: psutil.Process
    group: str
    base_ms: float
    cpu_ms: float = 0.0
    is_gone: bool = False


class ServerWatch:
    """Samples in a thread for the time of a `with`. Raises NoLocalCluster on entering."""

    def __init__(self, home: Path) -> None:
        self._marks = home / "run" / "processes.json"
        self._seen: dict[tuple[int, float], _Seen] = {}
        self._samples: list[Sample] = []
        self._peaks_mib: defaultdict[str, float] = defaultdict(float)
        self._peak_mib = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="server-watch", daemon=True)

    def __enter__(self) -> Self:
        alive = processes.recorded(self._marks)
        if not alive:
            raise NoLocalCluster(
                f"no cluster of {self._marks.parent.parent} runs here: CPU and memory are not read"
            )
        self._root = alive[0]
        self._look(is_start=True)
        self._sample()
        self._read_memory()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._sample()
        self._read_memory()

    def _run(self) -> None:
        turn = 0
        while not self._stop.wait(_EVERY_S):
            turn += 1
            if turn % _TREE_EVERY == 0:
                self._look(is_start=False)
            self._sample()
            if turn % _MEMORY_EVERY == 0:
                self._read_memory()

    def _look(self, is_start: bool) -> None:
        """Find the tree's processes. What started meanwhile counts from its beginning."""
        try:
            found = [self._root, *self._root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for process in found:
            try:
                key = (process.pid, process.create_time())
                if key not in self._seen:
                    name = OWNER if process == self._root else group(" ".join(process.cmdline()))
                    self._seen[key] = _Seen(process, name, _cpu_ms(process) if is_start else 0.0)
            except psutil.NoSuchProcess:
                continue

    def _sample(self) -> None:
        used: defaultdict[str, float] = defaultdict(float)
        at = time.monotonic()
        for seen in self._seen.values():
            if not seen.is_gone:
                try:
                    seen.cpu_ms = _cpu_ms(seen.process) - seen.base_ms
                except psutil.NoSuchProcess:
                    seen.is_gone = True
            used[seen.group] += seen.cpu_ms
        self._samples.append(Sample(at, dict(used)))

    def _read_memory(self) -> None:
        now_mib: defaultdict[str, float] = defaultdict(float)
        for seen in self._seen.values():
            try:
                now_mib[seen.group] += seen.process.memory_full_info().pss / _MIB
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        for name, mib in now_mib.items():
            self._peaks_mib[name] = max(self._peaks_mib[name], mib)
        self._peak_mib = max(self._peak_mib, sum(now_mib.values()))

    def use(self, origin: float, from_s: float, to_s: float, requests: int) -> ServerUse:
        """What was used between two seconds of the run, whose 0 was at `origin` of time.monotonic(), for so many requests."""
        counts = Counter(seen.group for seen in self._seen.values())
        peaks = {name: self._peaks_mib[name] for name in counts}
        return summed(self._samples, counts, peaks, self._peak_mib, (origin, from_s, to_s), requests)


def _cpu_ms(process: psutil.Process) -> float:
    times = process.cpu_times()
    return 1000 * (times.user + times.system)


def summed(
    samples: list[Sample],
    counts: dict[str, int],
    peaks_mib: dict[str, float],
    peak_mib: float,
    window: tuple[float, float, float],
    requests: int,
) -> ServerUse:
    """Figures of the window (origin, from_s, to_s): from the last sample before it, or the first, to the first after it."""
    origin, from_s, to_s = window
    at_s = [sample.at - origin for sample in samples]
    first = max((i for i, at in enumerate(at_s) if at <= from_s), default=0)
    last = min((i for i, at in enumerate(at_s) if at >= to_s), default=len(samples) - 1)
    groups = {}
    for name in sorted(counts):
        used = samples[last].cpu_ms.get(name, 0.0) - samples[first].cpu_ms.get(name, 0.0)
        groups[name] = GroupUse(
            processes=counts[name],
            cpu_ms=round(used, 1),
            cpu_ms_per_request=round(used / max(requests, 1), 4),
            peak_pss_mib=round(peaks_mib.get(name, 0.0), 1),
        )
    series = {
        name: tuple(round(sample.cpu_ms.get(name, 0.0), 1) for sample in samples) for name in sorted(counts)
    }
    return ServerUse(
        groups=groups,
        cpu_ms_per_request=round(sum(g.cpu_ms for g in groups.values()) / max(requests, 1), 4),
        peak_pss_mib=round(peak_mib, 1),
        at_s=tuple(round(at, 3) for at in at_s),
        series_cpu_ms=series,
    )
