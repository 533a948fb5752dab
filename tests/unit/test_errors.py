"""Every error of ours has its HTTP shape and survives the hop between processes."""

import inspect
import pickle

import pytest

from commerce.domain import errors as commerce
from commerce.domain.rules import RuleOutcome, RuleStep
from commerce.domain.text import LocalText
from deployments import errors as serving
from deployments.api.errors import ERRORS, shape_of

VALUES = {
    "expected_version": 3,
    "orders": ("KF1",),
    "cases": ("R-1",),
    "rule_trace": (RuleStep("r", None, RuleOutcome.FAILED, LocalText("不行", "no")),),
}


def all_errors() -> list[type[Exception]]:
    found: list[type[Exception]] = []
    waiting: list[type[Exception]] = [commerce.CommerceError, serving.ServingError]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting += current.__subclasses__()
    return [
        e
        for e in found
        if e.__module__ in {commerce.__name__, serving.__name__} and not e.__name__.startswith("_")
    ]


def make(error: type[Exception]) -> Exception:
    parameters = [p for p in inspect.signature(error.__init__).parameters.values() if p.name != "self"]
    named = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    return error(*(VALUES.get(p.name, f"{p.name} planted") for p in named))


@pytest.mark.parametrize("error", all_errors(), ids=lambda e: e.__name__)
def test_an_error_arrives_as_it_was_sent(error: type[Exception]) -> None:
    sent = make(error)
    arrived = pickle.loads(pickle.dumps(sent))  # noqa: S301  our own bytes
    assert type(arrived) is error
    assert arrived.args == sent.args
    assert str(arrived) == str(sent)


# Roots that are never raised themselves.
ROOTS = {"CommerceError", "ServingError", "StageError", "Denied", "TokenInvalid", "StoreError"}


@pytest.mark.parametrize(
    "error", [e for e in all_errors() if e.__name__ not in ROOTS], ids=lambda e: e.__name__
)
def test_an_error_has_a_status_and_words_for_the_client(error: type[Exception]) -> None:
    shape = shape_of(make(error))
    assert shape is not None, f"{error.__name__} is in no row of deployments.api.errors.ERRORS"
    assert 400 <= shape.status < 600
    if shape.status >= 500:
        assert shape.message is not None, "a server error must not tell the client what the log reads"
        assert "planted" not in shape.message


def test_a_bug_has_no_row() -> None:
    assert shape_of(RuntimeError("x")) is None
    assert all(issubclass(e, (commerce.CommerceError, serving.ServingError)) for e in ERRORS)
