"""`kefu evaluate retrieval` without weights."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.retrieval.command import retrieval
from benchmarks.retrieval.corpus import many_articles
from models.retrieval.embedders import FakeEmbedder, Vectors
from models.retrieval.evaluate import load_questions


def test_it_embeds_its_articles_once_and_measures_both_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []
    embed = FakeEmbedder.embed_passages

    def counted(self: FakeEmbedder, texts: Sequence[str]) -> Vectors:
        embedded.extend(texts)
        return embed(self, texts)

    monkeypatch.setattr(FakeEmbedder, "embed_passages", counted)
    # Half a minute, and ten seconds more.
    monkeypatch.setattr("benchmarks.retrieval.quality.measure", lambda *_: [])
    monkeypatch.setattr("benchmarks.retrieval.speed.load_questions", lambda path: load_questions(path)[:60])
    retrieval(half="tuning", articles=40, edits=2, out=tmp_path, profile="fake", is_json=False)
    # The twenty that are edited for the speed keep their titles.
    last = [article.title.zh for article in many_articles(40, 7)][20:]
    assert [embedded.count(title) for title in last] == [1] * 20
    document = json.loads((tmp_path / "retrieval.json").read_text())
    served, speed = document["served"], document["speed"]
    assert served["edit_found"]["count"] == 2 and speed["articles"] == 40
    for start in (served["first_start"], served["next_start"]):
        assert start["wall_s"] > 0 and start["cpu_s"] > 0
    assert speed["search_cpu"]["p50"] > 0 and speed["search_cpu"]["count"] == speed["search"]["count"] == 40
