"""The `kefu` command."""

import asyncio
import json
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import yaml
from rich.table import Table

from cluster.config import ClusterConfig
from cluster.config_error import ConfigError
from cluster.console import Progress
from cluster.customer_commands import app as customer_app
from cluster.data_commands import app as data_app
from cluster.identity_commands import audit, revoke
from cluster.key_commands import app as key_app
from cluster.knowledge_commands import app as knowledge_app
from cluster.model_commands import models_app
from cluster.options import (
    FromWheel,
    Overrides,
    Profile,
    Threads,
    console,
    error_console,
    made_writable,
    read_config,
    say_trained,
)
from cluster.policy_commands import app as policy_app
from cluster.replay_commands import app as replay_app
from cluster.store_commands import backup, export, import_, restore
from commerce.domain.errors import CommerceError
from commerce.domain.tenants import ModelKind
from models.errors import ModelError
from models.types import OUT_OF_SCOPE

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Kefu 客服: serve, inspect and stop a customer-service cluster.")  # fmt: skip
token_app = typer.Typer(no_args_is_help=True, help="Mint tokens for tests and scripts, and revoke tokens.")
train_app = typer.Typer(
    no_args_is_help=True, help="Train the shipped adapter, or what a shop's own data teaches."
)
token_app.command("revoke")(revoke)
app.command("audit")(audit)
app.add_typer(models_app, name="models")
app.add_typer(key_app, name="key")
app.add_typer(token_app, name="token")
app.add_typer(train_app, name="train")
app.add_typer(data_app, name="data")
app.add_typer(replay_app, name="replay")
app.add_typer(policy_app, name="policy")
app.add_typer(knowledge_app, name="knowledge")
app.command()(backup)
app.command()(restore)
data_app.command("export")(export)
data_app.command("import")(import_)
app.add_typer(customer_app, name="customer")

EXTENSIONS: Final = "kefu.commands"
"""The entry-point group of the packages above this one: they import it, and it can't import them."""
_ANYTHING: Final = {"allow_extra_args": True, "ignore_unknown_options": True}

TenantOption = Annotated[str, typer.Option("--tenant", help="the tenant whose events are learned from")]
Seed = Annotated[int, typer.Option("--seed", help="the same seed and events give the same model")]


@app.command()
def up(
    profile: Profile = "laptop",
    overrides: Overrides = None,
    from_wheel: FromWheel = None,
) -> None:
    """Serve in the foreground until Ctrl-C; on a running cluster (nodes.kind: cluster) hand over and return.

    With a run already up: apply the configuration to it, live.
    """
    from cluster.up import up as serve

    serve(read_config(profile, overrides), Progress(console), from_wheel)


@app.command()
def down(profile: Profile = "laptop", overrides: Overrides = None) -> None:
    """Stop the run of this home and everything that it started, and nothing else; of a cluster, the application alone."""
    from cluster.up import down as stop

    stopped = stop(read_config(profile, overrides))
    console.print("stopped" if stopped else "nothing was running here")


@app.command()
def status(
    profile: Profile = "laptop",
    overrides: Overrides = None,
    is_json: Annotated[bool, typer.Option("--json", help="for scripts")] = False,
    is_watched: Annotated[bool, typer.Option("--watch", help="refresh every second until Ctrl-C")] = False,
) -> None:
    """What runs: deployments, replicas, queues, nodes, readiness, and which rungs of the ladder are on and answer."""
    from cluster.status import read, show, watch

    config = read_config(profile, overrides)
    current = watch(config, console) if is_watched and not is_json else read(config)
    if is_watched and current.is_running:
        return
    if is_json:
        typer.echo(json.dumps(current.as_json(), ensure_ascii=False))
    else:
        show(current, console)
    # 0 ready, 1 not ready, 3 not running: as systemd's status does.
    sys.exit(3 if not current.is_running else 0 if current.is_ready else 1)


@app.command()
def render(
    profile: Profile = "laptop",
    overrides: Overrides = None,
    is_environment: Annotated[
        bool,
        typer.Option(
            "--environment", help="the variables that each node needs before ray start, as KEY=value"
        ),
    ] = False,
) -> None:
    """Print the profile as Ray Serve's own YAML. Secrets stay references."""
    from cluster.ray_settings import node_environment
    from cluster.render import serve_config

    config = read_config(profile, overrides)
    if is_environment:
        for name, value in node_environment(config).items():
            typer.echo(f"{name}={value}")
    else:
        typer.echo(yaml.safe_dump(serve_config(config), allow_unicode=True, sort_keys=False))


