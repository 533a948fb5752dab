"""The real engine: one pass of a BERT encoder, read by the trained heads."""

import hashlib
from collections.abc import Generator, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import numpy as np

from models.encoder.bert import QUERY_PREFIX, BertEncoder, Device, Runtime, TokenStates
from models.errors import ModelNotFound, ModelUnloadable
from models.sources import resolve
from models.types import INTENTS, Entity, Understood
from models.types.understanding import SENTIMENT_LABELS, Explanation
from models.understanding import lora
from models.understanding.corpus import load_corpus
from models.understanding.entities import extract
from models.understanding.errors import AdapterDamaged, AdapterMismatch
from models.understanding.evaluate import Predictions
from models.understanding.examples import Split, by_intent, read_examples
from models.understanding.explain import Examples, Explainer
from models.understanding.heads import Adapter, Heads, load_adapter, softmax
from models.understanding.language import language
from models.understanding.rejection import Floats
from models.understanding.tagger import TAGS, decode, joined

SHIPPED: Final = "shipped"


class BertUnderstanding:
    """Intent, sentiment, entities and language of messages. `encoder` already has the adapter's low-rank parts.

    `examples` are the training messages that an explanation names.
    """

    def __init__(self, encoder: BertEncoder, heads: Heads, examples: Examples = dict) -> None:
        self._encoder = encoder
        self._heads = heads
        self._explainer = Explainer(encoder, heads, examples)

    def prepare_explanations(self) -> None:
        """Takes seconds the first time, and may run beside readings."""
        self._explainer.prepare()

    def explain(self, text: str) -> Generator[None, None, Explanation]:
        """Why the text is read as it is; yields between pieces of work."""
        return self._explainer.explain(text)

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        """One reading a text, in their order. Blocks for about 15 ms a text, less in a batch."""
        if not texts:
            return []
        return self._understood(texts, *self._encoder.read(texts, QUERY_PREFIX))

    def predictions(self, texts: Sequence[str]) -> Predictions:
        """The readings with all their probabilities, for evaluation."""
        features, tokens = self._encoder.read(texts, QUERY_PREFIX)
        inside, outside = self._heads.probabilities(features, [language(text) for text in texts])
        names = tuple(self._heads.intent.labels[place] for place in self._heads.inside)
        return Predictions(names, inside, outside, tuple(self._understood(texts, features, tokens)))

    def _understood(
        self, texts: Sequence[str], features: Floats, tokens: Sequence[TokenStates]
    ) -> list[Understood]:
        languages = [language(text) for text in texts]
        readings = self._heads.read(features, languages)
        return [
            Understood(
                intent=reading.intent,
                probability=reading.probability,
                decision=reading.decision,
                top=reading.top,
                language=spoken,
                sentiment=reading.sentiment,
                entities=joined(extract(text), self._names(text, states)),
            )
            for text, spoken, reading, states in zip(texts, languages, readings, tokens, strict=True)
        ]

    def _names(self, text: str, tokens: TokenStates) -> tuple[Entity, ...]:
        if not self._heads.named:
            return ()
        probabilities = softmax(self._heads.tag.logits(tokens.states))
        return decode(text, tokens, probabilities, self._heads.named)


def load_bert_understanding(
    encoder: str,
    adapter: str,
    models_dir: Path,
    threads: int,
    device: Device = "cpu",
    gpu_memory_share: float | None = None,
    *,
    runtime: Runtime,
    callers: int = 1,
) -> BertUnderstanding:
    """Loads the encoder, merges the adapter into it. Raises ModelError, AdapterMismatch for another encoder's.

    The first load with OpenVINO exports the merged encoder into `<models_dir>/openvino`, which takes 4 s.
    """
    source = resolve(encoder, models_dir, verify=True)
    loaded = BertEncoder.load(source, device=device, gpu_memory_share=gpu_memory_share, threads=threads)
    trained = find_adapter(adapter, models_dir)
    heads = trained.heads(runtime)
    labels = {*heads.intent.labels, *heads.sentiment.labels, *heads.tag.labels}
    known = {*INTENTS, *SENTIMENT_LABELS, *TAGS}
    if labels != known or heads.sentiment.labels != SENTIMENT_LABELS or heads.tag.labels != TAGS:
        odd = ", ".join(sorted(labels ^ known)[:3])
        raise AdapterDamaged(adapter, f"its labels are not those of this version's taxonomy ({odd})")
    apply_adapter(loaded, trained)
    computed = computed_by(runtime, loaded, models_dir, threads, callers)
    return BertUnderstanding(computed, heads, lambda: _examples_if_any(adapter, models_dir))


