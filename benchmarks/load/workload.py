"""What a load test sends, as one strict YAML: arrivals, mix, conversations, tenants, patience, objectives.

`load` checks a file whole and names each fault by its key's path with what to write instead. All times are seconds of the
run, and 0 is its start.
"""

import difflib
import hashlib
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from benchmarks.load import traces
from benchmarks.load.arrival_kinds import KINDS, MOST_SECONDS, Arrivals, Number, Replay, Second, expected
from benchmarks.load.records import Route
from cluster.config_error import ConfigError, explain
from deployments.identity import Section
from models.types import INTENTS

MOST_REQUESTS: Final = 2_000_000
MOST_ENTRIES: Final = 1000
TALKING: Final[frozenset[Route]] = frozenset(("chat", "chat_stream", "completions", "completions_stream"))
"""Routes that hold conversations; a request to the others stands alone."""
SERVE_FILE: Final = "serve_file"
_KIND_IN_PATH: Final = re.compile(rf"^arrivals\.({'|'.join(KINDS)})(?=[.:])")
_PLAINER: Final = (
    (
        re.compile("Unable to extract tag using discriminator 'kind'"),
        f"kind is missing; use one of {', '.join(KINDS)}",
    ),
    (
        re.compile("Input tag (.+) found using 'kind' does not match any of the expected tags:"),
        r"there is no kind \1; use",
    ),
)
_SECRET_PATH: Final = re.compile(r"^tenants\.\d+\.(key|customer_token):")
"""What was written there may be the key itself: an error never repeats it."""


def _no_percentage(value: Any) -> Any:
    if isinstance(value, str) and value.strip().endswith("%"):
        raise ValueError(
            "write a plain number without %: weights are relative, 60 and 40 or 0.6 and 0.4 alike"
        )
    return value


def _no_percentage_share(value: Any) -> Any:
    if isinstance(value, str) and value.strip().endswith("%"):
        raise ValueError("write a share from 0 to 1 without %, such as 0.6")
    return value


def _weighted(weights: dict[Any, float]) -> dict[Any, float]:
    if sum(weights.values()) <= 0:
        raise ValueError(
            "the weights sum to 0, so nothing could be drawn; give at least one a weight above 0"
        )
    return weights


def _some(entries: tuple[Any, ...]) -> tuple[Any, ...]:
    # A validator and not min_length: that one also complains of a list whose entries were refused, and shows them.
    if not 1 <= len(entries) <= MOST_ENTRIES:
        raise ValueError(f"write 1 to {MOST_ENTRIES} entries")
    return entries


def _known_intents(weights: dict[str, float]) -> dict[str, float]:
    for name in weights:
        if name not in INTENTS:
            close = difflib.get_close_matches(name, INTENTS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(sorted(INTENTS))}"
            raise ValueError(f"there is no intent {name!r}; {hint}")
    return weights


def check_loopback(url: str) -> str:
    """The base URL without a trailing slash. ValueError for a host that is not this machine: load goes nowhere else."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        is_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here or parts.scheme != "http":
        raise ValueError("load tests talk to this machine only; write http://127.0.0.1:PORT, or serve_file")
    if parts.username or parts.query or parts.fragment or parts.path not in {"", "/"}:
        raise ValueError("write the base URL alone, such as http://127.0.0.1:8000")
    return url.rstrip("/")


def _is_target(value: str) -> str:
    return value if _is_serve_file(value) else check_loopback(value)


def _is_key_reference(value: str) -> str:
    kind, _, rest = value.partition(":")
    if _is_serve_file(value) or (kind in {"env", "file"} and rest):
        return value
    raise ValueError("a key is named, never written here; write serve_file, env:NAME or file:PATH")


def _is_serve_file(value: str) -> bool:
    kind, colon, path = value.partition(":")
    return kind == SERVE_FILE and bool(path or not colon)


Weight = Annotated[float, BeforeValidator(_no_percentage), Number, Field(ge=0, le=1e9)]
Share = Annotated[float, BeforeValidator(_no_percentage_share), Number, Field(ge=0, le=1)]
Language = Literal["zh", "en"]
Length = Literal["short", "medium", "long"]
KeyReference = Annotated[str, AfterValidator(_is_key_reference)]
Rung = Literal["large", "small", "composed", "acknowledgement"]


Intents = Annotated[dict[str, Weight], AfterValidator(_known_intents), AfterValidator(_weighted)]


def _both_languages() -> dict[Language, float]:
    return {"zh": 1.0, "en": 1.0}


def _all_lengths() -> dict[Length, float]:
    return {"short": 1.0, "medium": 1.0, "long": 1.0}


class Traffic(Section):
    """A share of the conversations: over which route, about what, in which language and length."""

    route: Route
    weight: Weight = 1.0
    intents: Intents
    languages: Annotated[dict[Language, Weight], AfterValidator(_weighted)] = Field(
        default_factory=_both_languages
    )
    length: Annotated[dict[Length, Weight], AfterValidator(_weighted)] = Field(default_factory=_all_lengths)


class ThinkTime(Section):
    """How long a customer takes from sending a message to sending the next. `sigma` is of a lognormal's logarithm."""

    mean: Annotated[float, Number, Field(gt=0, le=MOST_SECONDS)] = 8.0
    distribution: Literal["exponential", "constant", "lognormal"] = "exponential"
    sigma: Annotated[float, Number, Field(gt=0, le=3)] = 0.8


