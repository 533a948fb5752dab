"""How a run gets in: the address and each tenant's keys, from `kefu up`'s serve.json or as the workload names them."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.load.target import DriverError, Target
from benchmarks.load.workload import SERVE_FILE, Tenant, Workload
from cluster.config import resolve_secret
from cluster.config_error import ConfigError

# Where it lies and which port it has changes nothing of what is measured.
_PLACES: Final = (("identity", "home"), ("identity", "models_dir"), ("identity", "http"))


class NoDoor(DriverError):
    """The address or a key is missing; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Door:
    """A way in, with what runs behind it. `home` is the cluster's; None where only an address is known."""

    target: Target
    home: Path | None
    profile: str | None
    config_hash: str | None


def open_door(workload: Workload, serve_file: Path) -> Door:
    """Resolve the workload's target and keys. NoDoor, TargetNotLocal."""
    file = _named(workload.target, serve_file)
    base_url = workload.target if file is None else _field(file, "base_url")
    target = Target(base_url, {tenant.name: _headers(tenant, serve_file) for tenant in workload.tenants})
    if file is None:
        return Door(target, None, None, None)
    home = file.absolute().parent
    return Door(target, home, *_configuration(home))


def _named(reference: str, serve_file: Path) -> Path | None:
    """The file of a `serve_file` or `serve_file:PATH`, None for anything else."""
    kind, _, path = reference.partition(":")
    return None if kind != SERVE_FILE else Path(path) if path else serve_file


def _headers(tenant: Tenant, serve_file: Path) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {_secret(tenant.key, 'api_key', serve_file)}"}
    if tenant.customer_token is not None:
        headers["X-Customer-Token"] = _secret(tenant.customer_token, "customer_token", serve_file)
    return headers


def _secret(reference: str, name: str, serve_file: Path) -> str:
    file = _named(reference, serve_file)
    if file is not None:
        return _field(file, name)
    try:
        return resolve_secret(reference)
    except ConfigError as error:
        raise NoDoor(str(error)) from None


def _field(file: Path, name: str) -> str:
    """One value of a serve.json. Its contents are keys: no error repeats them."""
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoDoor(
            f"there is no {file}: nothing serves there; start it with kefu up, give --profile or --serve-file, "
            "or name target and keys in the workload"
        ) from None
    except OSError as error:
        raise NoDoor(f"{file} can't be read: {error.strerror}") from None
    except ValueError:
        raise NoDoor(f"{file} is not the JSON that kefu up writes") from None
    if not isinstance(document, dict) or not isinstance(value := document.get(name), str):
        raise NoDoor(f"{file} has no {name}; give the file that kefu up writes")
    return value


def _configuration(home: Path) -> tuple[str | None, str | None]:
    """The profile that runs, and the hash of its configuration without its places."""
    try:
        document = yaml.safe_load((home / "run" / "cluster.yaml").read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return None, None
    if not isinstance(document, dict):
        return None, None
    for section, key in _PLACES:
        document.get(section, {}).pop(key, None)
    text = json.dumps(document, sort_keys=True, default=str)
    return document.get("profile"), hashlib.sha256(text.encode()).hexdigest()[:16]
