"""The encoder engine: a BERT-like model from a folder or a hub id, texts in, mean-pooled vectors out."""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from models.errors import ModelUnloadable
from models.sources import HubSource

Device = Literal["cpu", "cuda"]
Runtime = Literal["torch", "openvino"]
"""What computes an encoder: PyTorch (float32 on a CPU, bfloat16 on a GPU), or OpenVINO on a CPU, in
bfloat16 where the processor can."""

QUERY_PREFIX = "query: "


Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TokenStates:
    """A text's tokens: the last layer [tokens, hidden], and each one's place in the text in code points.

    The place of a token that stands for nothing in the text (specials, the prefix) is empty.
    """

    states: Floats
    spans: tuple[tuple[int, int], ...]


class BertEncoder:
    """Embeds texts with any BERT-like encoder (BERT, RoBERTa, XLM-R) and its own tokenizer.

    `model` and `tokenizer` are the loaded Hugging Face objects, open to code that puts heads on them. Batches are padded to
    a multiple of `width_step` tokens. Calls block, and threads may share one encoder.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        device: Device = "cpu",
        max_length: int = 256,
        batch_size: int = 32,
        width_step: int = 1,
    ) -> None:
        self.model = model.to(device).eval()
        self.tokenizer = tokenizer
        self.device = device
        self.max_length = min(max_length, tokenizer.model_max_length)
        self.batch_size = batch_size
        self.width_step = width_step
        # A fast tokenizer changes itself when its truncation does, which must not happen under two threads.
        self.token_ids([""])

    @classmethod
    def load(
        cls,
        source: Path | HubSource,
        *,
        device: Device = "cpu",
        gpu_memory_share: float | None = None,
        threads: int | None = None,
        max_length: int = 256,
        batch_size: int = 32,
    ) -> "BertEncoder":
        """Loads what `models.sources.resolve` returned; safetensors only, no remote code, float32.

        `threads` sets PyTorch's intra-op threads, and `gpu_memory_share` the part of the GPU's memory that PyTorch may take,
        both for the whole process. Raises ModelUnloadable.
        """
        import torch
        from safetensors import SafetensorError

        if device == "cuda" and not torch.cuda.is_available():
            raise ModelUnloadable(str(source), "device cuda was asked for, and PyTorch sees none")
        if device == "cuda" and gpu_memory_share is not None:
            torch.cuda.set_per_process_memory_fraction(gpu_memory_share)
        if threads is not None:
            torch.set_num_threads(threads)
        location, revision = (
            (source.repo_id, source.revision) if isinstance(source, HubSource) else (str(source), None)
        )
        try:
            model = _load_model(location, revision)
        # What transformers and safetensors raise for a missing, an unfit and a broken file.
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as refused:
            raise ModelUnloadable(location, str(refused)) from refused
        try:
            tokenizer = _load_tokenizer(location, revision)
        except Exception as refused:  # tokenizers raises nothing more special for a broken file
            raise ModelUnloadable(location, f"its tokenizer: {refused}") from refused
        return cls(model, tokenizer, device=device, max_length=max_length, batch_size=batch_size)

    @property
    def hidden_size(self) -> int:
        """The length of a vector."""
        return int(self.model.config.hidden_size)

    def encode(self, texts: Sequence[str], prefix: str = QUERY_PREFIX, *, normalise: bool = True) -> Floats:
        """Texts to float32 [n, hidden], in the order of `texts`: the mean of the last layer over the tokens.

        Each text is read as `prefix + text`, and its head is kept when it is longer than `max_length` tokens.
        Models not trained with E5's prefixes want `prefix=""`. `normalise` scales each vector to length 1.
        """
        vectors = np.empty((len(texts), self.hidden_size), dtype=np.float32)
        ids = self.token_ids([prefix + text for text in texts])
        for rows, hidden, mask in self._batches(ids):
            pooled = _mean(hidden, mask)
            if normalise:
                pooled = pooled / pooled.norm(dim=-1, keepdim=True).clamp(min=1e-12)
            vectors[rows] = pooled.cpu().numpy()
        return vectors

    def read(self, texts: Sequence[str], prefix: str = QUERY_PREFIX) -> tuple[Floats, list[TokenStates]]:
        """Of one pass: what `encode` gives without normalising, and the tokens that it is the mean of."""
        vectors = np.empty((len(texts), self.hidden_size), dtype=np.float32)
        ids, spans = self.token_spans(texts, prefix)
        tokens: list[TokenStates] = [TokenStates(np.empty((0, 0), np.float32), ())] * len(texts)
        for rows, hidden, mask in self._batches(ids):
            vectors[rows] = _mean(hidden, mask).cpu().numpy()
            states = hidden.cpu().numpy()
            for place, row in enumerate(rows):
                tokens[row] = TokenStates(states[place, : len(ids[row])], spans[row])
        return vectors, tokens

    def token_spans(
        self, texts: Sequence[str], prefix: str = QUERY_PREFIX
    ) -> tuple[list[list[int]], list[tuple[tuple[int, int], ...]]]:
        """The ids of each `prefix + text`, and each token's place in the text alone."""
        encoded = self._tokenized([prefix + text for text in texts], spans=True)
        skipped = len(prefix)
        spans = [
            tuple((max(0, start - skipped), max(0, end - skipped)) for start, end in offsets)
            for offsets in encoded["offset_mapping"]
        ]
        return [list(ids) for ids in encoded["input_ids"]], spans

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, specials included, cut to `max_length`."""
        return [list(ids) for ids in self._tokenized(texts, spans=False)["input_ids"]]

    def _tokenized(self, texts: Sequence[str], *, spans: bool) -> Any:
        if not texts:
            return {"input_ids": [], "offset_mapping": []}
        return self.tokenizer(
            list(texts),
            truncation=True,
            max_length=self.max_length,
            return_attention_mask=False,
            return_offsets_mapping=spans,
        )

    def _batches(self, ids: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], Any, Any]]:
        """Of each padded batch: its rows, the last layer [n, width, hidden], and the mask [n, width]."""
        import torch

        # Texts of like length share a batch, so that little is computed for padding.
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            with torch.inference_mode():
                hidden, mask = self._last_layer([ids[i] for i in rows])
            yield rows, hidden, mask

    def _last_layer(self, ids: Sequence[Sequence[int]]) -> tuple[Any, Any]:
        import torch

        longest = max(1, *map(len, ids))
        width = min(longest + -longest % self.width_step, max(longest, self.max_length))
        padded = torch.full((len(ids), width), self.tokenizer.pad_token_id or 0, dtype=torch.long)
        mask = torch.zeros((len(ids), width), dtype=torch.long)
        for row, text_ids in enumerate(ids):
            padded[row, : len(text_ids)] = torch.tensor(text_ids, dtype=torch.long)
            mask[row, : len(text_ids)] = 1
        mask = mask.to(self.device)
        hidden = self.model(input_ids=padded.to(self.device), attention_mask=mask).last_hidden_state
        # A mean in bfloat16 would lose more than all of that model's layers do.
        return hidden.float(), mask


def _mean(hidden: Any, mask: Any) -> Any:
    """The last layer over the tokens that the mask keeps, [n, hidden]."""
    weights = mask.unsqueeze(-1).float()
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)


def _load_model(location: str, revision: str | None) -> Any:
    import torch
    from transformers import MODEL_MAPPING, AutoConfig, AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # a replica's log is no terminal
    config = AutoConfig.from_pretrained(location, revision=revision)
    options: dict[str, Any] = {}
    # A pooler is not used here, and a checkpoint without one would get one with random weights and a warning.
    if "add_pooling_layer" in inspect.signature(MODEL_MAPPING[type(config)].__init__).parameters:
        options["add_pooling_layer"] = False
    return AutoModel.from_pretrained(
        location, config=config, revision=revision, dtype=torch.float32, use_safetensors=True, **options
    )


def _load_tokenizer(location: str, revision: str | None) -> Any:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(location, revision=revision)
    tokenizer.truncation_side = "right"
    return tokenizer
