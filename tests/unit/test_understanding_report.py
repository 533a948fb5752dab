"""`kefu evaluate understanding` with an engine that says what it is told to: its figures add up, its page escapes, and the
messages of others are never kept.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from benchmarks import evaluate
from benchmarks.load.result import ResultError
from benchmarks.understanding.assessment import MOST_MISTAKES, Assessment, assess
from benchmarks.understanding.bounds import BOUNDS, verdicts
from benchmarks.understanding.engine import Loaded, Source, predict
from benchmarks.understanding.evaluation import AdapterIdentity, Evaluation, encoded
from benchmarks.understanding.lines import Lines, require_known
from benchmarks.understanding.report import html
from models.types import INTENTS, OUT_OF_SCOPE, IntentScore, Sentiment, Understood
from models.types.understanding import Decision
from models.understanding.corpus import CORPUS, load_acceptance
from models.understanding.errors import DataInvalid
from models.understanding.evaluate import Predictions
from models.understanding.examples import Split
from models.understanding.language import language

NAMES = ("invoice", "coupon", "order_status")
HEAD = {
    "at": "2026-01-02T03:04:05+00:00",
    "commit": "c0ffee",
    "is_clean": True,
    "machine": {
        "cpus": 2,
        "cpu": "a <b>processor</b>",
        "memory_gib": 8.0,
        "system": "Linux",
        "python": "3.11",
    },
    "versions": {"numpy": "2.0"},
}
CARD = {
    "encoder": {"name": "path:/home/someone/encoder", "fingerprint": "444d1e22d29f", "hidden": 384},
    "tensors_sha256": "ab" * 32,
}


class Scripted:
    """Says of each text an intent, its probability, and how likely it is out of scope; keeps the sizes of its calls."""

    def __init__(self, said: Mapping[str, tuple[str, float, float]], names: tuple[str, ...] = NAMES) -> None:
        self.said = said
        self.names = names
        self.calls: list[int] = []

    def predict(self, texts: Sequence[str]) -> list[Understood]:
        return [self._read(text) for text in texts]

    def predictions(self, texts: Sequence[str]) -> Predictions:
        self.calls.append(len(texts))
        outside = np.array([self.said[text][2] for text in texts], np.float32)
        inside = np.array(
            [[float(name == self.said[text][0]) for name in self.names] for text in texts], np.float32
        )
        return Predictions(self.names, inside, outside, tuple(self.predict(texts)))

    def _read(self, text: str) -> Understood:
        intent, probability, _ = self.said.get(text, (self.names[0], 0.9, 0.1))
        decision: Decision = "out_of_scope" if intent == OUT_OF_SCOPE else "route"
        top = (IntentScore(self.names[0], 0.5),)
        return Understood(intent, probability, decision, top, language(text), Sentiment("neutral", 0.0), ())


def many() -> tuple[dict[str, tuple[str, float, float]], dict[str, str]]:
    """What is said of 300 messages, and what is true: about four in five are read right."""
    dice = np.random.default_rng(0)
    labels = (*NAMES, OUT_OF_SCOPE)
    said, truth = {}, {}
    for number in range(300):
        text = f"message {number}" if number % 2 else f"第 {number} 条消息"
        truth[text] = labels[number % 4]
        read = truth[text] if dice.random() < 0.8 else labels[int(dice.integers(4))]
        outside = dice.uniform(0.4, 1.0) if truth[text] == OUT_OF_SCOPE else dice.uniform(0.0, 0.6)
        said[text] = (read, round(float(dice.uniform(0.2, 1.0)), 6), round(float(outside), 3))
    return said, truth


SAID, TRUTH = many()


def lines(
    truth: Mapping[str, str], data_set: str = CORPUS, split: Split = "test", *, is_own: bool = True
) -> Lines:
    return Lines(data_set, split, tuple(truth), tuple(truth.values()), is_own)


def assessed(
    said: Mapping[str, tuple[str, float, float]],
    truth: Mapping[str, str],
    data_set: str = CORPUS,
    split: Split = "test",
    *,
    is_own: bool = True,
) -> Assessment:
    asked = lines(truth, data_set, split, is_own=is_own)
    return assess(asked, Scripted(said).predictions(asked.texts))


def evaluation(*found: Assessment) -> Evaluation:
    adapter = AdapterIdentity("shipped", "openvino", "ab" * 32, {"name": "packaged:e5-small-zh-en"})
    return Evaluation(HEAD, "kefu evaluate understanding", adapter, found, (), ())


def perfect(truth: Mapping[str, str]) -> dict[str, tuple[str, float, float]]:
    return {text: (label, 1.0, float(label == OUT_OF_SCOPE)) for text, label in truth.items()}


def test_the_confusion_matrix_adds_up() -> None:
    found = assessed(SAID, TRUTH)
    labels, counts = found.confusion.labels, np.array(found.confusion.counts)
    assert labels == (*NAMES, OUT_OF_SCOPE)
    truth, read = list(TRUTH.values()), [SAID[text][0] for text in TRUTH]
    assert counts.sum(axis=1).tolist() == [truth.count(label) for label in labels]
    assert counts.sum(axis=0).tolist() == [read.count(label) for label in labels]
    pairs = list(zip(truth, read, strict=True))
    assert counts.tolist() == [[pairs.count((row, column)) for column in labels] for row in labels]
    assert (counts != counts.T).any()
    right = int(np.diag(counts)[:-1].sum())
    assert found.figures[0].accuracy == pytest.approx(right / sum(counts[:-1].sum(axis=1)), abs=1e-4)
    for place, one in enumerate(found.intents):
        assert one.intent == labels[place] and one.support == counts[place].sum()
        assert one.recall == pytest.approx(counts[place, place] / counts[place].sum(), abs=1e-4)
        assert one.precision == pytest.approx(counts[place, place] / counts[:, place].sum(), abs=1e-4)


def test_labels_that_do_not_occur_are_left_out_and_what_is_not_measured_is_none() -> None:
    found = assessed({"a": ("coupon", 0.9, 0.1)}, {"a": "order_status"})
    assert found.confusion.labels == ("coupon", "order_status", OUT_OF_SCOPE)
    assert found.confusion.counts == ((0, 0, 0), (1, 0, 0), (0, 0, 0))
    coupon, order_status, outside = found.intents
    assert (coupon.recall, coupon.precision) == (None, 0.0)
    assert (order_status.recall, order_status.precision) == (0.0, None)
    assert (outside.recall, outside.precision) == (None, None)
    assert "–" in html(evaluation(found))


def test_figures_are_of_all_and_of_each_language() -> None:
    found = assessed(SAID, TRUTH)
    assert [(one.language, one.messages) for one in found.figures] == [(None, 300), ("zh", 150), ("en", 150)]


def test_the_bins_hold_every_message_and_give_the_calibration_error() -> None:
    found = assessed(SAID | {"message 1": ("coupon", 1.0, 0.1)}, TRUTH)
    assert len(found.reliability) == 15 and sum(one.count for one in found.reliability) == 300
    assert (found.reliability[0].low, found.reliability[-1].high) == (0.0, 1.0)
    filled = [one for one in found.reliability if one.count]
    gaps = [
        one.count * abs(one.confidence - one.accuracy)
        for one in filled
        if one.confidence is not None and one.accuracy is not None
    ]
    assert sum(gaps) / 300 == pytest.approx(found.figures[0].ece, abs=2e-4)
    assert all(one.low <= (one.confidence or 0) <= one.high for one in filled)
    empty = [one for one in found.reliability if not one.count]
    assert empty and all((one.confidence, one.accuracy) == (None, None) for one in empty)


def test_the_rejection_curve_counts_what_each_threshold_rejects() -> None:
    said = {
        "a": ("invoice", 0.9, 0.10),
        "b": ("invoice", 0.9, 0.30),
        "c": ("coupon", 0.9, 0.50),
        "d": ("coupon", 0.9, 0.70),
        "e": ("invoice", 0.9, 0.40),
        "f": (OUT_OF_SCOPE, 0.9, 0.90),
    }
    truth = {
        "a": "invoice",
        "b": "coupon",
        "c": "coupon",
        "d": "coupon",
        "e": OUT_OF_SCOPE,
        "f": OUT_OF_SCOPE,
    }
    curve = {point.threshold: point for point in assessed(said, truth).rejection_curve}
    assert len(curve) == 101
    told = {
        at: (curve[at].false_rejection, curve[at].out_of_scope_recall, curve[at].accuracy)
        for at in (0.0, 0.35, 0.6, 1.0)
    }
    assert told == {
        0.0: (1.0, 1.0, 0.0),
        0.35: (0.5, 1.0, 0.25),
        0.6: (0.25, 0.5, 0.5),
        1.0: (0.0, 0.0, 0.75),
    }


def test_the_rejection_curve_falls_and_is_none_without_such_messages() -> None:
    points = assessed(SAID, TRUTH).rejection_curve
    rejected = [point.false_rejection or 0.0 for point in points]
    assert rejected == sorted(rejected, reverse=True) and rejected[0] == 1.0
    inside = {text: label for text, label in TRUTH.items() if label != OUT_OF_SCOPE}
    assert {point.out_of_scope_recall for point in assessed(SAID, inside).rejection_curve} == {None}


def test_the_surest_mistakes_come_first() -> None:
    mistakes = assessed(SAID, TRUTH).mistakes
    assert mistakes is not None and len(mistakes) == MOST_MISTAKES
    wrong = [text for text in TRUTH if SAID[text][0] != TRUTH[text]]
    assert [m.probability for m in mistakes] == sorted((SAID[t][1] for t in wrong), reverse=True)[:30]
    assert all(TRUTH[m.text] == m.truth != m.said == SAID[m.text][0] for m in mistakes)


def test_the_document_holds_what_was_measured() -> None:
    document = json.loads(encoded(evaluation(assessed(SAID, TRUTH))))
    assert document["commit"] == "c0ffee" and document["adapter"]["tensors_sha256"] == "ab" * 32
    [found] = document["data_sets"]
    assert (found["data_set"], found["split"]) == (CORPUS, "test")
    assert sum(map(sum, found["confusion"]["counts"])) == 300
    assert [figures["language"] for figures in found["figures"]] == [None, "zh", "en"]
    assert len(found["mistakes"]) == 30 and found["mistakes"][0]["text"] in TRUTH
    assert [one["bound"]["name"] for one in document["bounds"]] == [bound.name for bound in BOUNDS]


def test_no_text_of_foreign_data_is_kept() -> None:
    found = evaluation(assessed(SAID, TRUTH, "elsewhere", is_own=False))
    for kept in (encoded(found), html(found)):
        assert "elsewhere" in kept
        assert not [text for text in TRUTH if text in kept]
    assert json.loads(encoded(found))["data_sets"][0]["mistakes"] is None


def test_the_page_is_whole_by_itself_and_escapes() -> None:
    text = "is <b>this</b> an invoice?"
    said, truth = SAID | {text: ("coupon", 1.0, 0.1)}, TRUTH | {text: "invoice"}
    page = html(evaluation(assessed(said, truth), assessed(SAID, TRUTH, 'the <i>"other"</i>')))
    assert "is &lt;b&gt;this&lt;/b&gt; an invoice?" in page and "<b>this" not in page
    assert "<b>processor" not in page and "<i>" not in page
    assert "<script" not in page and "@import" not in page and not re.search(r"(src|href)=|url\(", page)
    assert "prefers-color-scheme: dark" in page and 'name="viewport"' in page
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 6
    for drawing in drawings:
        assert ElementTree.fromstring(drawing).attrib["aria-label"]
    assert not re.search(r"\bnan\b", page)


def test_a_foreign_label_is_escaped_in_the_map() -> None:
    names = ("<b>refund", "退款")
    asked = Lines("elsewhere", "test", ("a", "b"), ("<b>refund", "退款"), is_own=False)
    engine = Scripted({"a": ("退款", 0.9, 0.1), "b": ("退款", 0.9, 0.1)}, names)
    page = html(evaluation(assess(asked, engine.predictions(asked.texts))))
    assert "<title>&lt;b&gt;refund read as 退款: 1</title>" in page and "<b>refund" not in page


def test_the_map_draws_a_cell_for_every_pair_that_occurs() -> None:
    found = assessed(SAID, TRUTH)
    page = html(evaluation(found))
    pairs = {(TRUTH[text], SAID[text][0]) for text in TRUTH}
    assert page.count('<rect class="fill c-right" fill-opacity') == 4 + sum(
        one.count > 0 for one in found.reliability
    )
    assert page.count('<rect class="fill c-wrong"') == sum(truth != said for truth, said in pairs) > 0
    assert f">{found.confusion.counts[0][0]}</text>" in page


def test_bounds_that_are_met_are_shown_as_met() -> None:
    found = evaluation(assessed(perfect(TRUTH), TRUTH))
    assert all(one.is_met for one in found.bounds)
    page = html(found)
    assert 'class="tile missed"' not in page and page.count('class="tile met"') == len(BOUNDS)
    assert "bounds missed" not in page and "No message was read wrong." in page


@pytest.mark.parametrize(
    ("wrong", "missed"),
    [
        ({"coupon": ("invoice", 1.0, 0.0)}, {"In scope", "Recall of every intent", "Calibration error"}),
        ({OUT_OF_SCOPE: ("invoice", 1.0, 0.0)}, {"Out-of-scope recall", "Calibration error"}),
        (
            {"coupon": (OUT_OF_SCOPE, 0.0, 1.0)},
            {"In scope", "Recall of every intent", "False rejection"},
        ),
    ],
)
def test_bounds_that_are_missed_are_shown_as_missed(
    wrong: dict[str, tuple[str, float, float]], missed: set[str]
) -> None:
    said = {text: wrong.get(TRUTH[text], read) for text, read in perfect(TRUTH).items()}
    found = evaluation(assessed(said, TRUTH))
    assert {one.bound.name for one in found.bounds if not one.is_met} == missed
    page = html(found)
    tiles = re.findall(r'class="tile missed"><h3>(.*?)</h3>', page)
    assert set(tiles) == missed and len(tiles) == len(missed)
    assert f"{len(missed)} of {len(BOUNDS)} bounds missed" in page
    assert json.loads(encoded(found))["bounds"][0]["is_met"] is ("In scope" not in missed)


def test_a_bound_is_not_met_by_what_only_rounds_to_it_or_was_not_measured() -> None:
    found = assessed(perfect(TRUTH), TRUTH)

    def met(**figures: float | None) -> dict[str, bool]:
        changed = replace(found, figures=(replace(found.figures[0], **figures),))  # type: ignore[arg-type]
        return {one.bound.figure: one.is_met for one in verdicts([changed])}

    assert met(accuracy=0.97)["accuracy"] and not met(accuracy=0.9699)["accuracy"]
    assert met(ece=0.03)["ece"] and not met(ece=0.0301)["ece"]
    assert not met(false_rejection=None)["false_rejection"]
    changed = replace(found, figures=(replace(found.figures[0], accuracy=0.9699),))
    assert "<b>96.99 <span>" in html(evaluation(changed))


def test_bounds_are_of_the_corpus_test_split_alone() -> None:
    others = (assessed(SAID, TRUTH, "kefu-blind"), assessed(SAID, TRUTH, CORPUS, "validation"))
    page = html(evaluation(*others))
    assert not verdicts(others)
    assert 'class="tile missed"' not in page and 'class="line bound' not in page
    assert page.count('<div class="tile">') == 20


def test_texts_go_to_the_engine_in_parts_and_come_back_in_order() -> None:
    said = {f"text {number}": (NAMES[number % 3], number / 2000, number / 2000) for number in range(1100)}
    engine, heard = Scripted(said), []
    found = predict(engine, tuple(said), "kefu", lambda name, share: heard.append((name, share)))
    assert engine.calls == [512, 512, 76]
    assert [reading.probability for reading in found.readings] == [number / 2000 for number in range(1100)]
    assert found.outside.tolist() == pytest.approx([number / 2000 for number in range(1100)])
    assert found.inside.shape == (1100, 3) and found.names == NAMES
    assert heard == [("kefu", 0.0), ("kefu", pytest.approx(512 / 1100)), ("kefu", pytest.approx(1024 / 1100))]


def test_labels_that_the_adapter_does_not_know_are_told() -> None:
    require_known(lines(TRUTH), NAMES)
    with pytest.raises(
        DataInvalid, match=r"not trained on: a1, a2, a3, a4, a5 and 1 more.*--adapter.*--outside"
    ):
        require_known(lines(TRUTH | {f"text {n}": f"a{n}" for n in range(1, 7)}), NAMES)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Commands on an engine that reads everything as its first intent, with a head that needs no git."""
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setattr("benchmarks.understanding.evaluation.describe", lambda root: HEAD)
    monkeypatch.setattr("benchmarks.understanding.engine.load", loaded)
    return CliRunner()


