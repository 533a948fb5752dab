"""The engines that understand: which there are, and how one is loaded."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from models.encoder.bert import Device, Runtime
from models.errors import EngineFailed, ModelError
from models.types import Understood
from models.types.understanding import Explanation

EngineName = Literal["bert", "fake"]


@dataclass(frozen=True, slots=True)
class UnderstandingSpec:
    """Which engine, and what it is made of.

    `encoder` is a model source; `adapter` is "shipped" or a source of a trained adapter's folder. `threads` are
    the runtime's, for the whole process; `callers` threads call `predict` at once. `delay_ms` and `fail_every` are the fake
    engine's.
    """

    engine: EngineName = "bert"
    encoder: str = "packaged:e5-small-zh-en"
    adapter: str = "shipped"
    models_dir: Path = Path("models")
    threads: int = 1
    callers: int = 1
    runtime: Runtime = "openvino"
    device: Device = "cpu"
    gpu_memory_share: float | None = None
    delay_ms: float = 0.0
    fail_every: int = 0


class Reader(Protocol):
    """Reads messages; it blocks. As many threads at once call it as its spec says."""

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        """One reading a text, in their order. Raises EngineFailed."""
        ...


class Understander(Reader, Protocol):
    """A reader that can also say why."""

    def prepare_explanations(self) -> None:
        """What the first explanation needs; seconds, in another thread than readings."""
        ...

    def explain(self, text: str) -> Generator[None, None, Explanation]:
        """Why the text is read as it is; yields between pieces of work."""
        ...


def load(spec: UnderstandingSpec) -> Understander:
    """The engine that `spec` names, ready to predict. Raises ModelError."""
    return ENGINES[spec.engine](spec)


def read_each(engine: Reader, texts: Sequence[str]) -> list[Understood | Exception]:
    """A reading of each text, or why there is none: one that the engine can't take must not take the others with it."""
    try:
        return list(engine.predict(texts))
    except Exception as failure:  # noqa: BLE001 it goes to whoever sent the text
        if len(texts) == 1:
            known = isinstance(failure, ModelError)
            # Foreign errors may not survive the way to another process.
            return [
                failure if known else EngineFailed("understanding", f"{type(failure).__name__}: {failure}")
            ]
    return [reading for text in texts for reading in read_each(engine, [text])]


def _bert(spec: UnderstandingSpec) -> Understander:
    from models.understanding.bert import load_bert_understanding

    return load_bert_understanding(
        spec.encoder,
        spec.adapter,
        spec.models_dir,
        spec.threads,
        spec.device,
        spec.gpu_memory_share,
        runtime=spec.runtime,
        callers=spec.callers,
    )


def _fake(spec: UnderstandingSpec) -> Understander:
    from models.understanding.fake import FakeUnderstanding

    return FakeUnderstanding(delay_ms=spec.delay_ms, fail_every=spec.fail_every)


ENGINES: Final[Mapping[EngineName, Callable[[UnderstandingSpec], Understander]]] = {
    "bert": _bert,
    "fake": _fake,
}
