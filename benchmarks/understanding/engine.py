"""The engine that is evaluated, and what its adapter says of itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.encoder.bert import Runtime
from models.understanding.evaluate import Predictions, Predictor

Report = Callable[[str, float | None], None]
_PART: Final = 512
"""Messages at once: their tokens' vectors take about 15 MiB."""


@dataclass(frozen=True, slots=True)
class Source:
    """What it is made of: `encoder` is a model source, `adapter` is "shipped" or one; `threads` are the runtime's."""

    encoder: str
    adapter: str
    runtime: Runtime
    models_dir: Path
    threads: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """An engine, the intents that it tells apart, and its adapter's card."""

    engine: Predictor
    intents: tuple[str, ...]
    card: Mapping[str, Any]


def load(source: Source) -> Loaded:
    """The adapter on its encoder, whatever intents it tells apart. Raises ModelError."""
    from models.encoder.bert import BertEncoder
    from models.sources import resolve
    from models.understanding.bert import (
        BertUnderstanding,
        apply_adapter,
        computed_by,
        find_adapter,
    )

    adapter = find_adapter(source.adapter, source.models_dir)
    encoder = BertEncoder.load(resolve(source.encoder, source.models_dir), threads=source.threads)
    apply_adapter(encoder, adapter)
    heads = adapter.heads(source.runtime)
    computed = computed_by(source.runtime, encoder, source.models_dir, source.threads)
    return Loaded(BertUnderstanding(computed, heads), heads.intent.labels, adapter.card)


def predict(engine: Predictor, texts: Sequence[str], name: str, report: Report) -> Predictions:
    """What it says of n ≥ 1 texts, 512 at a time. `report` hears `name` and the share that is done."""
    parts = []
    for start in range(0, len(texts), _PART):
        report(name, start / len(texts))
        parts.append(engine.predictions(texts[start : start + _PART]))
    return Predictions(
        parts[0].names,
        np.concatenate([part.inside for part in parts]),
        np.concatenate([part.outside for part in parts]),
        tuple(reading for part in parts for reading in part.readings),
    )