@app.command()
def doctor(profile: Profile = "laptop", overrides: Overrides = None) -> None:
    """Check this machine: Python, Ray, torch, vLLM, port, memory, disk; and say what to do."""
    from cluster.doctor import examine

    table = Table("check", "found", "what to do")
    has_problem = False
    for finding in examine(read_config(profile, overrides)):
        has_problem |= finding.is_blocking
        colour = "green" if finding.is_fine else "red" if finding.is_blocking else "yellow"
        advice = "" if finding.is_fine else f"{finding.problem}: {finding.remedy}"
        table.add_row(f"[{colour}]{finding.name}[/{colour}]", finding.detail, advice)
    console.print(table)
    sys.exit(1 if has_problem else 0)


@app.command()
def seed(
    profile: Profile = "laptop",
    overrides: Overrides = None,
    from_path: Annotated[
        Path | None,
        typer.Option(
            "--from", help="a real shop instead of the demonstration: tau2's db.json, or ECom-Bench's folder"
        ),
    ] = None,
    tenant: Annotated[str, typer.Option(help="the tenant that --from is loaded as")] = "imported",
    reset: Annotated[bool, typer.Option(help="replace the demonstration shop with another seed's")] = False,
) -> None:
    """Create the database, and load the demonstration shop or a real one."""
    from cluster import shop, training

    config = read_config(profile, overrides)
    asyncio.run(shop.prepare_store(config))
    with Progress(console).task("seed") as task:
        if from_path is not None:
            task(f"loading {from_path.name} as tenant {tenant}", None)
            counts: Any = asyncio.run(shop.import_shop(config, from_path, tenant))
        else:
            task("demonstration shop", None)
            counts = asyncio.run(shop.seed(config, reset=reset)).counts
    for name, count in dict(counts).items():
        console.print(f"{name}: {count}", highlight=False)
    with Progress(console).task("training") as task:
        asyncio.run(training.train_missing(config, task))


@token_app.command("customer")
def token_customer(
    tenant: Annotated[str, typer.Option(help="the tenant's id")],
    customer: Annotated[str, typer.Option(help="the customer's id")],
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Mint a customer's token: what X-Customer-Token carries."""
    from cluster import shop
    from commerce.tokens import TokenKind

    config = read_config(profile, overrides)
    shop.ensure_token_secret(config)
    typer.echo(shop.mint(config, tenant, customer, TokenKind.CUSTOMER))


@token_app.command("agent")
def token_agent(
    tenant: Annotated[str, typer.Option(help="the tenant's id")],
    agent: Annotated[str, typer.Option(help="the agent's id")],
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Mint an agent's token."""
    from cluster import shop
    from commerce.tokens import TokenKind

    config = read_config(profile, overrides)
    shop.ensure_token_secret(config)
    typer.echo(shop.mint(config, tenant, agent, TokenKind.AGENT))


@train_app.command("understanding")
def train_understanding(
    out: Annotated[Path, typer.Option(help="the folder for the new adapter")],
    data: Annotated[
        str | None,
        typer.Option(help="JSON lines, CSV, parquet or a hub's data set; default: the shipped corpus"),
    ] = None,
    text: Annotated[str, typer.Option(help="the column of the text")] = "text",
    label: Annotated[str, typer.Option(help="the column of the label")] = "label",
    outside: Annotated[str | None, typer.Option(help="the label of what is out of scope")] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="go on from this adapter, shipped or path:FOLDER, by one epoch"),
    ] = None,
    seed: Annotated[int, typer.Option(help="the same seed gives the same adapter")] = 0,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="how often each message is read; default: 6, few messages more often"),
    ] = None,
    threads: Threads = 2,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Train an adapter: intents, sentiment and names in one. A run that was cut off goes on. Half an hour on 2 cores."""
    from dataclasses import replace

    from models.encoder.bert import BertEncoder
    from models.sources import resolve
    from models.understanding.bert import find_adapter
    from models.understanding.corpus import load_corpus
    from models.understanding.data import Columns, read_data_set
    from models.understanding.marked import load_marked
    from models.understanding.train import Lessons, train
    from models.understanding.tuning import Recipe

    config = read_config(profile, overrides)
    made_writable(out)
    corpus = load_corpus()
    intents = corpus.intents
    if data is not None:
        foreign = [e for e in corpus.intents.examples if e.label == OUT_OF_SCOPE]
        intents = read_data_set(data, Columns(text, label, outside=outside)).with_outside(foreign)
    source = config.identity.understanding.encoder
    begun = None if start is None else find_adapter(start, config.models_dir)
    recipe = Recipe() if begun is None else Recipe().onward()
    words = ["kefu train understanding"]
    words += [] if data is None else ["--data", Path(data).name]
    words += [] if start is None else ["--from", start.rpartition("/")[2]]
    encoder = BertEncoder.load(resolve(source, config.models_dir), threads=threads)
    with Progress(console).task("train") as task:
        card = train(
            encoder,
            Lessons(intents, corpus.sentiments, load_marked()),
            seed,
            out,
            task,
            recipe=recipe if epochs is None else replace(recipe, epochs=epochs, least_steps=0),
            start=begun,
            encoder_name=source,
            command=" ".join(words),
        )
    say_trained(card, intents.name)


@train_app.command("segmentation")
def train_segmentation(
    tenant: TenantOption = "demo",
    seed: Seed = 0,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Train a shop's customer segments on its own events, and promote them: running replicas load them at once."""
    _train_on_shop(ModelKind.SEGMENTATION, tenant, seed, read_config(profile, overrides))


