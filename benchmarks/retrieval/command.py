"""`kefu evaluate retrieval`: the search on the project's questions, a replica's start, many articles, and an edit."""

import asyncio
import json
import shlex
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console

from models.retrieval.evaluate import Half

if TYPE_CHECKING:
    from benchmarks.retrieval.quality import Quality, Understanding
    from benchmarks.retrieval.serving import Served
    from benchmarks.retrieval.speed import Speed
    from cluster.config import ClusterConfig
    from commerce.domain.catalogue import ProductVocabulary
    from models.types.understanding import IntentScore

# The scientific libraries are imported where the command runs: `kefu --help` loads this module too.

console = Console(emoji=False)
error_console = Console(stderr=True, emoji=False)

_SCHEMA: Final = 1
_SEED: Final = 7
_STEM: Final = "retrieval"


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured; `served` and `speed` None where no articles were made."""

    quality: "Sequence[Quality]"
    shared_with_titles: float
    served: "Served | None"
    speed: "Speed | None"


def retrieval(
    half: Annotated[Half, typer.Option(help="of the questions: tuning is for choosing weights")] = "report",
    articles: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="to make for the speed; 0: quality alone")
    ] = 10_000,
    edits: Annotated[int, typer.Option(min=1, max=1000, help="to wait for, one after the other")] = 20,
    out: Annotated[Path | None, typer.Option("--out", help="the folder for retrieval.json")] = None,
    profile: Annotated[
        str, typer.Option("--profile", "-p", help="fake, laptop, gpu, production, or a YAML file")
    ] = "laptop",
    is_json: Annotated[bool, typer.Option("--json", help="print the document instead of tables")] = False,
) -> None:
    """Evaluate the search: hits by language and across languages, a replica's start, the time of a search and an edit."""
    from benchmarks.explaining import explained
    from benchmarks.understanding.evaluation import describe_run
    from cluster.config import load, profile_path

    with explained("kefu evaluate retrieval"):
        head = describe_run() if is_json or out is not None else {}
        config = load(profile_path(profile))
        found = _measured(config, half, articles, edits)
        asked = [
            "kefu",
            "evaluate",
            _STEM,
            "--half",
            half,
            "--articles",
            str(articles),
            "--edits",
            str(edits),
        ]
        document = _document(head, shlex.join([*asked, "-p", profile]), config, found)
        if is_json:
            typer.echo(json.dumps(document, ensure_ascii=False))
        else:
            _show(found)
        if out is not None:
            _write(out / f"{_STEM}.json", document)


def _measured(config: "ClusterConfig", half: Half, count: int, edits: int) -> Found:
    from benchmarks.retrieval import quality, serving, speed
    from benchmarks.retrieval.corpus import many_articles
    from cluster.console import Progress
    from deployments.retrieval import indexed
    from models.retrieval.embedders import EmbedderSpec, fingerprint, load
    from models.retrieval.kept import KeptTexts

    identity = config.identity.retrieval
    with Progress(error_console).task("evaluate") as task:
        task("loading the models", None)
        spec = EmbedderSpec(identity.engine, identity.embedder, config.models_dir, identity.threads)
        embedder = load(spec)
        understanding = None if identity.engine == "fake" else _understanding(config)
        task("questions", None)
        judged = quality.measure(embedder, half, understanding)
        shared = quality.shared_with_titles(half)
        if not count:
            return Found(judged, shared, None, None)
        task(f"{count} articles and {edits} edits", None)
        made = list(many_articles(count, _SEED))
        with tempfile.TemporaryDirectory() as folder:
            vectors = Path(folder) / "vectors"
            places = {"models_dir": str(config.models_dir), "vectors_dir": str(vectors)}
            asked = {**identity.model_dump(mode="json"), **places}
            served = asyncio.run(serving.measure(made, min(edits, count), asked, Path(folder)))
            task("searches", None)
            # Of a model that a hub may change nothing was kept, and nothing is found.
            kept = KeptTexts(vectors, fingerprint(spec) or "")
            timed = speed.measure(embedder, [indexed(article) for article in made], kept)
    return Found(judged, shared, served, timed)


def _understanding(config: "ClusterConfig") -> "Understanding":
    """Understanding as the profile has it, and the catalogue of the demonstration shop."""
    from benchmarks.retrieval.quality import Understanding
    from benchmarks.understanding.engine import Source, load, predict

    identity = config.identity.understanding
    source = Source(identity.encoder, identity.adapter, identity.runtime, config.models_dir, identity.threads)
    engine = load(source).engine

    def read(texts: Sequence[str]) -> "list[tuple[IntentScore, ...]]":
        return [r.top for r in predict(engine, texts, "questions", lambda text, share: None).readings]

    with tempfile.TemporaryDirectory() as folder:
        return Understanding(read, asyncio.run(_vocabulary(Path(folder))))


async def _vocabulary(folder: Path) -> "ProductVocabulary":
    from commerce.demo.shop import DemoSize, seed_demo
    from commerce.store import migrate, open_store

    url = f"sqlite:///{folder / 'shop.db'}"
    await migrate(url)
    async with open_store(url) as store:
        made = await seed_demo(store, _SEED, datetime.now(UTC), size=DemoSize(customers=5, orders=5))
        return await store.product_vocabulary(made.tenant_id)


def _document(head: dict[str, Any], command: str, config: "ClusterConfig", found: Found) -> dict[str, Any]:
    return {
        "schema_version": _SCHEMA,
        **head,
        "command": command,
        "embedder": config.identity.retrieval.embedder,
        "questions": {"shared_with_titles": found.shared_with_titles, "written": "for Kefu, by its authors"},
        "quality": [asdict(each) for each in found.quality],
        "speed": None if found.speed is None else asdict(found.speed),
        "served": None if found.served is None else asdict(found.served),
    }


def _show(found: Found) -> None:
    for each in found.quality:
        figures = each.figures
        index = "index without its language" if each.across_languages else "whole index"
        console.print(
            f"{each.half}, {each.told}, {index}, {each.language}: n {figures.questions}, hit@1 {figures.hit_at_1:.3f}, "
            f"hit@3 {figures.hit_at_3:.3f}, hit@5 {figures.hit_at_5:.3f}, MRR {figures.mrr:.3f}",
            soft_wrap=True,
        )
    console.print(f"words that a question shares with a title: {found.shared_with_titles:.3f} of its own")
    if found.speed is not None and found.served is not None:
        speed, served = found.speed, found.served
        for name, start in (("the first start", served.first_start), ("the next", served.next_start)):
            console.print(f"{name} with {speed.articles} articles: {start.wall_s} s, {start.cpu_s} s of CPU")
        rows = (
            ("a search", speed.search),
            ("a search, CPU", speed.search_cpu),
            ("an edit, embedded", speed.embed_edit),
            ("an edit, applied", speed.apply_edit),
            ("an edit, found by two replicas", served.edit_found),
        )
        for name, ms in rows:
            console.print(
                f"{name}: p50 {ms.p50} ms, p95 {ms.p95} ms, p99 {ms.p99} ms, most {ms.most} ms (n {ms.count})"
            )


def _write(path: Path, document: dict[str, Any]) -> None:
    from benchmarks.load.result import write

    write(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    error_console.print(f"report: {path}", highlight=False, soft_wrap=True, markup=False)
