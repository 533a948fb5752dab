"""What a run came to, as a result holds it. Milliseconds count from the intended arrival unless a field says otherwise."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Number = Annotated[float, Field(allow_inf_nan=False)]


class Part(BaseModel):
    """A strict, frozen part of a result: an unknown or missing key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Spread(Part):
    """Latencies: percentiles to 0.1 %, and the HdrHistogram of microseconds that they come from."""

    count: int
    mean_ms: Number
    p50_ms: Number
    p90_ms: Number
    p99_ms: Number
    p999_ms: Number
    max_ms: Number
    histogram: str


class Slice(Part):
    """A part of the requests. `e2e` and `first` are of those that were served, so read `outcomes` beside them."""

    offered: int
    outcomes: dict[str, int]
    late: int
    goodput_per_s: Number
    e2e: Spread
    first: Spread


class OverTime(Part):
    """Bins of `bin_s`, the first from the end of the warm-up on. Outcomes and rungs are of the requests that were to arrive
    in a bin; `completed` and `good` of the served ones that ended there, so that both run on past the last arrival.
    """

    from_s: Number
    bin_s: Number
    offered: tuple[int, ...]
    completed: tuple[int, ...]
    good: tuple[Number, ...]
    outcomes: dict[str, tuple[int, ...]]
    rungs: dict[str, tuple[int, ...]]
    e2e_p50_ms: tuple[Number | None, ...]
    e2e_p99_ms: tuple[Number | None, ...]


class Figures(Part):
    """A run's measures, its warm-up left out. Goodput: the rung weights of what was served within its SLO, per second of
    the measured window; late, shed, cancelled and failed count 0.

    `everything` is the time until a request was over, however it ended: where it lies below `whole.e2e`, errors came fast.
    """

    window_s: Number
    whole: Slice
    everything: Spread
    offered_per_s: Number
    completed_per_s: Number
    good_share: Number
    rungs: dict[str, int]
    per_token: Spread
    per_piece: Spread
    stages: dict[str, Spread]
    dispatch_delay: Spread
    by: dict[str, dict[str, Slice]]
    over_time: OverTime
    errors: dict[str, int]


class GroupUse(Part):
    """What the processes of a group used: CPU over the measured window, and the most memory seen at once (PSS)."""

    processes: int
    cpu_ms: Number
    cpu_ms_per_request: Number
    peak_pss_mib: Number


class ServerUse(Part):
    """The server's own cost, read from its process tree. `series_cpu_ms` is the CPU so far, all groups, at `at_s`."""

    groups: dict[str, GroupUse]
    cpu_ms_per_request: Number
    peak_pss_mib: Number
    at_s: tuple[Number, ...]
    series_cpu_ms: dict[str, tuple[Number, ...]]
