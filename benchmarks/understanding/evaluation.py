"""One evaluation whole: where it was made, of which adapter, and what was found."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.load.result import ResultError, without_paths
from benchmarks.machine import describe
from benchmarks.understanding.assessment import Assessment
from benchmarks.understanding.bounds import Verdict, verdicts
from models.encoder.bert import Runtime
from models.understanding.evaluate import EntityFigures, SentimentFigures

SCHEMA: Final = 1
_ROOT: Final = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class AdapterIdentity:
    """Which adapter: its source, what computed it, the hash of its tensors, and the encoder that it was trained on."""

    source: str
    runtime: Runtime
    tensors_sha256: str
    encoder: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`head` is the commit, machine and versions. No absolute path is in it, and no text of others' data."""

    head: Mapping[str, Any]
    command: str
    adapter: AdapterIdentity
    data_sets: tuple[Assessment, ...]
    sentiments: tuple[SentimentFigures, ...]
    entities: tuple[EntityFigures, ...]

    @property
    def bounds(self) -> tuple[Verdict, ...]:
        """The bounds of the corpus's test split, where that was evaluated."""
        return verdicts(self.data_sets)


def describe_run() -> dict[str, Any]:
    """Commit, machine and versions. ResultError outside a checkout: a figure that belongs to no commit says nothing."""
    try:
        return describe(_ROOT)
    except (OSError, subprocess.CalledProcessError):
        raise ResultError(
            "the commit can't be read: run kefu evaluate from a checkout of Kefu, with git installed"
        ) from None


def adapter_identity(source: str, runtime: Runtime, card: Mapping[str, Any]) -> AdapterIdentity:
    """Of an adapter's card."""
    encoder = {
        key: without_paths(value) if isinstance(value, str) else value
        for key, value in card["encoder"].items()
    }
    return AdapterIdentity(without_paths(source), runtime, card["tensors_sha256"], encoder)


def encoded(evaluation: Evaluation) -> str:
    """The JSON file's text."""
    found = asdict(evaluation)
    document = {
        "schema_version": SCHEMA,
        **found.pop("head"),
        "command": found.pop("command"),
        "adapter": found.pop("adapter"),
        "bounds": [asdict(verdict) for verdict in evaluation.bounds],
        **found,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
