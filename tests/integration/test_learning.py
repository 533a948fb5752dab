"""Learning from use on the laptop profile: a correction, a candidate in the shadow, its promotion, a refusal, a rollback."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, TypeVar

import httpx
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from commerce.domain.tenants import ModelKind
from commerce.store import Store, open_store
from models.artifacts import Published, publish
from models.understanding.corpus import load_corpus
from models.understanding.examples import write_examples
from models.understanding.heads import CARD_FILE, TENSORS_FILE
from tests.polling import eventually
from tests.serving import Kefu

pytestmark = [pytest.mark.cluster, pytest.mark.real_models]
T = TypeVar("T")
TEXT = "包裹显示签收了可我没拿到"


def candidate(kefu: Kefu, folder: Path, change: Callable[[dict[str, np.ndarray]], None]) -> Published:
    """The shipped adapter with changed tensors, published where the cluster's own are."""
    with as_file(files("models.understanding").joinpath("adapter")) as shipped:
        shutil.copytree(shipped, folder)
    tensors = load_file(folder / TENSORS_FILE)
    change(tensors)
    save_file(tensors, folder / TENSORS_FILE)
    card = json.loads((folder / CARD_FILE).read_text())
    card["tensors_sha256"] = hashlib.sha256((folder / TENSORS_FILE).read_bytes()).hexdigest()
    (folder / CARD_FILE).write_text(json.dumps(card))
    corpus = load_corpus().intents
    write_examples(folder, replace(corpus, examples=corpus.examples[::50]))
    return publish(folder, str(kefu.home / "artifacts" / "understanding" / "demo"))


def in_store(kefu: Kefu, query: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_store(f"sqlite+aiosqlite:///{kefu.home / 'shop.db'}") as store:
            return await query(store)

    return asyncio.run(run())


def model_of(kefu: Kefu) -> str:
    state = httpx.get(f"{kefu.served['base_url']}/readyz", timeout=10).json()
    return str(state["parts"]["understanding"]["model"])


def serves(kefu: Kefu, told: str) -> bool:
    """Whether the status tells so, and of nothing that is still being loaded."""
    model = model_of(kefu)
    return told in model and "not loaded" not in model


def understand(kefu: Kefu, texts: list[str], **body: Any) -> list[dict[str, Any]]:
    with kefu.client() as client:
        response = client.post("/v1/understand", json={"texts": texts, **body})
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def test_a_candidate_reads_in_the_shadow_is_promoted_refused_and_rolled_back(
    laptop: Kefu, tmp_path: Path
) -> None:
    with laptop.client() as client:
        kept = client.post("/v1/feedback", json={"text": TEXT, "intent": "logistics_tracking"}).json()
    assert [row.feedback_id for row in in_store(laptop, lambda s: s.feedback("demo"))] == [
        kept["feedback_id"]
    ]
    refused = laptop.command("models", "candidate", "--tenant", "demo", check=False)
    assert refused.returncode == 1 and "1 corrections and 5 are needed" in refused.stderr

    def nudge(tensors: dict[str, np.ndarray]) -> None:
        tensors["sentiment.bias"] = tensors["sentiment.bias"] + np.float32(1e-6)

    good = candidate(laptop, tmp_path / "good", nudge)
    in_store(
        laptop, lambda s: s.promote_model("demo", ModelKind.UNDERSTANDING_SHADOW, good.version, good.url)
    )
    eventually(lambda: serves(laptop, f"shadow demo:{good.version[:12]}"), within_s=120)
    few = laptop.command("models", "promote", "--tenant", "demo", check=False)
    assert few.returncode == 1 and "read 0 messages in the shadow" in few.stderr
    texts = [example.text for example in load_corpus().intents.of("test")][:120]
    before = understand(laptop, texts)

    def counted() -> int:
        tally = in_store(laptop, lambda s: s.shadow_tally("demo", good.version))
        return 0 if tally is None else tally.texts + tally.skipped

    eventually(lambda: counted() == len(texts), within_s=60)
    tally = in_store(laptop, lambda s: s.shadow_tally("demo", good.version))
    assert tally is not None and tally.failed == 0 and tally.same_intent >= 0.98 * tally.texts
    promoted = laptop.command("models", "promote", "--tenant", "demo", "--shadowed", str(tally.texts))
    assert f"promoted {good.version[:12]} of demo" in promoted.stdout
    eventually(lambda: serves(laptop, f"promoted demo:{good.version[:12]}"), within_s=60)
    after = understand(laptop, texts)
    agreed = sum(a["intent"] == b["intent"] for a, b in zip(after, before, strict=True))
    assert agreed >= 0.98 * len(texts)
    reason = understand(laptop, [TEXT], explain=True)[0]["explanation"]
    assert reason["tokens"] and reason["nearest"]

    def mix(tensors: dict[str, np.ndarray]) -> None:
        tensors["intent.bias"] = tensors["intent.bias"] + np.linspace(-4, 4, 30, dtype=np.float32)

    bad = candidate(laptop, tmp_path / "bad", mix)
    in_store(laptop, lambda s: s.promote_model("demo", ModelKind.UNDERSTANDING_SHADOW, bad.version, bad.url))
    worse = laptop.command("models", "promote", "--tenant", "demo", "--shadowed", "0", check=False)
    assert worse.returncode == 1 and "it is worse at in scope" in worse.stderr
    served = in_store(laptop, lambda s: s.promoted_model("demo", ModelKind.UNDERSTANDING))
    assert served is not None and served.version == good.version
    in_store(laptop, lambda s: s.rollback_model("demo", ModelKind.UNDERSTANDING_SHADOW))
    back = laptop.command("models", "rollback", "--tenant", "demo")
    assert "understanding of demo: what ships is served" in back.stdout
    eventually(lambda: "promoted" not in model_of(laptop) and "shadow" not in model_of(laptop), within_s=60)
    assert [r["intent"] for r in understand(laptop, texts[:5])] == [r["intent"] for r in before[:5]]
