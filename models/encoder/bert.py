"""The encoder engine: a BERT-like model from a folder or a hub id, texts in, mean-pooled vectors out."""

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from models.errors import ModelUnloadable
from models.sources import HubSource

Device = Literal["cpu", "cuda"]

QUERY_PREFIX = "query: "
PASSAGE_PREFIX = "passage: "


class BertEncoder:
    """Embeds texts with any BERT-like encoder (BERT, RoBERTa, XLM-R) and its own tokenizer.

    `model` and `tokenizer` are the loaded Hugging Face objects, open to code that puts heads on them. Calls
    block, and threads may share one encoder.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        device: Device = "cpu",
        max_length: int = 256,
        batch_size: int = 32,
    ) -> None:
        self.model = model.to(device).eval()
        self.tokenizer = tokenizer
        self.device = device
        self.max_length = min(max_length, tokenizer.model_max_length)
        self.batch_size = batch_size
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
            model, tokenizer = _load_model(location, revision), _load_tokenizer(location, revision)
        # What transformers and safetensors raise for a missing, an unfit and a broken file.
        except (OSError, ValueError, KeyError, SafetensorError) as refused:
            raise ModelUnloadable(location, str(refused)) from refused
        return cls(model, tokenizer, device=device, max_length=max_length, batch_size=batch_size)

    @property
    def hidden_size(self) -> int:
        """The length of a vector."""
        return int(self.model.config.hidden_size)

    def encode(
        self, texts: Sequence[str], prefix: str = QUERY_PREFIX, *, normalise: bool = True
    ) -> npt.NDArray[np.float32]:
        """Texts to float32 [n, hidden], in the order of `texts`: the mean of the last layer over the tokens.

        Each text is read as `prefix + text`, and its head is kept when it is longer than `max_length` tokens.
        Models not trained with E5's prefixes want `prefix=""`. `normalise` scales each vector to length 1.
        """
        import torch

        vectors = np.empty((len(texts), self.hidden_size), dtype=np.float32)
        ids = self.token_ids([prefix + text for text in texts])
        # Texts of like length share a batch, so that little is computed for padding.
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        with torch.inference_mode():
            for start in range(0, len(order), self.batch_size):
                rows = order[start : start + self.batch_size]
                pooled = self._pool([ids[i] for i in rows])
                if normalise:
                    pooled = torch.nn.functional.normalize(pooled, dim=-1)
                vectors[rows] = pooled.float().cpu().numpy()
        return vectors

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, specials included, cut to `max_length`."""
        if not texts:
            return []
        encoded = self.tokenizer(
            list(texts), truncation=True, max_length=self.max_length, return_attention_mask=False
        )
        return [list(ids) for ids in encoded["input_ids"]]

    def _pool(self, ids: Sequence[Sequence[int]]) -> Any:
        """One padded batch to its mean-pooled last layer, [len(ids), hidden]."""
        import torch

        width = max(1, *map(len, ids))
        padded = torch.full((len(ids), width), self.tokenizer.pad_token_id or 0, dtype=torch.long)
        mask = torch.zeros((len(ids), width), dtype=torch.long)
        for row, text_ids in enumerate(ids):
            padded[row, : len(text_ids)] = torch.tensor(text_ids, dtype=torch.long)
            mask[row, : len(text_ids)] = 1
        mask = mask.to(self.device)
        hidden = self.model(input_ids=padded.to(self.device), attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(hidden.dtype)
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
