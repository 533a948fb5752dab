"""What each stage is: the part of the configuration whose change restarts that stage.

A stage reads its identity from its own deployment entry (`user_config`), so these sections travel as plain JSON.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator


def _is_secret_reference(value: str) -> str:
    kind, _, rest = value.partition(":")
    if kind not in {"env", "file"} or not rest:
        raise ValueError("a secret is named, never written here; write env:NAME or file:PATH")
    return value


def _is_store_reference(value: str) -> str:
    kind, _, rest = value.partition(":")
    if kind not in {"sqlite", "env", "file"} or not rest:
        raise ValueError(
            "write sqlite:PATH, or env:NAME or file:PATH of a secret that holds the database URL; "
            "a URL with its password never stands here"
        )
    return value


SecretRef = Annotated[str, AfterValidator(_is_secret_reference)]
StoreRef = Annotated[str, AfterValidator(_is_store_reference)]


class Section(BaseModel):
    """A strict, frozen part of the configuration: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class Placement(Section):
    """What one replica takes in all, and where. `gpus` below 1 is a share of one GPU, which the stages of the same
    `gpu_group` have together. `accelerator` is a kind of GPU as Ray names it (L4, A100-80G, H100); `strategy` is how the
    bundles of a replica of several engine workers lie on nodes.
    """

    cpus: float = Field(default=1.0, ge=0, le=1024)
    gpus: float = Field(default=0.0, ge=0, le=64)
    accelerator: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    gpu_group: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    gpu_memory_share: float | None = Field(default=None, gt=0, le=1)
    strategy: Literal["PACK", "STRICT_PACK", "SPREAD", "STRICT_SPREAD"] = "PACK"

    @model_validator(mode="after")
    def _whole_or_share(self) -> "Placement":
        if self.gpus > 1 and self.gpus != int(self.gpus):
            raise ValueError(
                f"gpus is {self.gpus}: above 1 it must be a whole number; write {int(self.gpus)}"
            )
        if (self.gpu_group or self.gpu_memory_share or self.accelerator) and self.gpus == 0:
            raise ValueError(
                "gpu_group, gpu_memory_share and accelerator need gpus above 0; set gpus or remove them"
            )
        if 0 < self.gpus < 1 and self.gpu_group is None:
            raise ValueError(
                f"gpus {self.gpus:g} is a share of one GPU; name that GPU with gpu_group, such as gpu_group: first"
            )
        if self.gpu_group and self.gpus >= 1:
            raise ValueError(
                f"gpu_group {self.gpu_group!r} shares one GPU, but gpus is {self.gpus:g}; write a share below 1, or "
                "remove gpu_group"
            )
        return self


class FakeBehaviour(Section):
    """How a fake engine behaves: its start, its delay, and the calls that fail (every n-th; 0 = never)."""

    start_ms: float = Field(default=0.0, ge=0, le=600_000)
    delay_ms: float = Field(default=0.0, ge=0, le=600_000)
    delay_per_token_ms: float = Field(default=0.0, ge=0, le=60_000)
    fail_every: int = Field(default=0, ge=0)


class Batching(Section):
    """Dynamic batching: what came while the last batch was read makes the next, at most `max_texts` of several callers."""

    max_texts: int = Field(default=32, ge=1, le=1024)


class UnderstandingIdentity(Section):
    """The BERT stage. `encoder` and `adapter` name the model: `packaged:…`, `path:…` or `hub:…`. `store` is where the shops'
    own adapters are named.

    `runtime` computes it: `openvino` on a CPU, where it is two to three times as quick as `torch`, which runs on GPUs too.
    With it each of the `threads` reads a batch of its own.
    """

    engine: Literal["bert", "fake"] = "bert"
    encoder: str = "packaged:e5-small-zh-en"
    adapter: str = "shipped"
    runtime: Literal["torch", "openvino"] = "openvino"
    threads: int = Field(default=1, ge=1, le=64)
    batching: Batching = Batching()
    placement: Placement = Placement()
    poll_ms: int = Field(default=250, ge=50, le=10_000)
    fake: FakeBehaviour = FakeBehaviour()
    models_dir: Path = Path("models")
    store: StoreRef = "sqlite:shop.db"

    @property
    def callers(self) -> int:
        """How many batches are read at once."""
        return self.threads if self.engine == "bert" and self.runtime == "openvino" else 1

    @model_validator(mode="after")
    def _runtime_has_its_device(self) -> "UnderstandingIdentity":
        if self.engine == "bert" and self.runtime == "openvino" and self.placement.gpus:
            raise ValueError("runtime openvino runs on CPUs and placement.gpus is set; write runtime: torch")
        return self


