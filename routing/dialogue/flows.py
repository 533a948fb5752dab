"""The flows, as data: for each thing that a customer can have done the orders that may be meant, the slots in the order in
which they are filled, and the action that comes of them.

Every slot is filled from what is said, else from what is known, and only then asked for. Nothing is done without a yes to the
exact proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from commerce.domain.actions import (
    ActionKind,
    ApplyCoupon,
    Arguments,
    Cancel,
    ChangeAddress,
    ChangeItems,
    ChangePayment,
    Exchange,
    LineChange,
    LineQuantity,
    NewAddress,
    OpenComplaint,
    Refund,
    RefundReason,
    ReissueInvoice,
    Repair,
    ReportProblem,
    Return,
    UrgeShipment,
)
from commerce.domain.orders import OPEN_STATES, RESERVING_STATES, OrderState
from routing.dialogue import slots_goods, slots_people, slots_why
from routing.dialogue.working import Slot

Slots = Mapping[str, Any]
States = frozenset[OrderState]

_ARRIVED: Final[States] = frozenset({OrderState.DELIVERED})
_ON_ITS_WAY: Final[States] = frozenset({OrderState.SHIPPED, OrderState.PACKED})
_UNPAID: Final[States] = frozenset({OrderState.PENDING_PAYMENT})
_TO_SEND: Final[States] = frozenset({OrderState.PAID, OrderState.PACKED, OrderState.SHIPPED})
_PAID: Final[States] = frozenset(OrderState) - {OrderState.PENDING_PAYMENT, OrderState.CANCELLED}


@dataclass(frozen=True, slots=True)
class Flow:
    """`orders`: the states of those that can be meant, the likeliest first: where one of the first exists, the rest are not
    meant unless they are named, and where none exists, the newest order tells why it can't be done. `deeds` may stand beside
    a yes ("yes, cancel it"). `instead`: flows that may help where the rules refuse this one; `beside`: those that may help,
    too.
    """

    goal: str
    action: ActionKind
    orders: tuple[States, ...]
    slots: tuple[Slot, ...]
    build: Callable[[str, Slots], Arguments]
    deeds: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def _items(slots: Slots) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(**item) for item in slots["lines"])


def _changes(slots: Slots) -> tuple[LineChange, ...]:
    variants = slots["variants"]
    return tuple(LineChange(**item, variant_id=variants[item["line_id"]]) for item in slots["lines"])


_IS_MET: Final = {"yes": True, "no": False, "unsaid": None}


def _invoice(order_id: str, slots: Slots) -> Arguments:
    said = slots["invoice"]
    return ReissueInvoice(
        order_id=order_id,
        kind=said.get("kind", slots_people.DEFAULT_INVOICE),
        title=said["title"],
        tax_id=said.get("tax_id", ""),
    )


def _return(order_id: str, slots: Slots) -> Arguments:
    is_met = _IS_MET[slots["unopened"]]
    return Return(order_id=order_id, items=_items(slots), reason=slots["reason"], is_condition_met=is_met)


def _exchange(order_id: str, slots: Slots) -> Arguments:
    return Exchange(
        order_id=order_id, items=_changes(slots), reason=slots["reason"], method_id=slots["method"]
    )


def _report(order_id: str, slots: Slots) -> Arguments:
    return ReportProblem(
        order_id=order_id,
        items=_items(slots),
        problem=slots["problem"],
        wants=slots["wants"],
        words=slots["words"],
    )


_FLOWS: Final = (
    Flow(
        "cancel",
        ActionKind.CANCEL,
        (RESERVING_STATES, frozenset({OrderState.SHIPPED})),
        (slots_why.CANCEL_REASON,),
        lambda order_id, slots: Cancel(order_id=order_id, reason=slots["reason"]),
        ("取消", "cancel", "退款", "退"),
        ("return",),
    ),
    Flow(
        "change_address",
        ActionKind.CHANGE_ADDRESS,
        (RESERVING_STATES, frozenset({OrderState.SHIPPED})),
        (slots_people.ADDRESS,),
        lambda order_id, slots: ChangeAddress(order_id=order_id, address=NewAddress(**slots["address"])),
        ("修改", "改", "change"),
        ("cancel",),
    ),
    Flow(
        "change_items",
        ActionKind.CHANGE_ITEMS,
        (RESERVING_STATES, frozenset({OrderState.SHIPPED})),
        (slots_goods.LINES, slots_goods.VARIANTS, slots_people.METHOD),
        lambda order_id, slots: ChangeItems(
            order_id=order_id, items=_changes(slots), method_id=slots["method"]
        ),
        ("修改", "改", "换", "change"),
        ("cancel", "exchange"),
    ),
    Flow(
        "change_payment",
        ActionKind.CHANGE_PAYMENT,
        (RESERVING_STATES,),
        (slots_people.OTHER_METHOD,),
        lambda order_id, slots: ChangePayment(order_id=order_id, method_id=slots["method"]),
        ("修改", "改", "换", "change"),
    ),
    Flow(
        "return",
        ActionKind.RETURN,
        (_ARRIVED, _ON_ITS_WAY),
        (slots_goods.LINES, slots_why.RETURN_REASON, slots_why.UNOPENED),
        _return,
        ("退货", "退", "退款", "return", "refund"),
        ("exchange", "report_problem", "repair", "cancel"),
    ),
    Flow(
        "exchange",
        ActionKind.EXCHANGE,
        (_ARRIVED, _ON_ITS_WAY),
        (slots_goods.LINES, slots_why.RETURN_REASON, slots_goods.VARIANTS, slots_people.METHOD),
        _exchange,
        ("换货", "换", "exchange", "change"),
        ("return", "report_problem", "change_items"),
    ),
    Flow(
        "price_protection",
        ActionKind.REFUND,
        (_PAID,),
        (slots_goods.FALLEN_LINES,),
        lambda order_id, slots: Refund(
            order_id=order_id, items=_items(slots), reason=RefundReason.PRICE_PROTECTION
        ),
        ("退款", "退", "refund"),
        ("return",),
    ),
    Flow(
        "report_problem",
        ActionKind.REPORT_PROBLEM,
        (_ARRIVED, _ON_ITS_WAY),
        (slots_goods.LINES, slots_why.PROBLEM, slots_why.WANTS, slots_why.WORDS),
        _report,
        ("提交", "退款", "换", "refund", "submit"),
        ("repair", "open_complaint"),
    ),
    Flow(
        "repair",
        ActionKind.REPAIR,
        (_ARRIVED,),
        (slots_goods.LINES, slots_why.WORDS),
        lambda order_id, slots: Repair(order_id=order_id, items=_items(slots)[:1], words=slots["words"]),
        ("修", "报修", "repair"),
        ("report_problem", "open_complaint"),
    ),
    Flow(
        "reissue_invoice",
        ActionKind.REISSUE_INVOICE,
        (_PAID,),
        (slots_people.INVOICE,),
        _invoice,
        ("提交", "改", "submit", "change"),
    ),
    Flow(
        "urge_shipment",
        ActionKind.URGE_SHIPMENT,
        (_TO_SEND,),
        (),
        lambda order_id, slots: UrgeShipment(order_id=order_id),
        ("提交", "submit"),
        ("cancel",),
    ),
    Flow(
        "apply_coupon",
        ActionKind.APPLY_COUPON,
        (_UNPAID, RESERVING_STATES),
        (slots_people.COUPON,),
        lambda order_id, slots: ApplyCoupon(order_id=order_id, coupon_id=slots["coupon"]),
        ("提交", "submit"),
    ),
    Flow(
        "open_complaint",
        ActionKind.OPEN_COMPLAINT,
        (OPEN_STATES | _ARRIVED,),
        (slots_why.WORDS,),
        lambda order_id, slots: OpenComplaint(order_id=order_id, words=slots["words"]),
        ("投诉", "提交", "submit"),
        beside=("cancel", "return", "exchange"),
    ),
)
FLOWS: Final[Mapping[str, Flow]] = {flow.goal: flow for flow in _FLOWS}
SETTLES: Final = frozenset({"cancel", "return", "exchange", "report_problem"})
"""What ends every other wish for the same order."""
TWINS: Final = {"exchange": "change_items", "change_items": "exchange"}
"""One wish, which is another deed for an order that was delivered than for one that was not."""
