"""A result survives its file whole, is written whole or not at all, and its page needs nothing from outside."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.load.latency import Latencies
from benchmarks.load.report import html
from benchmarks.load.result import ResultError, encoded, read, rows, without_paths, write
from tests.load_runs import cpu, poisson_plan, queued, record, result, workload

LOAD = workload()
PLAN = poisson_plan(LOAD)
RECORDS = tuple(
    record(p, outcome="failed", rung=None, error="status 500: <b>broken</b>") if p.number % 50 == 0 else r
    for p, r in zip(PLAN, queued(PLAN, 1), strict=True)
)
RESULT = result(LOAD, PLAN, RECORDS, server=cpu(LOAD, RECORDS, 1))


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new" / "load.json"
    write(path, encoded(RESULT))
    found = read(path)
    assert found == RESULT
    assert found.requests is not None
    columns = rows(found.requests)
    assert columns["end"][3] == round(1e6 * (RECORDS[3].end_s or 0)) and len(columns["number"]) == len(PLAN)
    assert Latencies.decoded(found.figures.whole.e2e.histogram).count == found.figures.whole.e2e.count
    assert [file.name for file in path.parent.iterdir()] == ["load.json"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema_version": 2}, "has schema 2"),
        ({"is_comlete": True}, "is_comlete"),
        ({"seed": "seven"}, "seed"),
        ({"figures": {}}, "figures"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = tmp_path / "load.json"
    path.write_text(json.dumps(json.loads(encoded(RESULT)) | change))
    with pytest.raises(ResultError, match=said):
        read(path)


def test_what_is_no_json_or_a_damaged_table_is_told(tmp_path: Path) -> None:
    path = tmp_path / "load.json"
    path.write_text(encoded(RESULT)[:500])
    with pytest.raises(ResultError, match="not JSON"):
        read(path)
    with pytest.raises(ResultError, match="can't be read"):
        read(tmp_path / "none.json")
    assert RESULT.requests is not None
    with pytest.raises(ResultError, match="damaged"):
        rows(RESULT.requests.model_copy(update={"columns": "not deflated"}))
    with pytest.raises(ResultError, match="rows"):
        rows(RESULT.requests.model_copy(update={"rows": 1}))


def test_a_file_that_can_not_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "load.json"
    write(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("benchmarks.load.result.os.fsync", full)
    with pytest.raises(ResultError, match="No space left"):
        write(path, "new")
    assert path.read_text() == "old" and [file.name for file in tmp_path.iterdir()] == ["load.json"]
    with pytest.raises(ResultError, match="can't be written"):
        write(path / "below" / "load.json", "new")


def test_paths_are_cut_and_addresses_are_not() -> None:
    said = "records cannot be written to /home/someone/run/x: full; see http://127.0.0.1:8000/v1/chat, /v1 and 1/2/3"
    assert without_paths("key: file:/home/someone/key") == "key: file:key"
    assert without_paths(said) == (
        "records cannot be written to x: full; see http://127.0.0.1:8000/v1/chat, /v1 and 1/2/3"
    )


def test_no_message_is_in_the_file() -> None:
    plan = [
        p.__class__(**{f: getattr(p, f) for f in p.__slots__} | {"body": b'{"message":"secret words"}'})
        for p in PLAN
    ]
    assert "secret words" not in encoded(result(LOAD, plan, RECORDS))


def test_the_page_is_whole_by_itself_and_escapes_what_a_server_said() -> None:
    page = html(RESULT)
    assert "<script" not in page and "@import" not in page and not re.search(r"(src|href)=|url\(", page)
    assert "&lt;b&gt;broken&lt;/b&gt;" in page and "<b>broken" not in page
    assert "prefers-color-scheme: dark" in page and 'name="viewport"' in page
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 6
    for drawing in drawings:
        assert ElementTree.fromstring(drawing).attrib["aria-label"]
    assert not re.search(r"\bnan\b", "".join(drawings))


def test_the_page_marks_a_partial_run_and_a_limiting_driver() -> None:
    limited = RESULT.driver.model_copy(update={"is_limit": True, "reasons": ("Requests left late.",)})
    page = html(RESULT.model_copy(update={"is_complete": False, "problem": "it died", "driver": limited}))
    assert "Not complete." in page and "it died" in page and "Requests left late." in page
    assert "Not complete." not in html(RESULT)


def test_a_run_in_which_nothing_was_served_has_a_page_too() -> None:
    nothing = [record(p, outcome="failed", rung=None, error="no connection") for p in PLAN]
    page = html(result(LOAD, PLAN, nothing))
    assert "no connection" in page and not re.search(r"\bnan\b", page)
    assert "<td>0</td><td>–</td>" in page
