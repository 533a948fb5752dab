"""Learning from use: corrections → a candidate in the shadow → promotion if it is worse at nothing → rollback.

Everything goes through the store's change log, which every replica follows.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cluster.config import ClusterConfig, resolve_secret
from cluster.errors import UpError
from commerce.domain.feedback import ShadowTally
from commerce.domain.tenants import ModelKind, PromotedModel
from commerce.store import Store, open_store
from models.artifacts import Published, fetch, publish
from models.understanding.corpus import load_corpus
from models.understanding.examples import DataSet, Example, Split
from models.understanding.feedback import Corrected, Correction, with_corrections
from models.understanding.gates import Gate, gates, latency_gate
from models.understanding.likeness import near

Report = Callable[[str, float | None], None]
_LEAST_CORRECTIONS: Final = 5
_TIMED: Final = 200
_LIVE, _SHADOW = ModelKind.UNDERSTANDING, ModelKind.UNDERSTANDING_SHADOW


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trained candidate: its version, what became of the corrections, and its test accuracy, if there is a test."""

    version: str
    url: str
    corrected: Corrected
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A candidate beside the live adapter: every gate, and what was counted in the shadow."""

    version: str
    live_version: str | None
    messages: int
    gates: tuple[Gate, ...]
    tally: ShadowTally | None

    @property
    def worse(self) -> tuple[str, ...]:
        """What the candidate is worse at."""
        return tuple(gate.name for gate in self.gates if gate.is_worse)


async def train_candidate(config: ClusterConfig, tenant_id: str, report: Report, threads: int) -> Candidate:
    """Teach the live adapter's intent head the shop's corrections, publish what comes of it, and let it read in the shadow.

    Raises UpError with too few corrections to learn from, TenantNotFound, StoreError, ModelError.
    """
    async with open_store(resolve_secret(config.store_ref)) as store:
        await store.tenant(tenant_id)
        report("reading corrections", None)
        corrected = await _corrected(store, tenant_id)
        if corrected.learned < _LEAST_CORRECTIONS:
            raise UpError(
                f"tenant {tenant_id!r} can learn from {corrected.learned} corrections and {_LEAST_CORRECTIONS} are needed"
                f"{corrected.told_of_others}; send them to POST /v1/feedback"
            )
        live = await store.promoted_model(tenant_id, _LIVE)
        start = _source(config, live)
        published, accuracy = await asyncio.to_thread(
            _learn, config, corrected, start, tenant_id, report, threads
        )
        await store.promote_model(tenant_id, _SHADOW, published.version, published.url)
    return Candidate(published.version, published.url, corrected, accuracy)


async def judge(config: ClusterConfig, tenant_id: str, report: Report) -> Judgement:
    """Both on the held-out messages, the shop's and the corpus's.

    UpError without a candidate or such messages, TenantNotFound, ModelError.
    """
    async with open_store(resolve_secret(config.store_ref)) as store:
        await store.tenant(tenant_id)
        candidate = await store.promoted_model(tenant_id, _SHADOW)
        if candidate is None:
            how = f"kefu models candidate --tenant {tenant_id}"
            raise UpError(f"tenant {tenant_id!r} has no candidate; train one: {how}")
        live = await store.promoted_model(tenant_id, _LIVE)
        tally = await store.shadow_tally(tenant_id, candidate.version)
        corrected = await _corrected(store, tenant_id)
    sources = _source(config, live), _source(config, candidate)
    messages = await asyncio.to_thread(held_out, corrected.data, sources, config.models_dir)
    if not messages:
        raise UpError(
            "every held-out message is like one that the candidate or the live adapter was made with"
        )
    found = await asyncio.to_thread(_compare, config, *sources, messages, report)
    live_version = None if live is None else live.version
    return Judgement(candidate.version, live_version, len(messages), found, tally)


def held_out(data: DataSet, sources: Sequence[str], models_dir: Path) -> list[Example]:
    """The test messages that are like none that one of these adapters was trained or calibrated with.

    The split moves as corrections come. Raises AdapterDamaged where it isn't known what those were.
    """
    from models.understanding.bert import find_examples

    parts: tuple[Split, ...] = ("train", "validation")
    seen = {
        text
        for source in sources
        for part in parts
        for texts in find_examples(source, models_dir, part).values()
        for text in texts
    }
    test = data.of("test")
    like = near([example.text for example in test], sorted(seen))
    return [example for place, example in enumerate(test) if place not in like]


async def promote(config: ClusterConfig, tenant_id: str, least_shadowed: int, report: Report) -> Judgement:
    """Let the candidate answer. UpError, and nothing is changed, where it is worse at anything or has read too little.

    PromotionConflict where another was promoted while both were judged.
    """
    judgement = await judge(config, tenant_id, report)
    tally = judgement.tally
    read = 0 if tally is None else tally.texts
    problems = [f"it is worse at {name}" for name in judgement.worse]
    if read < least_shadowed:
        problems.append(f"it has read {read} messages in the shadow, and {least_shadowed} are needed")
    if tally is not None and tally.failed:
        problems.append(f"it failed at {tally.failed} messages in the shadow")
    if problems:
        raise UpError(f"candidate {judgement.version[:12]} is not promoted: {'; '.join(problems)}")
    async with open_store(resolve_secret(config.store_ref)) as store:
        await store.promote_candidate(tenant_id, judgement.version, judgement.live_version)
    return judgement


async def rollback(config: ClusterConfig, tenant_id: str, kind: ModelKind) -> PromotedModel | None:
    """Serve what was served before; None where that is what ships. TenantNotFound, NothingToRollBack, StoreError."""
    async with open_store(resolve_secret(config.store_ref)) as store:
        await store.tenant(tenant_id)
        return await store.rollback_model(tenant_id, kind)


async def _corrected(store: Store, tenant_id: str) -> Corrected:
    corrections = [Correction(row.text, row.intent) for row in await store.feedback(tenant_id)]
    return with_corrections(load_corpus().intents, corrections, f"corrections of {tenant_id}")


def _source(config: ClusterConfig, model: PromotedModel | None) -> str:
    """The adapter's source: the promoted one's folder, or what the configuration names."""
    if model is None:
        return config.identity.understanding.adapter
    return f"path:{fetch(model.url, model.version, config.models_dir / 'fetched')}"


def _learn(
    config: ClusterConfig, corrected: Corrected, start: str, tenant_id: str, report: Report, threads: int
) -> tuple[Published, float | None]:
    from models.encoder.bert import BertEncoder
    from models.sources import resolve
    from models.understanding.bert import apply_adapter, computed_by, find_adapter
    from models.understanding.correcting import correct
    from models.understanding.marked import load_marked
    from models.understanding.train import Lessons

    understanding = config.identity.understanding
    adapter = find_adapter(start, config.models_dir)
    encoder = BertEncoder.load(resolve(understanding.encoder, config.models_dir), threads=threads)
    apply_adapter(encoder, adapter)
    with tempfile.TemporaryDirectory(prefix="kefu-candidate-") as scratch:
        card = correct(
            computed_by(understanding.runtime, encoder, config.models_dir, threads),
            adapter,
            understanding.runtime,
            corrected,
            Lessons(corrected.data, load_corpus().sentiments, load_marked()),
            Path(scratch) / "adapter",
            report,
            command=f"kefu models candidate --tenant {tenant_id}",
        )
        return publish(card.folder, f"{config.artifacts_url}/understanding/{tenant_id}"), card.test_accuracy


def _compare(
    config: ClusterConfig, live: str, candidate: str, held_out: Sequence[Example], report: Report
) -> tuple[Gate, ...]:
    from models.understanding.bert import load_bert_understanding

    identity, engines = config.identity.understanding, []
    for adapter in (live, candidate):
        report("loading both", None)
        engines.append(
            load_bert_understanding(
                identity.encoder, adapter, config.models_dir, identity.threads, runtime=identity.runtime
            )
        )
    texts = [example.text for example in held_out]
    found = []
    for place, engine in enumerate(engines):
        report(f"reading {len(texts)} held-out messages", place / len(engines))
        found.append(engine.predictions(texts))
    took: tuple[list[float], list[float]] = ([], [])
    for text in texts[:_TIMED]:
        for engine, times in zip(engines, took, strict=True):
            started = time.perf_counter()
            engine.predict([text])
            times.append((time.perf_counter() - started) * 1e3)
    latency = latency_gate(*(round(statistics.median(times), 3) for times in took))
    return (*gates([example.label for example in held_out], *found), latency)
