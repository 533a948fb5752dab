"""What is kept of articles' texts: a second start embeds nothing, and nothing that is not whole and this model's is used."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from cluster.config import load as load_config
from cluster.config import profile_path
from models.errors import EngineFailed
from models.retrieval import HybridIndex, IndexedArticle
from models.retrieval.embedders import EmbedderSpec, FakeEmbedder, Vectors, fingerprint
from models.retrieval.kept import KEPT_S, RECIPE, KeptTexts
from models.retrieval.texts import Texts, compute
from tests.unit.test_retrieval import ARTICLES, DEFAULT, INVOICE, CountingEmbedder, ask

DAY_S = 86_400.0
ROOT = Path(__file__).parents[2]


class Failing(FakeEmbedder):
    """Embeds that many calls, then no more."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls = calls

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.calls -= 1
        if self.calls < 0:
            raise EngineFailed("embedder", "it was cut short")
        return super().embed_passages(texts)


@pytest.fixture
def kept(tmp_path: Path) -> KeptTexts:
    return KeptTexts(tmp_path, "model")


def files(kept: KeptTexts) -> list[Path]:
    return sorted(path for path in kept._folder.glob("*/*"))


def only_file(kept: KeptTexts) -> Path:
    (path,) = files(kept)
    return path


def texts() -> Texts:
    return compute([DEFAULT], FakeEmbedder())[0]


def numbered(count: int) -> list[IndexedArticle]:
    return [
        replace(INVOICE, article_id=f"a{number:03}", title_en=f"Invoice {number}") for number in range(count)
    ]


def starts(articles: Sequence[IndexedArticle], kept: KeptTexts) -> tuple[HybridIndex, int]:
    """An index as a replica builds it, and how many passages were embedded for it."""
    embedder = CountingEmbedder()
    return HybridIndex.build(articles, embedder, kept=kept), embedder.passages


def test_a_second_start_embeds_nothing_and_finds_the_same(tmp_path: Path) -> None:
    asked = replace(INVOICE, questions=("发票呢", "where is my invoice"))
    first, embedded = starts([DEFAULT, asked], KeptTexts(tmp_path, "model"))
    second, again = starts([DEFAULT, asked], KeptTexts(tmp_path, "model"))
    assert embedded > 0 and again == 0
    for query in ("电子发票", "where is it", "goods returned"):
        assert (
            ask(second, query)
            == ask(first, query)
            == ask(HybridIndex.build([DEFAULT, asked], FakeEmbedder()), query)
        )


def test_an_edit_is_kept_too_and_costs_its_own_article(kept: KeptTexts) -> None:
    index, _ = starts(ARTICLES, kept)
    index.apply(index.prepare([replace(INVOICE, version=2, title_en="Digital receipts")]))
    assert starts([*ARTICLES[:2], replace(INVOICE, version=3, title_en="Digital receipts")], kept)[1] == 0
    # Two whole texts, two titles, three sentences.
    assert starts([*ARTICLES[:2], replace(INVOICE, title_en="Another")], kept)[1] == 7


def test_a_start_that_is_cut_short_was_not_for_nothing(kept: KeptTexts) -> None:
    articles = numbered(100)
    with pytest.raises(EngineFailed):
        HybridIndex.build(articles, Failing(2), kept=kept)
    done = len(files(kept))
    assert 0 < done < 100
    embedder = CountingEmbedder()
    HybridIndex.build(articles, embedder, kept=kept)
    assert 0 < embedder.passages < 7 * (100 - done + 1)
    assert len(files(kept)) == 100


def test_another_models_vectors_are_not_used(tmp_path: Path) -> None:
    ours, theirs = KeptTexts(tmp_path, "ours"), KeptTexts(tmp_path, "theirs")
    theirs.put(DEFAULT, texts())
    assert ours.get(DEFAULT) is None
    foreign = only_file(theirs)
    ours.put(DEFAULT, texts())
    (own,) = set(files(ours)) - {foreign}
    own.write_bytes(foreign.read_bytes())
    assert ours.get(DEFAULT) is None and theirs.get(DEFAULT) is not None


