"""Our own log lines carry no personal data, whatever they were given."""

import logging
from collections.abc import Iterator

import pytest

from commerce.store import open_store
from deployments.log import logger


@pytest.fixture
def lines() -> Iterator[list[str]]:
    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(logging.Formatter().format(record))

    handler = Keep()
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)


def test_arguments_and_tracebacks_are_masked(lines: list[str]) -> None:
    logger.error("%s order_not_found: no order %r", "req_1", "13812345678")
    try:
        raise ValueError("cannot read 我叫张伟，zhang@example.com")
    except ValueError:
        logger.exception("%s unhandled", "req_2")
    assert lines[0] == "req_1 order_not_found: no order '[phone]'"
    told = "ValueError: cannot read 我叫[name]，[email]"
    assert "req_2 unhandled\nTraceback" in lines[1] and told in lines[1]
    assert "张伟" not in lines[1] and "example.com" not in lines[1]


def test_a_stack_is_masked_and_arguments_that_do_not_fit_raise_nothing(lines: list[str]) -> None:
    logger.error("%s and %d", "req_3")
    logger.error("at 13812345678", stack_info=True)
    assert lines[0] == "%s and %d (its arguments do not fit: TypeError)"
    assert "at [phone]\nStack (most recent call last)" in lines[1]
    assert lines[1].count("Stack (most") == 1 and "13812345678" not in lines[1]


def test_of_a_long_text_both_ends_are_kept(lines: list[str]) -> None:
    logger.error("%s%s%s", "begin ", "好" * 1_000_000, " end")
    assert len(lines[0]) < 17_000 and lines[0].startswith("begin") and lines[0].endswith("end")
    assert "characters left out" in lines[0]


@pytest.mark.parametrize("url", ["sqlite:////tmp/never-opened.db", "postgresql://u:p@localhost/kefu"])
def test_a_statements_values_are_in_no_error(url: str) -> None:
    assert open_store(url)._engine.sync_engine.hide_parameters
