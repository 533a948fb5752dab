"""Asks the service the questions and judges what it answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal, Protocol
from zoneinfo import ZoneInfo

from benchmarks.answers.errors import QuestionInvalid
from benchmarks.answers.judging.facts import Fact
from benchmarks.answers.judging.judge import declines, evades, states
from benchmarks.answers.judging.scene import Scene
from benchmarks.answers.questions import Half, Question, QuestionFile
from benchmarks.answers.references import rendered
from benchmarks.answers.rows import ShopRows, read_rows
from benchmarks.answers.selection import choose
from benchmarks.answers.specs import Spec, fact
from benchmarks.answers.views import Chosen
from benchmarks.in_process.service import InProcess
from benchmarks.in_process.shops import Shop
from models.types import Understood

Outcome = Literal["right", "incomplete", "wrong", "evaded", "forbidden"]
"""`incomplete` states some of what it must; `wrong` none, and `evaded` none while it asks back or sends elsewhere."""
Report = Callable[[str, float | None], None]
# A turn that ends so has not answered.
_LEFT: Final = frozenset({"clarify", "refuse", "hand_off"})


class Said(Protocol):
    """What is judged of a turn's reply."""

    @property
    def answer(self) -> str: ...
    @property
    def cards(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def understood(self) -> Understood: ...
    @property
    def move(self) -> str: ...
    @property
    def rung(self) -> str: ...
    @property
    def hands_off(self) -> bool: ...
    @property
    def missing(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its rows' values: what is written, by whom, and the facts, each beside how the file writes it."""

    question: Question
    shop: str
    half: Half
    customer_id: str | None
    message: str
    must: tuple[tuple[Spec, Fact], ...]
    must_not: tuple[tuple[Spec, Fact], ...]
    scene: Scene


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a question. `missing` and `said` are the facts that the answer lacks, and those it must not state."""

    asked: Asked
    answer: str
    rung: str
    read_as: str
    hands_off: bool
    outcome: Outcome
    missing: tuple[Spec, ...]
    said: tuple[Spec, ...]
    left_out: tuple[str, ...]

    @property
    def is_answerable(self) -> bool:
        """Whether the shop says what was asked for."""
        return self.asked.question.answerable is True

    @property
    def ends_in_evasion(self) -> bool:
        """Handed over to a person, or evaded."""
        return self.hands_off or self.outcome == "evaded"


def resolve(file: QuestionFile, rows: ShopRows) -> Iterator[Asked]:
    """The file's questions on these rows. QuestionInvalid names the question whose rows or facts are not there."""
    for question in file.questions:
        try:
            yield _resolved(question, file, rows)
        except (AttributeError, KeyError, IndexError) as error:
            problem = f"{type(error).__name__}: {error}"
            raise QuestionInvalid(f"question {question.id}: a reference leads nowhere: {problem}") from error
        except QuestionInvalid as error:
            if question.id in error.problem:
                raise
            raise QuestionInvalid(f"question {question.id}: {error.problem}") from error


async def ask_all(
    service: InProcess, files: Sequence[QuestionFile], shops: Sequence[Shop], report: Report
) -> tuple[Answered, ...]:
    """Every question once, each in a conversation of its own. QuestionInvalid, before the first is asked."""
    asked: list[Asked] = []
    for shop in shops:
        rows = await read_rows(service.store, shop)
        asked += [one for file in files if file.shop == shop.tenant_id for one in resolve(file, rows)]
    report(f"reading {len(asked)} messages", None)
    for tenant_id, group in groupby(asked, key=lambda one: one.shop):
        await service.read(tenant_id, [one.message for one in group])
    answered: list[Answered] = []
    for place, one in enumerate(asked):
        report(f"asking {len(asked)} questions", place / len(asked))
        reply = (await service.turn(one.shop, one.customer_id, one.message)).reply
        answered.append(judged(one, reply))
    return tuple(answered)


def judged(asked: Asked, reply: Said) -> Answered:
    """The answer, judged. What a shopper is shown in a card is not said, but where the fact allows it."""
    text, shown = reply.answer, f"{reply.answer}\n{_written(reply.cards)}"
    missing = tuple(
        spec
        for spec, one in asked.must
        if not states(shown if spec.get("may_be_card") else text, one, asked.scene)
    )
    # Nothing of another's order may be seen anywhere.
    public = shown if asked.question.answerable == "of_another" else text
    said = tuple(spec for spec, one in asked.must_not if states(public, one, asked.scene, is_strict=True))
    return Answered(
        asked=asked,
        answer=text,
        rung=reply.rung,
        read_as=reply.understood.intent,
        hands_off=reply.hands_off,
        outcome=_outcome(asked, reply, missing, said),
        missing=missing,
        said=said,
        left_out=reply.missing,
    )


def _outcome(asked: Asked, reply: Said, missing: Sequence[Spec], said: Sequence[Spec]) -> Outcome:
    if said:
        return "forbidden"
    if asked.question.answerable is not True:
        return "right" if reply.hands_off or declines(reply.answer) else "wrong"
    if not missing:
        return "right"
    if len(missing) < len(asked.must):
        return "incomplete"
    has_left = reply.hands_off or reply.move in _LEFT
    return "evaded" if has_left or evades(reply.answer) else "wrong"


def _resolved(question: Question, file: QuestionFile, rows: ShopRows) -> Asked:
    chosen = choose(question, rows)
    zone = rows.tenant.zone
    values = [rendered(chosen.find(slot), question.language) for slot in question.slots]
    return Asked(
        question,
        file.shop,
        file.half,
        chosen.shopper.id if chosen.shopper else None,
        question.message(values),
        tuple((spec, fact(spec, chosen.find, zone)) for spec in question.must),
        tuple((spec, fact(spec, chosen.find, zone)) for spec in question.must_not),
        _scene(chosen),
    )


def _scene(chosen: Chosen) -> Scene:
    """Today there, and which goods are meant beside which."""
    rows, product = chosen.rows, chosen.product
    today = rows.shop.now.astimezone(ZoneInfo(rows.tenant.zone)).date()
    if product is None:
        return Scene(today)
    names = (product.name.zh, product.name.en, product.model)
    beside = [line.name for line in chosen.order.lines if line.name != product.name] if chosen.order else []
    return Scene(today, names, tuple(name for both in beside for name in (both.zh, both.en)))


def _written(cards: Sequence[Mapping[str, Any]]) -> str:
    """All values of the cards, one a line."""
    return "\n".join(str(leaf) for card in cards for leaf in _leaves(card))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    elif value is not None:
        yield value