class RetrievalIdentity(Section):
    """Hybrid search over the knowledge base. `store` is where the articles are; `vectors_dir` keeps for the next start what
    was computed of their texts (None: nowhere).
    """

    engine: Literal["hybrid", "fake"] = "hybrid"
    embedder: str = "packaged:use-multilingual-v3"
    threads: int = Field(default=1, ge=1, le=64)
    poll_ms: int = Field(default=250, ge=50, le=10_000)
    placement: Placement = Placement()
    fake: FakeBehaviour = FakeBehaviour()
    models_dir: Path = Path("models")
    vectors_dir: Path | None = None
    store: StoreRef = "sqlite:shop.db"


class TrainedIdentity(Section):
    """A stage that serves what was trained on each shop's own data. `cache_dir` keeps what was fetched from elsewhere."""

    poll_ms: int = Field(default=250, ge=50, le=10_000)
    placement: Placement = Placement(cpus=0.25)
    cache_dir: Path = Path("models")
    store: StoreRef = "sqlite:shop.db"


class GenerationIdentity(Section):
    """One chat model.

    `placement` is what a replica takes in all. `bundles` say how it is split, one per engine worker; left out, vLLM's
    workers get equal parts, and the other engines are one process without a placement group.
    """

    engine: Literal["vllm", "openai_endpoint", "fake"] = "vllm"
    model: str
    max_model_len: int = Field(default=2048, ge=128, le=1_048_576)
    max_num_seqs: int = Field(default=32, ge=1, le=4096)
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    tensor_parallel: int = Field(default=1, ge=1, le=64)
    enforce_eager: bool = False
    kv_cache_gib: float = Field(default=1.0, gt=0, le=4096)
    threads: int = Field(default=1, ge=1, le=256)
    max_tokens: int = Field(default=160, ge=1, le=32_768)
    temperature: float = Field(default=0.0, ge=0, le=2)
    bundles: tuple[dict[str, float], ...] = ()
    placement: Placement = Placement()
    endpoint: str | None = None
    endpoint_key: SecretRef | None = None
    fake: FakeBehaviour = FakeBehaviour()
    models_dir: Path = Path("models")

    @model_validator(mode="after")
    def _consistent(self) -> "GenerationIdentity":
        if self.engine == "openai_endpoint" and not self.endpoint:
            raise ValueError(
                "engine openai_endpoint needs endpoint: the base URL, such as http://127.0.0.1:8001/v1"
            )
        self._check_gpus()
        self._check_bundles()
        if self.max_tokens >= self.max_model_len:
            raise ValueError(
                f"max_tokens {self.max_tokens} leaves no room for a prompt in {self.max_model_len}"
            )
        return self

    @property
    def worker_bundles(self) -> tuple[dict[str, float], ...]:
        """The placement group of one replica: `bundles`, or vLLM's equal parts; empty where a replica is one process."""
        if self.bundles or self.engine != "vllm":
            return self.bundles
        shares = {"CPU": self.placement.cpus, "GPU": self.placement.gpus}
        part = {name: amount / self.tensor_parallel for name, amount in shares.items() if amount}
        return (part,) * self.tensor_parallel

    def _check_gpus(self) -> None:
        gpus, workers = self.placement.gpus, self.tensor_parallel
        if self.engine != "vllm":
            return
        if not self.bundles and not gpus and not self.placement.cpus:
            raise ValueError(
                "placement gives the engine neither CPUs nor GPUs; write placement.cpus, such as 1"
            )
        if 0 < gpus < 1 and workers > 1:
            raise ValueError(
                f"tensor_parallel {workers} needs whole GPUs but placement.gpus is {gpus:g}; write placement.gpus: {workers}"
            )
        if gpus >= 1 and gpus != workers:
            raise ValueError(
                f"tensor_parallel {workers} uses {workers} GPUs, one per engine worker, but placement.gpus is {gpus:g}; "
                f"write placement.gpus: {workers}, or tensor_parallel: {gpus:g}"
            )

    def _check_bundles(self) -> None:
        if not self.bundles:
            return
        for resource, key, whole in (
            ("CPU", "cpus", self.placement.cpus),
            ("GPU", "gpus", self.placement.gpus),
        ):
            held = sum(bundle.get(resource, 0) for bundle in self.bundles)
            if abs(held - whole) > 1e-6:
                raise ValueError(
                    f"bundles hold {held:g} {resource}s but placement.{key} is {whole:g}; they must agree: "
                    f"write placement.{key}: {held:g}"
                )
        if self.placement.gpu_group and len(self.bundles) > 1:
            raise ValueError("a stage with gpu_group runs on one GPU: give it one bundle")
        if any(
            amount != int(amount)
            for b in self.bundles
            if len(self.bundles) > 1 and (amount := b.get("GPU", 0))
        ):
            raise ValueError("a bundle beside others holds whole GPUs only; write GPU: 1")

    @field_validator("bundles")
    @classmethod
    def _known_resources(cls, bundles: tuple[dict[str, float], ...]) -> tuple[dict[str, float], ...]:
        for bundle in bundles:
            if not any(bundle.values()):
                raise ValueError("a bundle holds nothing; give it CPU or GPU, such as {CPU: 1}")
            if unknown := set(bundle) - {"CPU", "GPU", "memory"}:
                raise ValueError(
                    f"unknown resource {sorted(unknown)[0]!r} in a bundle; use CPU, GPU or memory"
                )
        return bundles