def computed_by(
    runtime: Runtime, encoder: BertEncoder, models_dir: Path, threads: int, callers: int = 1
) -> BertEncoder:
    """The encoder as that runtime computes it; `encoder` itself may be changed. `callers` threads will call it at once.

    Raises ModelUnloadable, ModelDamaged.
    """
    if runtime == "torch":
        if encoder.device == "cuda":
            encoder.model.bfloat16()
        return encoder
    if encoder.device != "cpu":
        raise ModelUnloadable("the encoder", f"runtime openvino is for CPUs and it is on {encoder.device}")
    from models.encoder import openvino

    folder = models_dir / "openvino" / openvino.folder_name(encoder)
    openvino.export(encoder, folder)
    return openvino.load(folder, threads=threads, streams=callers)


def find_adapter(adapter: str, models_dir: Path) -> Adapter:
    """The adapter that ships with the package, or that in the folder of a model source."""
    if adapter == SHIPPED:
        with as_file(files(__package__).joinpath("adapter")) as folder:
            return load_adapter(folder)
    return load_adapter(_folder(adapter, models_dir))


def find_examples(adapter: str, models_dir: Path, part: Split = "train") -> dict[str, list[str]]:
    """The messages of a split that the adapter was made with, by intent. AdapterDamaged where its folder has lost them."""
    if adapter == SHIPPED:
        return by_intent(load_corpus().intents.of(part))
    return read_examples(_folder(adapter, models_dir), part)


def _examples_if_any(adapter: str, models_dir: Path) -> dict[str, list[str]]:
    """For explanations, which are worth something without them."""
    try:
        return find_examples(adapter, models_dir)
    except AdapterDamaged:
        return {}


def _folder(adapter: str, models_dir: Path) -> Path:
    location = resolve(adapter, models_dir)
    if not isinstance(location, Path):
        raise ModelNotFound(str(location), "an adapter is read from a folder; write path:FOLDER")
    return location


def apply_adapter(encoder: BertEncoder, adapter: Adapter) -> None:
    """Merges the low-rank parts into `encoder`, in place. Raises AdapterMismatch, AdapterDamaged."""
    actual = fingerprint(encoder)
    if actual != adapter.encoder_fingerprint:
        trained_on = f"{adapter.card['encoder']['name']} ({adapter.encoder_fingerprint})"
        raise AdapterMismatch(trained_on, actual)
    lora.merge(encoder.model, adapter.lora)


def encode(encoder: BertEncoder, texts: Sequence[str]) -> Floats:
    """What the heads read: mean-pooled and not normalised, float32 [n, hidden]."""
    return encoder.encode(texts, QUERY_PREFIX, normalise=False)


def fingerprint(encoder: BertEncoder) -> str:
    """12 digits that tell encoders apart by their weights, wherever they were loaded from.

    Only small tensors are hashed, of a model that has those, rounded to 3 digits.
    """
    digest, tensors = hashlib.sha256(), sorted(encoder.model.state_dict().items())
    small = [(n, t) for n, t in tensors if n.endswith(("LayerNorm.weight", "LayerNorm.bias", "query.bias"))]
    for name, tensor in small or tensors:
        digest.update(name.encode())
        digest.update(np.round(tensor.float().cpu().numpy(), 3).astype(np.float32).tobytes())
    return digest.hexdigest()[:12]