SOURCES: list[Source] = []


def loaded(source: Source) -> Loaded:
    SOURCES.append(source)
    names = tuple(name for name in INTENTS if name != OUT_OF_SCOPE)
    return Loaded(Everything(names), names, CARD)


class Everything(Scripted):
    """Reads every text as the first intent."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__({}, names)

    def predictions(self, texts: Sequence[str]) -> Predictions:
        self.said = dict.fromkeys(texts, (self.names[0], 0.9, 0.1))
        return super().predictions(texts)


def table_of(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


FOREIGN = [
    {"utterance": "where did my parcel go", "class": "order_status", "split": "test"},
    {"utterance": "where has my package gone", "class": "invoice", "split": "test"},
    {"utterance": "tell me a joke", "class": "none", "split": "test"},
    {"utterance": "a receipt please", "class": "invoice", "split": "train"},
    {"utterance": "any vouchers", "class": "coupon", "split": "validation"},
]
COLUMNS = ("--text", "utterance", "--label", "class", "--outside", "none")


def run(runner: CliRunner, *words: object) -> Result:
    return runner.invoke(evaluate.app, ["understanding", *map(str, words)])


def refused(result: Result, *said: str) -> None:
    """One line on stderr, status 1, nothing on stdout."""
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
    told = [line for line in result.stderr.splitlines() if line.startswith("kefu evaluate: ")]
    assert not result.stdout and result.stderr.splitlines()[-1:] == told[-1:]
    for part in said:
        assert part in told[-1]


def test_a_file_is_evaluated_on_its_split_and_its_texts_are_not_kept(
    runner: CliRunner, tmp_path: Path
) -> None:
    data = table_of(tmp_path / "elsewhere.jsonl", FOREIGN)
    result = run(
        runner,
        data,
        *COLUMNS,
        "--out",
        tmp_path / "out",
        "--encoder",
        "path:/opt/models/encoder",
        "--adapter",
        "path:/opt/adapters/mine",
    )
    assert result.exit_code == 0, result.output
    assert "elsewhere, test" in result.stdout and "bounds" not in result.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "understanding.html",
        "understanding.json",
    ]
    kept = [(tmp_path / "out" / f"understanding.{kind}").read_text("utf-8") for kind in ("json", "html")]
    for text in kept:
        assert not [row for row in FOREIGN if row["utterance"] in text]
        assert str(tmp_path) not in text and "/home/someone" not in text and "/opt" not in text
    document = json.loads(kept[0])
    assert document["data_sets"][0]["figures"][0]["messages"] == 3
    assert document["data_sets"][0]["figures"][0]["out_of_scope_messages"] == 1
    assert document["bounds"] == document["sentiments"] == document["entities"] == []
    assert document["adapter"]["encoder"]["fingerprint"] == "444d1e22d29f"
    assert document["adapter"]["source"] == "path:mine"
    assert document["command"].startswith("kefu evaluate understanding elsewhere.jsonl --text utterance")


def test_another_split_is_evaluated_on_request(runner: CliRunner, tmp_path: Path) -> None:
    data = table_of(tmp_path / "elsewhere.jsonl", FOREIGN)
    result = run(runner, data, *COLUMNS, "--split", "train", "--json")
    document = json.loads(result.stdout)
    assert document["data_sets"][0]["figures"][0]["messages"] == 1
    assert document["command"].endswith("--split train")


def test_without_a_file_the_projects_own_messages_are_evaluated(runner: CliRunner, tmp_path: Path) -> None:
    result = run(runner, "--json", "--out", tmp_path, "--threads", "2", "--adapter", "path:mine")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert result.stdout == (tmp_path / "understanding.json").read_text("utf-8")
    assert [found["data_set"] for found in document["data_sets"]] == [CORPUS, "kefu-blind", "kefu-acceptance"]
    assert document["data_sets"][2]["figures"][0]["messages"] == len(load_acceptance())
    assert {found["data_set"] for found in document["sentiments"]} == {f"{CORPUS}-sentiment"}
    marked = {(found["data_set"], found["type"]): found["marked"] for found in document["entities"]}
    names = {type: count for (data_set, type), count in marked.items() if data_set == "kefu-names"}
    assert names["all"] > names["names"] > names["product"] > 100
    assert {type for data_set, type in marked if data_set == "kefu-shop-names"} == {
        "brand",
        "product",
        "names",
    }
    assert [one["is_met"] for one in document["bounds"]].count(False) >= 3
    assert all(math.isfinite(one["value"]) for one in document["bounds"])
    assert (SOURCES[-1].adapter, SOURCES[-1].threads) == ("path:mine", 2)
    assert SOURCES[-1].encoder == "packaged:e5-small-zh-en"


def test_the_table_tells_figures_and_missed_bounds(runner: CliRunner) -> None:
    result = run(runner)
    assert result.exit_code == 0, result.output
    assert f"{CORPUS}, test" in result.stdout and f"{CORPUS}-sentiment, test" in result.stdout
    assert re.search(r"messages +│ +\d+ │ +\d+ │ +\d+ │", result.stdout)
    assert re.search(r"In scope \d+\.\d\d %, ≥ 97 %: missed", result.stdout)
    assert "False rejection 0.00 %, ≤ 5 %: met" in result.stdout


def test_what_is_wrong_with_a_file_is_told_in_a_line(runner: CliRunner, tmp_path: Path) -> None:
    data = table_of(tmp_path / "elsewhere.jsonl", FOREIGN)
    before = len(SOURCES)
    refused(run(runner, data, "--text", "message"), "no column 'message'", "utterance, class", "--text")
    refused(run(runner, tmp_path / "none.csv"), "none.csv", "cannot be read")
    only = table_of(tmp_path / "only.jsonl", [row for row in FOREIGN if row["split"] != "test"])
    refused(run(runner, only, *COLUMNS), "only: has no message of split test")
    assert len(SOURCES) == before
    refused(run(runner, data, *COLUMNS[:4]), "not trained on: none", "--outside")


def test_a_wrong_profile_or_a_commit_that_can_not_be_read_is_told_in_a_line(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = table_of(tmp_path / "elsewhere.jsonl", FOREIGN)
    profile = tmp_path / "mine.yaml"
    profile.write_text("identity: {understandin: {}}\nscale: {generatio: 1}\n")
    refused(run(runner, data, *COLUMNS, "--profile", profile), "understandin", "generatio")

    def no_git(root: Path) -> None:
        raise FileNotFoundError("git")

    monkeypatch.setattr("benchmarks.understanding.evaluation.describe", no_git)
    refused(run(runner, data, *COLUMNS, "--json"), "commit can't be read")
    assert run(runner, data, *COLUMNS).exit_code == 0


def test_a_disk_that_can_not_be_written_leaves_the_figures_on_the_terminal(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        raise ResultError(f"{path.name} can't be written: disk full")

    monkeypatch.setattr("benchmarks.load.result.write", full)
    result = run(runner, table_of(tmp_path / "elsewhere.jsonl", FOREIGN), *COLUMNS, "--out", tmp_path)
    assert result.exit_code == 1 and "elsewhere, test" in result.stdout
    assert "understanding.json can't be written: disk full" in result.stderr


def test_columns_without_a_file_are_refused(runner: CliRunner) -> None:
    result = run(runner, "--outside", "none")
    assert result.exit_code == 2 and "no DATA is given" in result.stderr