class Limits(Section):
    """What the gateway accepts. `deadline_s` is a chat turn's budget, `engine_deadline_s` a raw engine's completion's. A
    customer's or agent's token that is good for longer than its hours is refused.
    """

    body_bytes: int = Field(default=65_536, ge=1024, le=16_777_216)
    message_characters: int = Field(default=4000, ge=16, le=100_000)
    batch_texts: int = Field(default=256, ge=1, le=256)
    deadline_s: float = Field(default=20.0, gt=0, le=600)
    engine_deadline_s: float = Field(default=120.0, gt=0, le=3600)
    first_token_s: float = Field(default=5.0, gt=0, le=600)
    customer_token_hours: int = Field(default=24, ge=1, le=8760)
    agent_token_hours: int = Field(default=24, ge=1, le=8760)


class RungQuality(Section):
    """A measured quality: the share of answers that `kefu evaluate answers` found right, on `items` items."""

    rung: Literal["large", "small"]
    intent: str
    language: Literal["zh", "en"]
    quality: float = Field(ge=0, le=1)
    items: int = Field(ge=1)
    source: str


class Ladder(Section):
    """Which rungs are on: those with a measured quality of at least `bound`."""

    bound: float = Field(default=0.9, ge=0.5, le=1)
    measured: tuple[RungQuality, ...] = ()


class GatewayIdentity(Section):
    """The HTTP ingress: store, limits, ladder, and the stages it may call."""

    store: StoreRef = "sqlite:shop.db"
    token_secret: SecretRef = "file:secrets/token"
    limits: Limits = Limits()
    ladder: Ladder = Ladder()
    generations: tuple[str, ...] = ()
    generation_tokens: dict[str, int] = Field(default_factory=dict)
    poll_ms: int = Field(default=250, ge=50, le=10_000)
    is_demo: bool = True
    placement: Placement = Placement()
