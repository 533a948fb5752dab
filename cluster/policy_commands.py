"""`kefu policy`: a shop's rules as a file that people edit."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from cluster.options import Overrides, Profile, console
from cluster.shop import shell_operator
from cluster.store_commands import ShopOption, opened
from commerce.domain.policy import ShopPolicy
from commerce.domain.policy_codec import policy_digest
from commerce.policy_file import policy_diff, policy_yaml, read_policy

app = typer.Typer(no_args_is_help=True, help="A shop's rules: windows, fees, what can be cancelled.")

PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="what kefu policy show wrote, edited")]
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@app.command()
def show(
    tenant: ShopOption,
    out: Annotated[Path | None, typer.Option("--out", help="default: the terminal")] = None,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Print a shop's policy as YAML with comments, or write it to a file to edit."""
    text = policy_yaml(asyncio.run(_policy(tenant, profile, overrides)))
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        console.print(f"written: {out}", soft_wrap=True, highlight=False)


@app.command()
def check(
    file: PolicyFile,
    tenant: Annotated[str | None, typer.Option("--tenant", help="also whether it fits this shop")] = None,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Say whether a policy can be set, and which field is wrong. Nothing is written."""
    policy = read_policy(file)

    async def fits(tenant_id: str) -> None:
        async with opened(profile, overrides) as store:
            await store.check_policy(tenant_id, policy)

    if tenant is not None:
        asyncio.run(fits(tenant))
    console.print(f"{file}: it can be set", soft_wrap=True, highlight=False)


@app.command("set")
def set_(
    file: PolicyFile,
    tenant: ShopOption,
    is_agreed: Annotated[bool, typer.Option("--yes", help="without asking")] = False,
    profile: Profile = "laptop",
    overrides: Overrides = None,
) -> None:
    """Show what would change, ask, and set it. Running replicas follow within the poll interval; the audit log has it."""
    policy = read_policy(file)
    present = asyncio.run(_policy(tenant, profile, overrides))
    changes = list(policy_diff(present, policy))
    if not changes:
        console.print("nothing changes")
        return
    for line in changes:
        console.print(Text(line, style=_COLOURS.get(line[0], "")), soft_wrap=True)
    if not is_agreed:
        typer.confirm(f"Set this policy of tenant {tenant}?", abort=True)

    async def put() -> None:
        async with opened(profile, overrides) as store:
            # What was shown is what is replaced.
            await store.put_policy(tenant, policy, shell_operator(), replaces=policy_digest(present))

    asyncio.run(put())
    console.print(f"set: the policy of tenant {tenant}", highlight=False)


async def _policy(tenant: str, profile: str, overrides: list[str] | None) -> ShopPolicy:
    async with opened(profile, overrides) as store:
        return await store.policy(tenant)
