"""Articles as YAML, and the commands that read, write and bring them back."""

import asyncio
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner, Result

from cluster.cli import app
from commerce.article_file import articles_yaml, read_articles
from commerce.demo.article_files import KNOWLEDGE_DIR
from commerce.demo.shop import DemoSeed
from commerce.domain.errors import ArticleInvalid
from commerce.domain.knowledge import Article
from commerce.domain.text import LocalText
from commerce.store import open_store

GOOD: Final = "- {id: a, kind: faq, intents: [], categories: [], title: {zh: 一, en: One}, body: {zh: 一, en: One}MORE}\n"
TIMED: Final = Article(
    "sale", "policy", ("price_promotion",), (), LocalText("大促：“满减”", "Sale"), LocalText("一。\n二。", "One.\nTwo."),
    products=("P1",), questions=("几号开始", "when"), is_draft=True,
    publish_at=datetime(2027, 2, 1, tzinfo=UTC), expires_at=datetime(2027, 3, 1, tzinfo=UTC),
)  # fmt: skip


def test_what_is_written_is_read_as_the_same(tmp_path: Path) -> None:
    articles = (TIMED, *read_articles(KNOWLEDGE_DIR / "refunds.yaml"))
    path = tmp_path / "a.yaml"
    path.write_text(articles_yaml(articles), encoding="utf-8")
    assert read_articles(path) == articles


@pytest.mark.parametrize("quote", ["", "'"])
def test_an_instant_may_stand_in_quotes(tmp_path: Path, quote: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD.replace("MORE", f", expires_at: {quote}2027-02-01T08:00:00+08:00{quote}"))
    assert read_articles(path)[0].expires_at == datetime(2027, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (", publish_at: 2027-02-01T08:00:00", r"a.yaml\[0\].publish_at: .* has no time zone"),
        (", publish_at: soon", r"publish_at: 'soon' is not a time"),
        (", publish_at: 2027-02-01", r"publish_at"),
        (", is_draft: 1", r"is_draft: must be true or false"),
        (", products: [1]", r"products: must be a list of strings"),
        (", colour: red", r"a.yaml\[0\]: must have the fields"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, more: str, said: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD.replace("MORE", more))
    with pytest.raises(ArticleInvalid, match=said):
        read_articles(path)


@pytest.fixture
def kefu(tmp_path: Path, seeded: tuple[Path, DemoSeed]) -> Any:
    """Runs `kefu knowledge …` on a copy of the seeded shop."""
    shutil.copy(seeded[0], tmp_path / "shop.db")

    def run(*words: str) -> Result:
        where = ("--tenant", "demo", "-p", "fake", "--set", f"identity.home={tmp_path}")
        return CliRunner().invoke(app, ["knowledge", *words, *where])

    return run


def test_an_article_goes_out_and_in_and_back(kefu: Any, tmp_path: Path) -> None:
    file = tmp_path / "edited.yaml"
    file.write_text(kefu("show", "refund-timeline").stdout, encoding="utf-8")
    assert "nothing changes" in kefu("put", str(file)).stdout
    (read,) = read_articles(file)
    file.write_text(articles_yaml([replace(read, kind="guide")]), encoding="utf-8")
    assert "refund-timeline  2  stored" in kefu("put", str(file)).stdout
    assert "nothing changes" in kefu("put", str(file)).stdout
    listed = kefu("versions", "refund-timeline").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["2", "1"]
    assert "operator:shell:" in listed[0] and " shop " in listed[1]
    assert kefu("show", "refund-timeline", "--version", "1").stdout != file.read_text()
    assert "3  as version 1 was" in kefu("restore", "refund-timeline", "1").stdout
    assert kefu("delete", "refund-timeline").exit_code == 0
    assert "refund-timeline" not in kefu("list").stdout
    assert "4  as version 3 was" in kefu("restore", "refund-timeline", "3").stdout

    async def stored() -> Article:
        async with open_store(f"sqlite:///{tmp_path / 'shop.db'}") as store:
            return await store.article("demo", "refund-timeline")

    assert (asyncio.run(stored()).kind, asyncio.run(stored()).version) == (read.kind, 4)


def test_the_list_says_what_customers_find(kefu: Any, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    plain = replace(TIMED, products=(), is_draft=False, publish_at=None, expires_at=None)
    articles = [
        replace(plain, article_id="zz-1", is_draft=True),
        replace(plain, article_id="zz-2", publish_at=now.replace(year=2199)),
        replace(plain, article_id="zz-3", expires_at=now.replace(year=2020)),
        replace(plain, article_id="zz-4"),
    ]
    file = tmp_path / "more.yaml"
    file.write_text(articles_yaml(articles), encoding="utf-8")
    assert kefu("put", str(file)).exit_code == 0
    lines = kefu("list").stdout.splitlines()
    assert [line.split()[2] for line in lines if line.startswith("zz-")] == [
        "draft",
        "scheduled",
        "expired",
        "shown",
    ]


def test_a_wrong_intent_stores_nothing(kefu: Any, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(articles_yaml([replace(TIMED, products=(), intents=("no_such",))]), encoding="utf-8")
    done = kefu("put", str(file))
    assert done.exit_code != 0 and "no_such" in str(done.exception)
    assert not [line for line in kefu("list").stdout.splitlines() if line.startswith("sale ")]
