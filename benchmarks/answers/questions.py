"""Questions as they are written: strict, so that a misspelt key is an error and not a question less."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from benchmarks.answers.errors import QuestionInvalid

QUESTIONS_DIR: Final = Path(__file__).parent / "questions"
Half = Literal["dev", "dev_b", "blind"]
"""`dev_b` is a second one to be read, in another voice: what writers of answers did not write for."""
WHOLE: Final[tuple[Half, ...]] = ("dev", "blind")
"""The halves that the bounds are held to."""
_SLOT: Final = re.compile(r"\{([\w.]+)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OrderWanted(_Strict):
    """What must hold of the order that a question is about; of those that fit the `nth` by id is taken.

    `only`: it is all that the customer ever ordered; `only_open`, `only_in_state`, `newest`: among the customer's own. The
    line is the first that fits `category` and what stands below it, up to three questions of what the rules say of it;
    `line_unique`: in no other order of the customer. Days are the shop's.
    """

    state: str | list[str] | None = None
    only: bool | None = None
    only_open: bool | None = None
    only_in_state: bool | None = None
    newest: bool | None = None
    lines: int | None = None
    min_lines: int | None = None
    method: str | list[str] | None = None
    delivered_days: tuple[int, int] | None = None
    expected: Literal["past", "today", "later"] | None = None
    last_event: str | None = None
    refunded: bool | None = None
    discounted: bool | None = None
    has_shipping_fee: bool | None = None
    is_late: bool | None = None
    insured: bool | None = None
    invoiced: bool | None = None
    urgent: bool | None = None
    has_shipment: bool | None = None
    category: str | list[str] | None = None
    sale_class: str | None = None
    sized: bool | None = None
    option: str | None = None
    returnable: bool | None = None
    exchangeable: bool | None = None
    faulty_returnable: bool | None = None
    line_unique: bool | None = None
    has: str | None = None
    name_says: str | None = None
    nth: int = Field(default=1, ge=1)


class ProductWanted(_Strict):
    """What must hold of a product; `has` names an attribute that is not empty, `says` is in one of its attributes."""

    category: str | list[str] | None = None
    type: str | None = None
    in_stock: Literal["all", "some", "none"] | None = None
    has: str | None = None
    sale_class: str | None = None
    own_brand: bool | None = None
    one_price: bool | None = None
    several_prices: bool | None = None
    sized: bool | None = None
    coloured: bool | None = None
    min_variants: int | None = None
    model_unique: bool | None = None
    says: str | None = None
    name_says: str | None = None
    nth: int = Field(default=1, ge=1)


class VariantWanted(_Strict):
    """What must hold of one of the product's variants; `cheapest` in stock or not."""

    in_stock: bool | None = None
    cheapest: bool | None = None
    nth: int = Field(default=1, ge=1)


class CustomerWanted(_Strict):
    """What must hold of a customer whose orders are not the point."""

    level: str | None = None
    plus: bool | None = None
    has_points: bool | None = None
    has_gift_card: bool | None = None
    nth: int = Field(default=1, ge=1)


class Question(_Strict):
    """One message and what a right answer states. `asks` has slots, `{order.id}`, that rows fill.

    `answerable` false: nothing in the shop says it, and a right answer says so or hands over; `of_another`: it is about
    an order that the customer may not see or that does not exist.
    """

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    language: Literal["zh", "en"]
    intent: str
    asks: str
    order: OrderWanted | None = None
    other: OrderWanted | None = None
    product: ProductWanted | None = None
    variant: VariantWanted | None = None
    customer: CustomerWanted | None = None
    answerable: Literal[True, False, "of_another"] = True
    must: list[dict[str, Any]] = Field(default_factory=list)
    must_not: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def slots(self) -> tuple[str, ...]:
        """The references in the message."""
        return tuple(_SLOT.findall(self.asks))

    def message(self, values: Sequence[str]) -> str:
        """The message with its slots filled, in their order."""
        pending = iter(values)
        return _SLOT.sub(lambda _: next(pending), self.asks)


class QuestionFile(_Strict):
    """Questions of one shop and half."""

    shop: str
    half: Half
    questions: list[Question]


def load_questions(folder: Path = QUESTIONS_DIR) -> tuple[QuestionFile, ...]:
    """Every file of the folder. QuestionInvalid names the file and the field; an id is given once."""
    files = tuple(_load(path) for path in sorted(folder.glob("*.yaml")))
    seen: set[str] = set()
    for file in files:
        for question in file.questions:
            if question.id in seen:
                raise QuestionInvalid(f"question {question.id} is there twice")
            seen.add(question.id)
            if question.answerable is True and not question.must:
                raise QuestionInvalid(f"question {question.id} has no fact that an answer must state")
    return files


def _load(path: Path) -> QuestionFile:
    try:
        return QuestionFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise QuestionInvalid(f"{path.name}: not valid YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise QuestionInvalid(f"{path.name}: {place}: {first['msg']}") from error
