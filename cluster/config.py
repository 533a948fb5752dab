"""One strict configuration: identity (a change restarts its stage) and scale (a change applies live).

The only file that reads the environment. A profile is a YAML file; `load` checks it whole and names each fault by its
key's path, with what to write instead.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from cluster.config_error import ConfigError, explain
from cluster.machines import Http, Nodes
from cluster.placement import check_gpu_groups
from cluster.stage import Stage, StageScale
from deployments.identity import (
    GatewayIdentity,
    GenerationIdentity,
    Ladder,
    Limits,
    Placement,
    RetrievalIdentity,
    SecretRef,
    Section,
    StoreRef,
    TrainedIdentity,
    UnderstandingIdentity,
)
from models.errors import ModelError
from models.sources import PathSource, parse_source

PROFILES_DIR = Path(__file__).parent / "profiles"
GENERATIONS = ("large", "small")


class DemoShop(Section):
    """The seeded demonstration shop; `is_enabled` false for a real one."""

    is_enabled: bool = True
    seed: int = Field(default=20261111, ge=0)
    customers: int = Field(default=2100, ge=10, le=1_000_000)
    orders: int = Field(default=20_500, ge=20, le=10_000_000)


class Identity(Section):
    """What runs. Paths are relative to `home`, which is relative to the working directory.

    `artifacts` is where models trained on a shop's data are published: a folder, or an fsspec URL that every node reaches.
    """

    home: Path = Path(".kefu")
    models_dir: Path = Path("models")
    artifacts: str = "trained"
    store: StoreRef = "sqlite:shop.db"
    token_secret: SecretRef = "file:secrets/token"
    http: Http = Http()
    nodes: Nodes = Nodes()
    demo: DemoShop = DemoShop()
    limits: Limits = Limits()
    ladder: Ladder = Ladder()
    gateway: Placement = Placement(cpus=0.25)
    understanding: UnderstandingIdentity = UnderstandingIdentity()
    retrieval: RetrievalIdentity = RetrievalIdentity()
    segmentation: TrainedIdentity = TrainedIdentity()
    recommendation: TrainedIdentity = TrainedIdentity()
    generation: dict[Literal["large", "small"], GenerationIdentity] = Field(default_factory=dict)


class Scale(Section):
    """How much of it runs."""

    gateway: StageScale
    understanding: StageScale
    retrieval: StageScale
    segmentation: StageScale
    recommendation: StageScale
    generation: dict[Literal["large", "small"], StageScale] = Field(default_factory=dict)


class ClusterConfig(Section):
    """The whole configuration of a Kefu cluster."""

    profile: Literal["fake", "laptop", "gpu", "production"]
    identity: Identity
    scale: Scale

    @model_validator(mode="after")
    def _consistent(self) -> "ClusterConfig":
        identity = self.identity
        if not identity.nodes.is_shared_by_files:
            self._check_shared()
        if set(identity.generation) != set(self.scale.generation):
            raise ValueError(
                f"identity.generation has {sorted(identity.generation)} but scale.generation has "
                f"{sorted(self.scale.generation)}; each chat model needs both"
            )
        if self.profile == "production" and identity.demo.is_enabled:
            raise ValueError(
                "identity.demo.is_enabled: production refuses the demonstration shop's keys; write false"
            )
        if unknown := {entry.rung for entry in identity.ladder.measured} - set(identity.generation):
            raise ValueError(
                f"identity.ladder.measured names rung {sorted(unknown)[0]!r}, which identity.generation lacks"
            )
        for path, source in self.model_sources():
            _check_source(path, source)
        check_gpu_groups(self.stages(), identity.nodes.kind == "local")
        return self

    def _check_shared(self) -> None:
        identity = self.identity
        if self.is_sqlite:
            raise ValueError(
                "identity.store is SQLite but identity.nodes.kind is cluster: replicas on other nodes could not reach it; "
                "write store: env:KEFU_STORE_URL with a postgresql:// URL in that variable"
            )
        for key, path in (("artifacts", identity.artifacts), ("models_dir", str(identity.models_dir))):
            if not _is_shared(path):
                raise ValueError(
                    f"identity.{key} is {path!r}, a folder of one machine, but identity.nodes.kind is cluster; "
                    "write an absolute path on a volume that every node mounts"
                    + (", or a URL such as s3://bucket/kefu" if key == "artifacts" else "")
                )

    def model_sources(self) -> Iterator[tuple[str, str]]:
        """Every model that an engine of ours loads, with its key path."""
        if self.identity.understanding.engine == "bert":
            yield "identity.understanding.encoder", self.identity.understanding.encoder
        if self.identity.retrieval.engine == "hybrid":
            yield "identity.retrieval.embedder", self.identity.retrieval.embedder
        for name, section in self.identity.generation.items():
            if section.engine == "vllm":
                yield f"identity.generation.{name}.model", section.model

    def stages(self) -> Iterator[Stage]:
        """Every deployment of the graph: what it is and how much of it runs."""
        identity, scale = self.identity, self.scale
        yield Stage("Gateway", "identity.gateway", self.gateway_identity(), identity.gateway, scale.gateway)
        for name in ("understanding", "retrieval", "segmentation", "recommendation"):
            section = getattr(self, f"{name}_identity")()
            path = f"identity.{name}.placement"
            yield Stage(name.capitalize(), path, section, section.placement, getattr(scale, name))
        for chat_model in identity.generation:
            generation = self.generation_identity(chat_model)
            path = f"identity.generation.{chat_model}.placement"
            yield Stage(
                f"Generation-{chat_model}",
                path,
                generation,
                generation.placement,
                scale.generation[chat_model],
                generation.worker_bundles,
            )

    @property
    def proxy_on(self) -> str:
        """Where Serve's HTTP proxy runs: `head_node` or `every_node`."""
        default = "head_node" if self.identity.nodes.kind == "local" else "every_node"
        return self.identity.http.proxy_on or default

    def placements(self) -> Iterator[tuple[str, Placement]]:
        """Every stage's placement with its key path."""
        yield "identity.gateway", self.identity.gateway
        for name in ("understanding", "retrieval", "segmentation", "recommendation"):
            yield f"identity.{name}.placement", getattr(self.identity, name).placement
        for chat_model, section in self.identity.generation.items():
            yield f"identity.generation.{chat_model}.placement", section.placement

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is embedded SQLite."""
        return self.identity.store.startswith("sqlite:")

    @property
    def home(self) -> Path:
        """The absolute folder of models, database, logs and secrets."""
        return self.identity.home.absolute()

    @property
    def models_dir(self) -> Path:
        """The absolute folder of built models."""
        return self.home / self.identity.models_dir

    @property
    def store_ref(self) -> str:
        """The store as stages get it: a reference to a secret, or SQLite with an absolute path."""
        if self.is_sqlite:
            return f"sqlite:{self.home / self.identity.store.removeprefix('sqlite:')}"
        return self.identity.store

    @property
    def token_secret_ref(self) -> str:
        """The reference of the token-signing secret, its path absolute."""
        if self.identity.token_secret.startswith("file:"):
            return f"file:{self.home / self.identity.token_secret.removeprefix('file:')}"
        return self.identity.token_secret

    def gateway_identity(self) -> GatewayIdentity:
        """What the gateway's deployment entry carries."""
        return GatewayIdentity(
            store=self.store_ref,
            token_secret=self.token_secret_ref,
            limits=self.identity.limits,
            ladder=self.identity.ladder,
            generations=tuple(name for name in GENERATIONS if name in self.identity.generation),
            generation_tokens={
                name: section.max_tokens for name, section in self.identity.generation.items()
            },
            poll_ms=self.identity.retrieval.poll_ms,
            is_demo=self.identity.demo.is_enabled,
            placement=self.identity.gateway,
        )

    def understanding_identity(self) -> UnderstandingIdentity:
        """What the understanding stage's entry carries."""
        return self.identity.understanding.model_copy(
            update={"models_dir": self.models_dir, "store": self.store_ref}
        )

    def retrieval_identity(self) -> RetrievalIdentity:
        """What the retrieval stage's entry carries."""
        places = {"models_dir": self.models_dir, "vectors_dir": self.models_dir / "vectors"}
        return self.identity.retrieval.model_copy(update={**places, "store": self.store_ref})

    @property
    def artifacts_url(self) -> str:
        """Where trained models are published: an fsspec URL, or an absolute path."""
        artifacts = self.identity.artifacts
        return artifacts if _is_shared(artifacts) else str(self.home / artifacts)

    def segmentation_identity(self) -> TrainedIdentity:
        """What the segmentation stage's entry carries."""
        return self._trained(self.identity.segmentation)

    def recommendation_identity(self) -> TrainedIdentity:
        """What the recommendation stage's entry carries."""
        return self._trained(self.identity.recommendation)

    def _trained(self, section: TrainedIdentity) -> TrainedIdentity:
        return section.model_copy(update={"cache_dir": self.models_dir / "fetched", "store": self.store_ref})

    def generation_identity(self, name: Literal["large", "small"]) -> GenerationIdentity:
        """What that chat model's entry carries."""
        return self.identity.generation[name].model_copy(update={"models_dir": self.models_dir})

    def packaged_models(self) -> tuple[str, ...]:
        """The packaged models that this configuration needs, without the `packaged:` prefix."""
        sources = (source for _, source in self.model_sources())
        return tuple(dict.fromkeys(s.removeprefix("packaged:") for s in sources if s.startswith("packaged:")))


