"""What a customer, or an agent for them, can have done: the kinds of actions, and the exact arguments of each.

Free text in arguments is as it was written; it is masked before it is stored.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.errors import ActionInvalid
from commerce.domain.returns import ReturnReason


class ActionKind(StrEnum):
    CANCEL = "cancel"
    CHANGE_ADDRESS = "change_address"
    CHANGE_ITEMS = "change_items"
    CHANGE_PAYMENT = "change_payment"
    RETURN = "return"
    EXCHANGE = "exchange"
    REFUND = "refund"
    RETRY_REFUND = "retry_refund"
    REPORT_PROBLEM = "report_problem"
    REPAIR = "repair"
    REISSUE_INVOICE = "reissue_invoice"
    URGE_SHIPMENT = "urge_shipment"
    APPLY_COUPON = "apply_coupon"
    OPEN_COMPLAINT = "open_complaint"
    COMPLETE_CASE = "complete_case"
    REFUSE_CASE = "refuse_case"


def _plain(text: str) -> str:
    """What every database keeps and every page shows."""
    text = text.replace("\r\n", "\n")
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in text):
        raise ValueError("holds control characters or half of a surrogate pair; send plain text")
    return text


Text = Annotated[str, AfterValidator(_plain)]
Id = Annotated[Text, Field(min_length=1, max_length=64)]
Name = Annotated[Text, Field(min_length=1, max_length=200)]
Place = Annotated[Text, Field(max_length=200)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=10_000)]
Words = Annotated[Text, Field(min_length=1, max_length=2_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class LineQuantity(_Strict):
    """Pieces of an order line."""

    line_id: Id
    quantity: Quantity


class LineChange(LineQuantity):
    """Pieces of an order line, and the variant that they become."""

    variant_id: Id


class NewAddress(_Strict):
    """Where to deliver. `region` is the province or state, `country` a code such as CN."""

    recipient: Name
    phone: Annotated[Text, Field(max_length=32)]
    region: Place
    city: Place
    district: Place = ""
    street: Name
    postcode: Annotated[Text, Field(max_length=16)] = ""
    country: Annotated[Text, Field(min_length=2, max_length=64)]


class RefundReason(StrEnum):
    """`PRICE_PROTECTION` is computed; `GOODWILL` is an agent's, who names the amount."""

    PRICE_PROTECTION = "price_protection"
    GOODWILL = "goodwill"


class Problem(StrEnum):
    DAMAGED = "damaged"
    MISSING = "missing"
    WRONG_ITEM = "wrong_item"
    FAULT = "fault"


class InvoiceKind(StrEnum):
    ELECTRONIC = "electronic"
    PAPER = "paper"


class Arguments(_Strict):
    """Of one action. `action` says which."""

    action: ActionKind
    order_id: Id

    @model_validator(mode="after")
    def _no_line_twice(self) -> Self:
        lines = [item.line_id for item in getattr(self, "items", ())]
        if len(lines) != len(set(lines)):
            raise ValueError("a line is named twice; give its pieces in one entry")
        return self


class Cancel(Arguments):
    action: Literal[ActionKind.CANCEL] = ActionKind.CANCEL
    reason: CancelReason


class ChangeAddress(Arguments):
    action: Literal[ActionKind.CHANGE_ADDRESS] = ActionKind.CHANGE_ADDRESS
    address: NewAddress


class ChangeItems(Arguments):
    """`method_id` pays or receives the difference."""

    action: Literal[ActionKind.CHANGE_ITEMS] = ActionKind.CHANGE_ITEMS
    items: Annotated[tuple[LineChange, ...], Field(min_length=1, max_length=100)]
    method_id: Id


class ChangePayment(Arguments):
    action: Literal[ActionKind.CHANGE_PAYMENT] = ActionKind.CHANGE_PAYMENT
    method_id: Id


class Return(Arguments):
    """`method_id`, unsaid, is what paid. `is_condition_met` is what the customer says of the category's requirement."""

    action: Literal[ActionKind.RETURN] = ActionKind.RETURN
    items: Annotated[tuple[LineQuantity, ...], Field(min_length=1, max_length=100)]
    reason: ReturnReason = ReturnReason.NO_REASON
    is_condition_met: bool | None = None
    method_id: Id | None = None