def test_a_damaged_file_is_computed_anew(kept: KeptTexts) -> None:
    starts([DEFAULT], kept)
    path = only_file(kept)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for broken in (b"", whole[:20], whole[:32], whole[: len(whole) // 2], whole[:-1], whole + b"\0", flipped):
        path.write_bytes(broken)
        assert starts([DEFAULT], kept)[1] > 0
        assert path.read_bytes() == whole and starts([DEFAULT], kept)[1] == 0


def test_a_writer_that_is_killed_leaves_no_half_file(kept: KeptTexts) -> None:
    """Killed when all is written, and the file has not got its name."""
    program = (
        "import os, signal, sys; from pathlib import Path; from tests.unit.test_retrieval_kept import *\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "KeptTexts(Path(sys.argv[1]), 'model').put(DEFAULT, texts())"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(kept._folder)], cwd=ROOT, check=False)
    assert ended.returncode == -9
    left = only_file(kept)
    assert left.name.startswith(".arriving-") and kept.get(DEFAULT) is None
    kept.put(DEFAULT, texts())
    assert kept.get(DEFAULT) is not None
    os.utime(left, (0, 0))
    assert kept.drop_unused(time.time()) == 1 and not left.exists()


def test_a_reader_beside_many_writers_never_sees_a_part(tmp_path: Path) -> None:
    made, seen = texts(), 0
    KeptTexts(tmp_path, "model").put(DEFAULT, made)

    def write() -> None:
        for _ in range(200):
            KeptTexts(tmp_path, "model").put(DEFAULT, made)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers) or not seen:
        found = KeptTexts(tmp_path, "model").get(DEFAULT)
        assert found is not None and found.tokens == made.tokens
        np.testing.assert_array_equal(found.wholes, made.wholes)
        np.testing.assert_array_equal(found.parts, made.parts)
        seen += 1
    assert len(files(KeptTexts(tmp_path, "model"))) == 1


def test_what_no_start_has_used_for_long_is_dropped(kept: KeptTexts) -> None:
    now = time.time()
    starts(ARTICLES, kept)
    for path in files(kept):
        os.utime(path, (0, now - 2 * DAY_S))
    starts([DEFAULT], kept)  # marks its file as used now
    assert kept.drop_unused(now + KEPT_S - 3 * DAY_S) == 0
    assert kept.drop_unused(now + KEPT_S - DAY_S) == 2
    assert kept.get(DEFAULT) is not None and kept.get(INVOICE) is None
    assert kept.drop_unused(now + KEPT_S + DAY_S) == 1


def test_a_disk_that_takes_nothing_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = KeptTexts(tmp_path / "file", "model")
    index, embedded = starts(ARTICLES, kept)
    assert embedded > 0 and ask(index, "electronic invoice")[0].article_id == "invoice"
    assert kept.failure is not None and "NotADirectoryError" in kept.failure
    assert kept.drop_unused(time.time()) == 0


def test_questions_are_kept_as_they_were_asked_and_in_that_order(tmp_path: Path) -> None:
    asked = ("发票呢", "where is my invoice")
    ours, vectors = KeptTexts(tmp_path, "ours"), FakeEmbedder().embed_queries(asked)
    ours.put_questions(asked, vectors)
    kept_ones = KeptTexts(tmp_path, "ours").get_questions(asked)
    assert kept_ones is not None
    np.testing.assert_array_equal(kept_ones, vectors)
    assert ours.get_questions(asked[::-1]) is None and ours.get_questions((*asked, "x")) is None
    assert KeptTexts(tmp_path, "theirs").get_questions(asked) is None
    path = only_file(ours)
    path.write_bytes(path.read_bytes()[:-1])
    assert ours.get_questions(asked) is None


def test_other_weights_have_another_fingerprint(tmp_path: Path) -> None:
    spec = EmbedderSpec(embedder=f"path:{tmp_path}")
    (tmp_path / "weights.npz").write_bytes(b"1")
    first = fingerprint(spec)
    assert first is not None and first == fingerprint(replace(spec, threads=4))
    assert first != fingerprint(replace(spec, engine="fake"))
    (tmp_path / "weights.npz").write_bytes(b"2")
    assert first != fingerprint(spec)


def test_a_model_that_may_change_under_its_name_has_none() -> None:
    def of(source: str) -> str | None:
        return fingerprint(EmbedderSpec(embedder=source))

    assert of("hub:intfloat/e5") is None and of("hub:intfloat/e5@main") is None
    first, second = of(f"hub:intfloat/e5@{'a' * 40}"), of(f"hub:intfloat/e5@{'b' * 40}")
    assert first is not None and second is not None and first != second


def test_a_replica_keeps_them_beside_the_models() -> None:
    config = load_config(profile_path("laptop"))
    assert config.retrieval_identity().vectors_dir == config.models_dir / "vectors"


def test_the_recipe_is_raised_with_what_it_makes() -> None:
    """If this fails, texts are cut, joined or stemmed otherwise than before: raise RECIPE and write the new hash here."""
    said = (
        "我想退掉昨天买的羽绒服，大概几天能退款？ The zippers weren't closing properly, e.g. at 19.9 degrees. "
        "Payment, policies, dresses, carried, status!"
    )
    article = replace(DEFAULT, body_zh=f"{DEFAULT.body_zh}{said}", body_en=f"{said} {DEFAULT.body_en}")

    class Remembering(FakeEmbedder):
        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            made.extend(texts)
            return super().embed_passages(texts)

    made: list[str] = []
    found = compute([replace(article, questions=("几天到账",))], Remembering())[0]
    shapes = f"{found.wholes.dtype}{found.wholes.shape}{found.parts.dtype}{found.parts.shape}"
    told = "\n".join([*made, *found.tokens, shapes])
    assert (RECIPE, sha256(told.encode()).hexdigest()[:12]) == (1, "9fe8aca66494")