class Conversations(Section):
    """How many messages a conversation has, as weights by number, and the time between them."""

    turns: Annotated[
        dict[Annotated[int, Field(ge=1, le=20)], Weight],
        Field(min_length=1),
        AfterValidator(_weighted),
    ] = Field(default_factory=lambda: {1: 1.0})
    think_time_s: ThinkTime = ThinkTime()


class Tenant(Section):
    """A shop whose customers send. Keys are named, never written: `serve_file` (or `serve_file:PATH`) is what `kefu up`
    writes, `env:NAME` a variable, `file:PATH` a file. Without `customer_token` its customers are not signed in.
    """

    name: str = Field(min_length=1, max_length=100)
    weight: Weight = 1.0
    key: KeyReference = SERVE_FILE
    customer_token: KeyReference | None = None


class RungWeights(Section):
    """What an answer counts in goodput, by the rung that gave it: 0 to 1."""

    large: Share = 1.0
    small: Share = 1.0
    composed: Share = 0.5
    acknowledgement: Share = 0.0


class Objective(Section):
    """A route's SLO, in seconds from the intended arrival: the first checked text (`first_s`), and the end (`e2e_s`).

    `rung_weights` replaces the workload's for this route.
    """

    first_s: Annotated[float, Number, Field(gt=0, le=600)] | None = None
    e2e_s: Annotated[float, Number, Field(gt=0, le=600)]
    rung_weights: RungWeights | None = None


class Workload(Section):
    """A whole load test. `duration_s` is how long is sent; its first `warm_up_s` are sent and not measured.

    Arrivals are of conversations: with k messages each on average, requests come k times as often.
    """

    seed: Annotated[int, Field(strict=True, ge=0, lt=2**63)]
    target: Annotated[str, AfterValidator(_is_target)] = SERVE_FILE
    duration_s: Annotated[float, Number, Field(gt=0, le=MOST_SECONDS)]
    warm_up_s: Second = 0.0
    arrivals: Arrivals
    mix: Annotated[tuple[Traffic, ...], AfterValidator(_some)]
    conversations: Conversations = Conversations()
    tenants: Annotated[tuple[Tenant, ...], AfterValidator(_some)] = (
        Tenant(name="demo", customer_token=SERVE_FILE),
    )
    patience_s: Annotated[float, Number, Field(gt=0, le=600)] = 30.0
    slo: dict[Route, Objective]
    rung_weights: RungWeights = RungWeights()

    def weights_of(self, route: Route) -> RungWeights:
        """What the rungs count on that route."""
        objective = self.slo.get(route)
        return (objective.rung_weights if objective else None) or self.rung_weights

    def mean_turns(self, traffic: Traffic) -> float:
        """Messages of a conversation, on average."""
        weights: Mapping[int, float] = self.conversations.turns if traffic.route in TALKING else {1: 1.0}
        return sum(number * weight for number, weight in weights.items()) / sum(weights.values())


def read_trace(workload: Workload) -> traces.Trace | None:
    """The trace that a replay plays, None for other arrivals. TraceError says what is wrong with it."""
    if not isinstance(workload.arrivals, Replay):
        return None
    replayed = workload.arrivals
    return traces.read(replayed.file, replayed.time_column, replayed.rate_column)


def config_hash(workload: Workload, trace: traces.Trace | None) -> str:
    """SHA-256, in hex, of the workload's meaning: not of its file's layout, nor of where a trace lies."""
    document = workload.model_dump(mode="json")
    if trace is not None:
        document["arrivals"]["file"] = f"sha256:{trace.sha256}"
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def load(path: Path, overrides: Sequence[str] = ()) -> Workload:
    """Read and check a workload. `overrides` are `key.path=value` with the value in YAML, as `mix.0.weight=2`.

    A trace's file is relative to the workload's, in an override to the working directory. ConfigError names every fault.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            str(path), (f"{error.strerror}; give the path of a workload's YAML file",)
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), (f"not valid YAML: {error}",)) from None
    if not isinstance(document, dict):
        raise ConfigError(str(path), ("it must be a mapping with seed, duration_s, arrivals, mix and slo",))
    arrivals = document.get("arrivals")
    if isinstance(arrivals, dict) and isinstance(file := arrivals.get("file"), str):
        arrivals["file"] = str(path.absolute().parent / file)
    for override in overrides:
        _apply(document, override)
    return parse(document, str(path))


def parse(document: dict[str, Any], source: str = "workload") -> Workload:
    """Check a workload given as plain data. ConfigError names every fault by its key's path."""
    try:
        workload = Workload.model_validate(document)
    except ValidationError as error:
        raise ConfigError(source, _explained(error)) from None
    if faults := tuple(_faults(workload)):
        raise ConfigError(source, faults)
    return workload


