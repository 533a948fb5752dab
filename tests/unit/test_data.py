"""Labelled messages from files, cleaned and with noisy copies."""

import json
import random
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pyarrow
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from cluster.data_commands import app
from models.types import OUT_OF_SCOPE
from models.understanding.augmentation import NOISES, augment
from models.understanding.cleaning import clean
from models.understanding.data import Columns, read_data_set
from models.understanding.errors import DataInvalid
from models.understanding.examples import Example

ROWS = [
    {"sentence": f"{word} {n} {word[::-1]}", "tag": label}
    for word, label in (("parcel", "where"), ("refund", "money"), ("weather", "NONE"))
    for n in range(30)
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif path.suffix == ".csv":
        path.write_text("\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]))
    else:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n\n" for row in rows))
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_a_file_of_each_format_becomes_the_same_set(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"data{suffix}", ROWS)
    data = read_data_set(str(path), Columns("sentence", "tag", outside="NONE"))
    assert data.labels == ("money", "where") and data.classes == ("money", "where", OUT_OF_SCOPE)
    assert len(data.examples) == 90 and {e.split for e in data.examples} == {"train", "validation", "test"}
    assert Counter(e.label for e in data.examples)[OUT_OF_SCOPE] == 30


def test_lines_end_where_the_format_says(tmp_path: Path) -> None:
    odd = "one\u2028two\x85three"
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": odd, "label": "x"}, ensure_ascii=False) + "\r\n")
    (tmp_path / "a.csv").write_text('text,label\r\n"first\nsecond",x\r\n')
    assert [e.text for e in read_data_set(str(tmp_path / "a.jsonl")).examples] == [odd]
    assert [e.text for e in read_data_set(str(tmp_path / "a.csv")).examples] == ["first\nsecond"]


def test_rows_without_a_split_are_given_one_beside_those_that_have(tmp_path: Path) -> None:
    rows = [
        {"text": f"given {n} {n * n}", "label": "x", "split": "validation" if n % 2 else "train"}
        for n in range(6)
    ]
    rows += [{"text": f"{'abcdefghijklmnopqrst'[n] * 7} free", "label": "x", "split": ""} for n in range(20)]
    data = read_data_set(str(write(tmp_path / "data.jsonl", rows)))
    found = Counter((e.text.startswith("given"), e.split) for e in data.examples)
    assert found == {
        (True, "train"): 3, (True, "validation"): 3,
        (False, "train"): 16, (False, "validation"): 2, (False, "test"): 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "has no rows"),
        ([{"text": "a", "label": "x"}, {"text": " ", "label": "x"}], "row 2 has no text"),
        ([{"text": "a", "label": "x"}, {"text": "b", "label": None}], "row 2 has no label"),
        ([{"text": "a", "intent": "x"}], "no column 'label'; it has text, intent. Name it: --text, --label"),
        ([{"text": "a", "label": "x", "split": "exam"}], "row 1 is of split 'exam'"),
    ],
)
def test_bad_rows_are_told_by_number(tmp_path: Path, rows: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(DataInvalid, match=said):
        read_data_set(str(write(tmp_path / "data.jsonl", rows)))


class ClassLabel:
    """As the library's: it numbers classes, and −1 is none."""

    def int2str(self, number: int) -> str:
        if number < 0:
            raise ValueError(f"Invalid integer class label {number}")
        return ("where", "money")[number]


class Table(list[dict[str, Any]]):
    features: ClassVar = {"text": object(), "label": ClassLabel(), "mood": ClassLabel()}


def of_the_hub(monkeypatch: pytest.MonkeyPatch, **splits: Table) -> None:
    module = ModuleType("datasets")
    module.load_dataset = lambda _: splits  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datasets", module)


def test_classes_of_a_hubs_data_set_have_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table([{"text": f"text {n}", "label": n, "mood": -1} for n in (0, 1)])
    of_the_hub(monkeypatch, train=table, validation=table)
    found = read_data_set("shop")
    assert [(e.label, e.split) for e in found.examples] == [
        ("where", "train"), ("money", "train"), ("where", "validation"), ("money", "validation"),
    ]  # fmt: skip


def test_a_split_whose_labels_the_hub_hides_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"text": "text", "label": 0, "mood": None}
    of_the_hub(monkeypatch, train=Table([row]), test=Table([row | {"label": -1}]))
    with pytest.raises(DataInvalid, match=r"row 2 \(split test\) has no label"):
        read_data_set("shop")


