"""What queueing theory says of the time in a system, and the ideal queue for given arrivals. In seconds, and per second."""

import heapq
import math
from collections.abc import Callable, Sequence
from typing import Final

from scipy.optimize import brentq
from scipy.special import gammaln

_FAR: Final = 200.0


def md1_within(t: float, arrivals_per_s: float, service_s: float) -> float:
    """P(sojourn <= t) of M/D/1 (Erlang 1909; Crommelin 1932). Its terms alternate: good to rho 0.7 and t of 20 services."""
    waited = t - service_s
    if waited < 0:
        return 0.0
    rho = arrivals_per_s * service_s
    total = 0.0
    for k in range(int(waited / service_s) + 1):
        x = arrivals_per_s * (waited - k * service_s)
        if x > 0 or k == 0:
            log_size = x - float(gammaln(k + 1)) + (k * math.log(x) if k else 0.0)
            total += (-1) ** k * math.exp(log_size)
    return (1 - rho) * total


def mmc_within(t: float, arrivals_per_s: float, service_s: float, servers: int) -> float:
    """P(sojourn <= t) of M/M/c, in closed form with Erlang's C."""
    mu, theta = 1 / service_s, servers / service_s - arrivals_per_s
    waits = erlang_c(arrivals_per_s * service_s, servers)
    alone = math.exp(-mu * t)
    # The sum of two exponential times, whose closed form is another one where their rates are the same.
    both = (1 + mu * t) * alone
    if not math.isclose(theta, mu):
        both = (theta * alone - mu * math.exp(-theta * t)) / (theta - mu)
    return 1 - (1 - waits) * alone - waits * both


def erlang_c(offered: float, servers: int) -> float:
    """P(an arrival has to wait)."""
    below = sum(offered**k / math.factorial(k) for k in range(servers))
    full = offered**servers / math.factorial(servers) / (1 - offered / servers)
    return full / (below + full)


def quantile(within: Callable[[float], float], share: float, service_s: float) -> float:
    """The time that `share` of the requests are within; `within` grows."""
    # M/D/1 has an atom at its service time: whoever finds the server free.
    if within(service_s) >= share > within(service_s * (1 - 1e-9)):
        return service_s
    high = service_s
    while within(high) < share and high < _FAR * service_s:
        high += service_s
    return float(brentq(lambda t: within(t) - share, 0.0, high, xtol=1e-9))


def sojourns(arrivals: Sequence[float], services: Sequence[float], servers: int) -> list[float]:
    """Each request's time in a first-come, first-served queue that starts empty (Lindley; Kiefer and Wolfowitz)."""
    free = [0.0] * servers
    times = []
    for arrival, service in zip(arrivals, services, strict=True):
        ends = max(arrival, free[0]) + service
        heapq.heapreplace(free, ends)
        times.append(ends - arrival)
    return times