def _explained(error: ValidationError) -> tuple[str, ...]:
    """Pydantic puts the kind of arrivals into a key's path; the reader's file has no such level."""
    schema = Workload.model_json_schema()
    schema["properties"]["arrivals"] = {
        "properties": {kind: {"$ref": f"#/$defs/{section.__name__}"} for kind, section in KINDS.items()}
    }
    lines = [_KIND_IN_PATH.sub("arrivals", line) for line in explain(error, schema)]
    for pattern, plainer in _PLAINER:
        lines = [pattern.sub(plainer, line) for line in lines]
    return tuple(line.partition(" (given: ")[0] if _SECRET_PATH.match(line) else line for line in lines)


def _faults(workload: Workload) -> Iterator[str]:
    """What no single section can see."""
    duration_s = workload.duration_s
    if workload.warm_up_s >= duration_s:
        yield f"warm_up_s: nothing would be measured; write less than duration_s, which is {duration_s:g}"
    yield from _fit(workload)
    for index, traffic in enumerate(workload.mix):
        if traffic.route not in workload.slo:
            yield f"slo.{traffic.route}: missing, and mix.{index} sends to it; write {traffic.route}: {{e2e_s: 3}}"
    for route, objective in workload.slo.items():
        if objective.e2e_s > workload.patience_s:
            yield f"patience_s: customers give up before slo.{route}.e2e_s; write {objective.e2e_s:g} or more"
        if objective.first_s is not None and objective.first_s > objective.e2e_s:
            yield f"slo.{route}.first_s: the first text comes before the end; write {objective.e2e_s:g} or less"
    names = [tenant.name for tenant in workload.tenants]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"tenants.{index}.name: {name!r} stands there twice; give each tenant one name"
    for key, weights in (("mix", workload.mix), ("tenants", workload.tenants)):
        if sum(entry.weight for entry in weights) <= 0:
            yield f"{key}: the weights sum to 0, so nothing could be sent; give at least one a weight above 0"


def _fit(workload: Workload) -> Iterator[str]:
    """Whether the arrivals fit the run, and the run the limits."""
    arrivals, duration_s = workload.arrivals, workload.duration_s
    try:
        trace = read_trace(workload)
    except traces.TraceError as error:
        yield f"arrivals.file: {error}"
        return
    if isinstance(arrivals, Replay):
        found = tuple(arrivals.faults(trace, duration_s)) if trace else ()
    else:
        found = tuple(arrivals.faults(duration_s))
    if found:
        yield from found
        return
    weight = sum(traffic.weight for traffic in workload.mix) or 1.0
    turns = sum(traffic.weight * workload.mean_turns(traffic) for traffic in workload.mix) / weight
    requests = expected(arrivals, trace, duration_s) * turns
    if requests > MOST_REQUESTS:
        yield (
            f"arrivals: {requests:.0f} requests are expected, the limit is {MOST_REQUESTS}; "
            "write a lower rate or duration_s"
        )
    elif requests < 1:
        yield "arrivals: not one request is expected; write a higher rate or duration_s"


def _apply(document: dict[str, Any], override: str) -> None:
    """Set the value at a key's path; a number in the path is a place in a list."""
    path, equals, text = override.partition("=")
    if not equals or not path:
        raise ConfigError(override, ("an override is written key.path=value",))
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(override, (f"{text!r} is not valid YAML; quote it",)) from None
    if path == "arrivals.file" and isinstance(value, str):
        value = str(Path(value).absolute())
    *parents, last = path.split(".")
    node: Any = document
    for parent in parents:
        node = node.setdefault(parent, {}) if isinstance(node, dict) else _place(node, parent, override)
    if isinstance(node, dict):
        node[last] = value
    else:
        _place(node, last, override)
        node[int(last)] = value


def _place(node: Any, key: str, override: str) -> Any:
    if not isinstance(node, list):
        raise ConfigError(override, (f"{key} is looked for in a value, which has no keys",))
    if not key.isdecimal() or int(key) >= len(node):
        raise ConfigError(override, (f"{key} is no place in a list of {len(node)}; the first is 0",))
    return node[int(key)]