def test_what_is_no_file_of_rows_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x"\n')
    (tmp_path / "b.jsonl").write_text("[1]\n")
    (tmp_path / "c.txt").write_text("x")
    for name, said in (
        ("a.jsonl", "a.jsonl:1: is no JSON"),
        ("b.jsonl", "no JSON object"),
        ("c.txt", "is none of .jsonl"),
    ):
        with pytest.raises(DataInvalid, match=said):
            read_data_set(str(tmp_path / name))
    (tmp_path / "d.parquet").write_text("no parquet")
    for name in ("missing.csv", "d.parquet"):
        with pytest.raises(DataInvalid, match="cannot be read"):
            read_data_set(str(tmp_path / name))


def example(text: str, label: str, split: Any = "train") -> Example:
    return Example(text, label, "en", split, "test", "plain")


def test_cleaning_drops_repeats_contradictions_and_leaks_and_tells_them() -> None:
    found = clean(
        [
            example("where is my parcel", "where"),
            example("Where is my parcel?", "where"),
            example("money back now", "money"),
            example("money back, now!", "where"),
            example("please where is my parcel", "where", "test"),
            example("the blue one that came today is torn", "broken"),
            example("the blue one that came today is worn", "old"),
        ]
    )
    assert [e.text for e in found.kept] == [
        "please where is my parcel",
        "the blue one that came today is torn",
        "the blue one that came today is worn",
    ]
    assert found.duplicates == ("Where is my parcel?",)
    assert found.conflicts == {"moneybacknow": ("money", "where")}
    assert [leak[:2] for leak in found.leaks] == [("where is my parcel", "please where is my parcel")]
    assert [pair[:4] for pair in found.suspicious] == [
        ("the blue one that came today is torn", "broken", "the blue one that came today is worn", "old")
    ]
    assert found.report()["conflicts"] == {"count": 1, "first": [["moneybacknow", "money", "where"]]}


@pytest.mark.parametrize(
    ("noise", "text"),
    [
        ("slip", "where is my parcel"),
        ("homophone", "我的快递到哪了"),
        ("no_marks", "到哪了？急，很急！"),
        ("case", "Where is IT"),
        ("opening", "到哪了"),
    ],
)
def test_noise_changes_a_text_a_little(noise: str, text: str) -> None:
    changed = {NOISES[noise](text, random.Random(seed)) for seed in range(20)} - {text}
    assert changed
    assert all(abs(len(noisy) - len(text)) <= 6 for noisy in changed)


def test_traditional_script_and_homophones_are_what_they_say() -> None:
    dice = random.Random(1)
    assert NOISES["traditional"]("发货了吗", dice) == "發貨了嗎"
    assert NOISES["slip"]("订单", dice) == NOISES["case"]("订单", dice) == "订单"
    from pypinyin import lazy_pinyin

    assert all(
        lazy_pinyin(NOISES["homophone"]("退款", random.Random(n))) == ["tui", "kuan"] for n in range(10)
    )


def test_copies_are_of_training_lines_keep_their_label_and_name_their_original() -> None:
    examples = [
        example(f"parcel number {n * 7919} is late", "where", "test" if n % 2 else "train") for n in range(80)
    ]
    found = augment(examples, 1.0, seed=3)
    assert augment(examples, 1.0, seed=3) == found and augment(examples, 1.0, seed=4) != found
    assert 20 < len(found.examples) <= 40 and sum(found.counts.values()) == len(found.examples)
    assert {e.split for e in found.examples} == {"train"} and {e.label for e in found.examples} == {"where"}
    assert all(e.source.startswith("augmented: ") and "(test)" in e.source for e in found.examples)
    assert not augment(examples, 0.0, seed=3).examples


def test_the_commands_write_lines_and_a_report(tmp_path: Path) -> None:
    data = write(tmp_path / "data.jsonl", [*ROWS, ROWS[0]])
    columns = ["--text", "sentence", "--label", "tag"]
    ended = CliRunner().invoke(app, ["clean", str(data), "--out", str(tmp_path / "clean.jsonl"), *columns])
    assert ended.exit_code == 0 and "dropped 1 duplicates" in ended.output
    assert json.loads((tmp_path / "clean.report.json").read_text())["duplicates"]["count"] == 1
    first = json.loads((tmp_path / "clean.jsonl").read_text().splitlines()[0])
    assert set(first) == {"text", "label", "split", "language", "source", "style"}
    ended = CliRunner().invoke(
        app, ["augment", str(tmp_path / "clean.jsonl"), "--out", str(tmp_path / "more.jsonl"), "--share", "1"]
    )
    assert ended.exit_code == 0
    added = json.loads((tmp_path / "more.report.json").read_text())["added"]
    cleaned = read_data_set(str(tmp_path / "clean.jsonl")).examples
    assert added > 0
    assert len((tmp_path / "more.jsonl").read_text().splitlines()) == len(cleaned) + added
