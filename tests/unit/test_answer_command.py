"""`kefu evaluate answers` as a command: what it refuses, and a whole run on fake engines."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.answers.errors import NothingToAsk
from benchmarks.answers.questions import load_questions
from benchmarks.answers.shops import present
from benchmarks.evaluate import app


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--half", "both"], "there is no half 'both'; give dev, dev_b, blind, all"),
        (["--rung", "huge"], "there is no rung 'huge'; give composed, small, large"),
        (["--shop", "mall"], "there is no shop 'mall'; give demo, tau2, ecom"),
        (["--profile", "desk"], "no such profile"),
        (["--rung", "large", "--shop", "demo"], "no such chat model; it has small"),
    ],
)
def test_what_is_not_known_is_said_in_a_line(words: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["answers", *words])
    assert result.exit_code == 1
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_a_shop_that_was_named_needs_its_data(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["answers", "--shop", "tau2", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "tau2 is left out" in result.stderr


def test_shops_without_their_data_are_left_out_with_a_line_each(tmp_path: Path) -> None:
    shops, lines = present((), tmp_path)
    assert [shop.tenant_id for shop in shops] == ["demo"]
    assert [line.split()[0] for line in lines] == ["tau2", "ecom"]
    with pytest.raises(NothingToAsk, match="ecom is left out"):
        present(("demo", "ecom"), tmp_path)


def test_a_whole_run_prints_the_document_and_keeps_the_blind_half_to_itself(tmp_path: Path) -> None:
    transcript, ladder = tmp_path / "said.yaml", tmp_path / "ladder.yaml"
    words = ["--shop", "demo", "--profile", "fake", "--rung", "small", "--json"]
    kept = ["--transcript", str(transcript), "--write-profile", str(ladder)]
    result = CliRunner().invoke(app, ["answers", *words, *kept])
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    demo = {file.half: {q.id for q in file.questions} for file in load_questions() if file.shop == "demo"}
    assert {answer["id"] for answer in document["answers"]} == demo["dev"]
    assert document["figures"][0]["asked"] == len(demo["dev"] | demo["blind"])
    assert not demo["blind"] & set(transcript.read_text(encoding="utf-8").split())
    assert {"rung: small"} <= {line.strip(" -") for line in ladder.read_text(encoding="utf-8").splitlines()}


def test_the_second_readable_half_is_asked_alone_and_told(tmp_path: Path) -> None:
    transcript = tmp_path / "said.yaml"
    words = [
        "--half",
        "dev_b",
        "--shop",
        "demo",
        "--profile",
        "fake",
        "--json",
        "--transcript",
        str(transcript),
    ]
    result = CliRunner().invoke(app, ["answers", *words])
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    asked = {
        q.id
        for file in load_questions()
        if (file.shop, file.half) == ("demo", "dev_b")
        for q in file.questions
    }
    assert {answer["id"] for answer in document["answers"]} == asked
    assert document["figures"][0]["asked"] == len(asked)
    assert document["command"].startswith("kefu evaluate answers --half dev_b")
    assert asked <= {
        line.partition("id: ")[2] for line in transcript.read_text(encoding="utf-8").splitlines()
    }