def _is_shared(path: str) -> bool:
    return "://" in path or Path(path).is_absolute()


def _check_source(path: str, source: str) -> None:
    try:
        parsed = parse_source(source)
    except ModelError as error:
        raise ValueError(f"{path}: {error}") from None
    if isinstance(parsed, PathSource) and not parsed.folder.is_dir():
        raise ValueError(
            f"{path}: there is no folder {parsed.folder}; give the folder that holds config.json"
        )


def identity_hash(section: Section) -> str:
    """A short content hash of an identity section: a new one restarts its deployment."""
    return hashlib.sha256(section.model_dump_json().encode()).hexdigest()[:16]


def profile_path(name_or_path: str) -> Path:
    """The YAML of a profile by name (`laptop`) or by path. ConfigError names the known profiles."""
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml", ".json"}:
        return path
    known = sorted(p.stem for p in PROFILES_DIR.glob("*.yaml"))
    if name_or_path not in known:
        raise ConfigError(
            name_or_path, (f"no such profile; use one of {', '.join(known)}, or the path of a YAML file",)
        )
    return PROFILES_DIR / f"{name_or_path}.yaml"


def load(path: Path, overrides: tuple[str, ...] = ()) -> ClusterConfig:
    """Read and check a profile. `overrides` are `key.path=value` with the value in YAML.

    Raises ConfigError with every fault found.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            str(path), ("no such file; give a profile's name or the path of a YAML file",)
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError(str(path), (f"not valid YAML: {error}",)) from None
    if not isinstance(document, dict):
        raise ConfigError(str(path), ("it must be a mapping with profile, identity and scale",))
    for override in overrides:
        _apply_override(document, override)
    return parse(document, str(path))


def parse(document: dict[str, Any], source: str = "configuration") -> ClusterConfig:
    """Check a configuration given as plain data. Raises ConfigError."""
    try:
        return ClusterConfig.model_validate(document)
    except ValidationError as error:
        raise ConfigError(source, explain(error, ClusterConfig.model_json_schema())) from None


def resolve_secret(reference: str) -> str:
    """The value behind `env:NAME` or `file:PATH`; `sqlite:PATH` becomes its URL. ConfigError says what is missing."""
    kind, _, rest = reference.partition(":")
    if kind == "sqlite":
        return f"sqlite+aiosqlite:///{rest}"
    if kind == "env":
        if not (value := os.environ.get(rest)):
            raise ConfigError(
                reference, (f"the environment variable {rest} is not set; set it to the secret's value",)
            )
        return value
    try:
        return Path(rest).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise ConfigError(
            reference, (f"no file {rest}; create it with the secret in it, mode 0600",)
        ) from None


def has_environment(*names: str) -> bool:
    """Whether any of these variables is set."""
    return any(name in os.environ for name in names)


def set_environment(variables: Mapping[str, str]) -> None:
    """Set variables for this process and those that it starts: Ray reads its settings when it is imported."""
    os.environ.update(variables)


def _apply_override(document: dict[str, Any], override: str) -> None:
    path, equals, text = override.partition("=")
    if not equals:
        raise ConfigError(override, ("an override is written key.path=value",))
    *parents, last = path.split(".")
    node = document
    for parent in parents:
        node = node.setdefault(parent, {})
        if not isinstance(node, dict):
            raise ConfigError(override, (f"{parent} is a value, not a section",))
    node[last] = yaml.safe_load(text)