class Exchange(Arguments):
    """`method_id` pays or receives the difference."""

    action: Literal[ActionKind.EXCHANGE] = ActionKind.EXCHANGE
    items: Annotated[tuple[LineChange, ...], Field(min_length=1, max_length=100)]
    reason: ReturnReason = ReturnReason.NO_REASON
    is_condition_met: bool | None = None
    method_id: Id


class Refund(Arguments):
    """Money back for goods that stay with the customer. `amount_minor` is for goodwill alone."""

    action: Literal[ActionKind.REFUND] = ActionKind.REFUND
    items: Annotated[tuple[LineQuantity, ...], Field(min_length=1, max_length=100)]
    reason: RefundReason
    amount_minor: Annotated[int, Field(strict=True, ge=1)] | None = None

    @model_validator(mode="after")
    def _amount_is_for_goodwill(self) -> Self:
        if (self.amount_minor is not None) != (self.reason is RefundReason.GOODWILL):
            raise ValueError("amount_minor is given for goodwill, and computed for price_protection")
        return self


class RetryRefund(Arguments):
    """By an agent: all refunds of the order that did not arrive, once more. `method_id`, unsaid, is what paid."""

    action: Literal[ActionKind.RETRY_REFUND] = ActionKind.RETRY_REFUND
    method_id: Id | None = None


class ReportProblem(Arguments):
    """What arrived damaged, faulty or wrong, or did not arrive. `wants` is the customer's choice."""

    action: Literal[ActionKind.REPORT_PROBLEM] = ActionKind.REPORT_PROBLEM
    items: Annotated[tuple[LineQuantity, ...], Field(min_length=1, max_length=100)]
    problem: Problem
    wants: Literal["refund", "replacement"]
    words: Words


class Repair(Arguments):
    action: Literal[ActionKind.REPAIR] = ActionKind.REPAIR
    items: Annotated[tuple[LineQuantity, ...], Field(min_length=1, max_length=1)]
    words: Words


class ReissueInvoice(Arguments):
    """`tax_id` is a company's; a person has none."""

    action: Literal[ActionKind.REISSUE_INVOICE] = ActionKind.REISSUE_INVOICE
    kind: InvoiceKind
    title: Name
    tax_id: Annotated[str, Field(max_length=32, pattern="^[0-9A-Za-z-]*$")] = ""


class UrgeShipment(Arguments):
    action: Literal[ActionKind.URGE_SHIPMENT] = ActionKind.URGE_SHIPMENT


class ApplyCoupon(Arguments):
    action: Literal[ActionKind.APPLY_COUPON] = ActionKind.APPLY_COUPON
    coupon_id: Id


class OpenComplaint(Arguments):
    action: Literal[ActionKind.OPEN_COMPLAINT] = ActionKind.OPEN_COMPLAINT
    words: Words


class CompleteCase(Arguments):
    """By an agent: what the case is for is done. `is_sellable`: what came back goes on the shelf again."""

    action: Literal[ActionKind.COMPLETE_CASE] = ActionKind.COMPLETE_CASE
    case_id: Id
    is_sellable: bool = False


class RefuseCase(Arguments):
    """By an agent, who tells the customer why in `words`."""

    action: Literal[ActionKind.REFUSE_CASE] = ActionKind.REFUSE_CASE
    case_id: Id
    words: Words


AnyArguments = Annotated[
    Cancel
    | ChangeAddress
    | ChangeItems
    | ChangePayment
    | Return
    | Exchange
    | Refund
    | RetryRefund
    | ReportProblem
    | Repair
    | ReissueInvoice
    | UrgeShipment
    | ApplyCoupon
    | OpenComplaint
    | CompleteCase
    | RefuseCase,
    Field(discriminator="action"),
]
_ANY: TypeAdapter[Arguments] = TypeAdapter(AnyArguments)


def arguments_from(document: Mapping[str, Any]) -> Arguments:
    """Raises ActionInvalid with the path of the first field that is wrong."""
    try:
        return _ANY.validate_python(dict(document))
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_input=False)[0]
        # The first part is the action's kind, which the caller gave.
        path = ".".join(str(part) for part in first["loc"][1:]) or "action"
        raise ActionInvalid(path, first["msg"].removeprefix("Value error, ")) from None
