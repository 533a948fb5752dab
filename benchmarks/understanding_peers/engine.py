"""The one model that every server here holds, and what it says of a text in a form that all of them can give."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from models.encoder.bert import Runtime
from models.understanding.bert import SHIPPED, BertUnderstanding, load_bert_understanding
from models.understanding.corpus import load_corpus

ENCODER: Final = "packaged:e5-small-zh-en"
THREADS: Final = 1
BATCH: Final = 32
"""Texts of the largest batch, of every server: Kefu's own `batching.max_texts`."""

_SEED: Final = 20261111

Said = tuple[Any, ...]


def load_engine(runtime: Runtime, models_dir: Path) -> BertUnderstanding:
    """The packaged encoder with the shipped adapter, on one thread; its first call is behind it, as in Kefu's replicas."""
    engine = load_bert_understanding(ENCODER, SHIPPED, models_dir, THREADS, runtime=runtime)
    engine.predict(["热身", "warm-up"])
    return engine


def payload() -> list[str]:
    """The corpus's test texts in an order that is always the same."""
    texts = [example.text for example in load_corpus().intents.of("test")]
    random.Random(_SEED).shuffle(texts)
    return texts


def said(reading: Mapping[str, Any]) -> Said:
    """What two servers must agree on of a text: intent, decision, sentiment and entities."""
    entities = tuple((e["type"], e["text"], e["value"], e["start"], e["end"]) for e in reading["entities"])
    return reading["intent"], reading["decision"], reading["sentiment"]["label"], entities