@train_app.command("recommendation")
def train_recommendation(
    tenant: TenantOption = "demo",
    seed: Seed = 0,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Train a shop's recommendations on its own events, and promote them: running replicas load them at once."""
    _train_on_shop(ModelKind.RECOMMENDATION, tenant, seed, read_config(profile, overrides))


def _train_on_shop(kind: ModelKind, tenant: str, seed: int, config: ClusterConfig) -> None:
    from cluster import training

    with Progress(console).task("train") as task:
        trained = asyncio.run(training.train(config, tenant, kind, task, seed))
    console.print(f"promoted {trained.version} of {tenant}: {trained.url}", soft_wrap=True, highlight=False)
    console.print_json(data=trained.card)


def add_extensions(root: typer.Typer) -> None:
    """Add the commands that other packages announce. One that can't be loaded says why when it is called; the rest work."""
    for point in entry_points(group=EXTENSIONS):
        try:
            extension = point.load()
            if not isinstance(extension, typer.Typer):
                raise TypeError(f"{point.value} is not a typer.Typer")
        except Exception as error:  # noqa: BLE001 an extension may fail in any way, and must not take kefu with it
            _add_broken(root, point, error)
        else:
            root.add_typer(extension, name=point.name)


def _add_broken(root: typer.Typer, point: EntryPoint, error: Exception) -> None:
    said = f"{type(error).__name__}: {error}"

    from rich.markup import escape

    @root.command(point.name, help=f"Can't be loaded: {said}", context_settings=_ANYTHING)
    def broken() -> None:
        error_console.print(
            f"[bold red]kefu:[/bold red] {point.name} can't be loaded: {escape(said)}; install Kefu anew",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(1)


def guarded(command: Callable[[], Any]) -> int:
    """Run a command; an error that it can explain becomes two lines on stderr and status 1, never a traceback."""
    from rich.markup import escape

    from cluster.errors import UpError

    try:
        command()
    except (ConfigError, ModelError, CommerceError, UpError) as error:
        error_console.print(
            f"[bold red]kefu:[/bold red] {escape(str(error))}", highlight=False, soft_wrap=True
        )
        return 1
    except OSError as error:
        said = f"{error.filename or 'the system'}: {error.strerror or error}"
        error_console.print(f"[bold red]kefu:[/bold red] {escape(said)}", highlight=False, soft_wrap=True)
        return 1
    return 0


def main() -> None:
    """The console script."""
    add_extensions(app)
    # The parent of Ray's workers is this process: a stray thread pool of its own would only cost memory.
    sys.exit(guarded(app))


if __name__ == "__main__":
    main()
