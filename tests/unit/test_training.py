"""The corpus and the training, on a tiny random encoder."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml

from models.encoder.bert import BertEncoder
from models.types import INTENTS
from models.types.understanding import SENTIMENT_LABELS
from models.understanding import lora
from models.understanding.bert import BertUnderstanding, apply_adapter, encode, fingerprint
from models.understanding.corpus import Corpus, load_corpus, normalised
from models.understanding.errors import AdapterDamaged, AdapterMismatch, CorpusInvalid
from models.understanding.heads import load_adapter
from models.understanding.train import train
from models.understanding.tuning import Recipe

LINES = 10


def say(_: str, __: float) -> None:
    """No progress is shown in tests."""


@pytest.fixture
def corpus_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for place, intent in enumerate(INTENTS):
        lines = [f"alpha{place} beta{n} gamma" for n in range(LINES)]
        document = {
            "intent": intent,
            "source": "test",
            "zh": [f"甲{place} 乙{n}" for n in range(LINES)],
            "en": lines,
        }
        (folder / f"{intent}.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    labels = {label: {"en": [f"{label} {n}" for n in range(LINES)]} for label in SENTIMENT_LABELS}
    (folder / "sentiment.yaml").write_text(yaml.safe_dump({"source": "test", "labels": labels}))
    return folder


def change(folder: Path, name: str, **changes: object) -> None:
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes, allow_unicode=True))


def test_split_is_70_15_15_within_each_label_and_language(corpus_folder: Path) -> None:
    corpus = load_corpus(corpus_folder, {})
    groups = Counter((e.label, e.written, e.split) for e in corpus.intents)
    assert groups["invoice", "zh", "train"] == 7
    assert {groups["invoice", "zh", s] for s in ("validation", "test")} == {1, 2}
    assert load_corpus(corpus_folder, {}) == corpus


def test_a_new_line_moves_few_others(corpus_folder: Path) -> None:
    before = {e.text: e.split for e in load_corpus(corpus_folder, {}).intents}
    change(
        corpus_folder,
        "invoice",
        en=[*[f"alpha{list(INTENTS).index('invoice')} beta{n} gamma" for n in range(LINES)], "new"],
    )
    after = {e.text: e.split for e in load_corpus(corpus_folder, {}).intents}
    assert sum(after[text] != split for text, split in before.items()) <= 3


def test_held_out_texts_never_enter(corpus_folder: Path) -> None:
    corpus = load_corpus(corpus_folder, {"ALPHA3 beta1, gamma!": "stock_availability"})
    assert corpus.dropped == 1
    assert normalised("alpha3 beta1 gamma") not in {normalised(e.text) for e in corpus.intents}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"en": ["Hello there", "hello, there!"]}, "both under coupon"),
        (
            {"en": ["alpha0 beta1 gamma."]},
            "under product_question and under coupon|under coupon and under product_question",
        ),
        ({"intent": "invoice"}, "named after"),
        ({"source": None}, "source"),
        ({"fr": ["bonjour"]}, "unknown key 'fr'"),
        ({"zh": "not a list"}, "not a list"),
        ({"zh": [5]}, "not a list"),
    ],
)
def test_bad_corpus_is_refused(corpus_folder: Path, changes: dict[str, object], reason: str) -> None:
    change(corpus_folder, "coupon", **changes)
    with pytest.raises(CorpusInvalid, match=reason):
        load_corpus(corpus_folder, {})


def test_missing_intent_is_refused(corpus_folder: Path) -> None:
    (corpus_folder / "coupon.yaml").unlink()
    with pytest.raises(CorpusInvalid, match="no lines for coupon"):
        load_corpus(corpus_folder, {})


def test_shipped_corpus_is_sound_and_without_the_acceptance_sentences() -> None:
    corpus = load_corpus()
    held_out = {normalised(text) for text in corpus.held_out}
    assert {e.label for e in corpus.intents} == set(INTENTS)
    assert len(held_out) == 8
    assert not held_out & {normalised(e.text) for e in corpus.intents}
    assert min(Counter(e.label for e in corpus.intents).values()) >= 100


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


@pytest.fixture
def corpus(corpus_folder: Path) -> Corpus:
    return load_corpus(corpus_folder, {"甲3 乙2": "stock_availability"})


RECIPE = Recipe(layers=1, rank=4, epochs=2, rate=5e-3, bf16=False)


def test_frozen_training_learns_and_the_written_adapter_predicts_the_same(
    corpus: Corpus, tmp_path: Path
) -> None:
    encoder = tiny_encoder()
    card = train(encoder, corpus, 0, tmp_path / "out", say, recipe=Recipe(layers=0), encoder_name="tiny")
    assert card.test_accuracy > 0.8
    adapter = load_adapter(tmp_path / "out")
    assert not adapter.lora
    assert adapter.card["data"]["dropped"] == 1
    fresh = tiny_encoder()
    apply_adapter(fresh, adapter)
    texts = [e.text for e in corpus.intents if e.split == "test"]
    assert BertUnderstanding(fresh, adapter.heads).predict(texts) == BertUnderstanding(
        encoder, adapter.heads
    ).predict(texts)


def test_tuning_is_deterministic_and_its_adapter_rebuilds_the_tuned_encoder(
    corpus: Corpus, tmp_path: Path
) -> None:
    encoders = [tiny_encoder(), tiny_encoder()]
    for number, encoder in enumerate(encoders):
        train(encoder, corpus, 7, tmp_path / str(number), say, recipe=RECIPE, encoder_name="tiny")
    first, second = (load_adapter(tmp_path / name) for name in ("0", "1"))
    assert first.card["tensors_sha256"] == second.card["tensors_sha256"]
    plain, rebuilt = tiny_encoder(), tiny_encoder()
    apply_adapter(rebuilt, first)
    np.testing.assert_allclose(
        encode(rebuilt, ["alpha1 beta2"]), encode(encoders[0], ["alpha1 beta2"]), atol=1e-6
    )
    assert not np.allclose(encode(rebuilt, ["alpha1 beta2"]), encode(plain, ["alpha1 beta2"]), atol=1e-3)


def test_another_seed_trains_another_adapter(corpus: Corpus, tmp_path: Path) -> None:
    cards = [
        train(tiny_encoder(), corpus, seed, tmp_path / str(seed), say, recipe=RECIPE).document
        for seed in (1, 2)
    ]
    assert cards[0]["tensors_sha256"] != cards[1]["tensors_sha256"]


def test_detaching_leaves_the_model_as_it_was() -> None:
    encoder = tiny_encoder()
    before = encode(encoder, ["alpha1"])
    lora.attach(encoder.model, 0, 4, seed=1)
    tensors = lora.detach(encoder.model)
    np.testing.assert_array_equal(encode(encoder, ["alpha1"]), before)
    assert len(tensors) == 2 * 6 * 2
    lora.merge(encoder.model, tensors)
    np.testing.assert_allclose(encode(encoder, ["alpha1"]), before, atol=1e-6)


def test_an_adapter_of_another_encoder_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    import torch

    train(tiny_encoder(), corpus, 0, tmp_path, say, recipe=Recipe(layers=0))
    other = tiny_encoder()
    with torch.no_grad():
        other.model.encoder.layer[0].attention.self.query.bias += 0.5
    assert fingerprint(other) != fingerprint(tiny_encoder())
    with pytest.raises(AdapterMismatch):
        apply_adapter(other, load_adapter(tmp_path))


def test_a_low_rank_part_that_does_not_fit_is_damage() -> None:
    wrong = {
        "encoder.layer.0.output.dense.a": np.ones((2, 5), np.float16),
        "encoder.layer.0.output.dense.b": np.ones((7, 2), np.float16),
    }
    with pytest.raises(AdapterDamaged):
        lora.merge(tiny_encoder().model, wrong)
