"""A real encoder that is made in a moment and knows nothing."""

from models.encoder.bert import BertEncoder
from models.types.understanding import SENTIMENT_LABELS


def tiny_encoder() -> BertEncoder:
    """A random BERT of two layers over words; the same on every call."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = [
        *(f"{a}{n}" for a in ("alpha", "beta") for n in range(40)),
        *(f"{a}{n}" for a in "甲乙" for n in range(40)),
        "gamma",
    ]
    words += [*SENTIMENT_LABELS, *map(str, range(10))]
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "query:", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        max_position_embeddings=64,
    )  # fmt: skip
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]")
    return BertEncoder(BertModel(config, add_pooling_layer=False), wrapped)
