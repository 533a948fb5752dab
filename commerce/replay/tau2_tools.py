"""The retail tools of the tau2 benchmark on its own document, to the bit: money is float, and the quirks are kept.

For replays alone: nobody is asked who they are or whether they agreed, a change of payment that is then cancelled is
refunded three times, and every item of a change gets the last one's price. A shop is served by `commerce.actions`.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from commerce.importers.tau2 import Document
from commerce.importers.tau2_rows import ORDER_EXTRAS

READS: Final = frozenset(
    {
        "calculate",
        "find_user_id_by_email",
        "find_user_id_by_name_zip",
        "get_item_details",
        "get_order_details",
        "get_product_details",
        "get_user_details",
        "list_all_product_types",
        "transfer_to_human_agents",
    }
)
"""Tools that change nothing."""

_CANCEL_REASONS: Final = ("no longer needed", "ordered by mistake")


class ToolRefused(Exception):
    """The benchmark's tool fails; nothing was changed."""

    def __init__(self, tool: str, problem: str) -> None:
        super().__init__(tool, problem)
        self.tool = tool
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.tool}: {self.problem}"


class Tau2Tools:
    """`document` is as `read_tau2` gives it, and is changed in place."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._writes: dict[str, Callable[..., None]] = {
            "cancel_pending_order": self._cancel,
            "exchange_delivered_order_items": self._exchange,
            "modify_pending_order_address": self._move_order,
            "modify_pending_order_items": self._change_items,
            "modify_pending_order_payment": self._change_payment,
            "modify_user_address": self._move_user,
            "return_delivered_order_items": self._return,
        }
        for order in document["orders"].values():
            for name in ORDER_EXTRAS:
                order.setdefault(name, None)

    @property
    def names(self) -> frozenset[str]:
        """Of every tool."""
        return READS | self._writes.keys()

    def sha256(self) -> str:
        """The benchmark's hash of the database."""
        return hashlib.sha256(json.dumps(self._document, sort_keys=True, default=str).encode()).hexdigest()

    def call(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Raises ToolRefused, and has then changed nothing. `name` is one of `names`."""
        if name in READS:
            return
        tool = self._writes[name]
        try:
            inspect.signature(tool).bind(**arguments)
        except TypeError as refused:
            raise ToolRefused(name, str(refused)) from refused
        for argument, value in arguments.items():
            if argument.endswith("item_ids"):
                if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                    raise ToolRefused(name, f"{argument} must be a list of item ids")
            elif not isinstance(value, str):
                raise ToolRefused(name, f"{argument} must be a text")
        tool(**arguments)

    def _cancel(self, order_id: str, reason: str) -> None:
        tool = "cancel_pending_order"
        order = self._order(tool, order_id)
        _require(order["status"] == "pending", tool, f"the order is {order['status']}")
        _require(reason in _CANCEL_REASONS, tool, f"the reason must be one of {', '.join(_CANCEL_REASONS)}")
        history = order["payment_history"]
        methods = [self._method(tool, order["user_id"], row["payment_method_id"]) for row in history]
        for row, method in zip(history, methods, strict=True):
            _credit(method, row["amount"])
        history += [_movement("refund", row["amount"], row["payment_method_id"]) for row in history]
        order["status"] = "cancelled"
        order["cancel_reason"] = reason

    def _move_order(
        self, order_id: str, address1: str, address2: str, city: str, state: str, country: str, zip: str
    ) -> None:
        tool = "modify_pending_order_address"
        order = self._order(tool, order_id)
        _require("pending" in order["status"], tool, f"the order is {order['status']}")
        order["address"] = _address(address1, address2, city, state, country, zip)

    def _move_user(
        self, user_id: str, address1: str, address2: str, city: str, state: str, country: str, zip: str
    ) -> None:
        user = self._user("modify_user_address", user_id)
        user["address"] = _address(address1, address2, city, state, country, zip)

    def _change_payment(self, order_id: str, payment_method_id: str) -> None:
        tool = "modify_pending_order_payment"
        order = self._order(tool, order_id)
        _require("pending" in order["status"], tool, f"the order is {order['status']}")
        new = self._method(tool, order["user_id"], payment_method_id)
        history = order["payment_history"]
        _require(
            len(history) == 1 and history[0]["transaction_type"] == "payment",
            tool,
            "the order must have been paid once, and nothing else",
        )
        old_id, amount = history[0]["payment_method_id"], history[0]["amount"]
        _require(old_id != payment_method_id, tool, "the order was paid with that method")
        old = self._method(tool, order["user_id"], old_id)
        _require(_covers(new, amount), tool, "the gift card does not cover the order")
        history += [_movement("payment", amount, payment_method_id), _movement("refund", amount, old_id)]
        _credit(new, -amount)
        _credit(old, amount)

    def _change_items(
        self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
    ) -> None:
        tool = "modify_pending_order_items"
        order = self._order(tool, order_id)
        _require(order["status"] == "pending", tool, f"the order is {order['status']}")
        _require(
            all(old != new for old, new in zip(item_ids, new_item_ids, strict=False)),
            tool,
            "an item can't be changed to itself",
        )
        chosen = self._variants(tool, order, item_ids, new_item_ids)
        method = self._method(tool, order["user_id"], payment_method_id)
        difference = _difference(order, item_ids, chosen)
        _require(_covers(method, difference), tool, "the gift card does not cover the difference")
        kind = "payment" if difference > 0 else "refund"
        order["payment_history"].append(_movement(kind, abs(difference), payment_method_id))
        _credit(method, -difference)
        for old, new in zip(item_ids, new_item_ids, strict=True):
            line = _line(order, old)
            # The last pair's price and options on every line: the benchmark's loop leaves its variable behind.
            line |= {"item_id": new, "price": chosen[-1]["price"], "options": chosen[-1]["options"]}
        order["status"] = "pending (item modified)"

    def _return(self, order_id: str, item_ids: list[str], payment_method_id: str) -> None:
        tool = "return_delivered_order_items"
        order = self._order(tool, order_id)
        _require(order["status"] == "delivered", tool, f"the order is {order['status']}")
        method = self._method(tool, order["user_id"], payment_method_id)
        history = order["payment_history"]
        _require(
            method["source"] == "gift_card"
            or bool(history and history[0]["payment_method_id"] == payment_method_id),
            tool,
            "the refund goes to a gift card or to the method that paid",
        )
        _require_lines(tool, order, item_ids)
        order["status"] = "return requested"
        order["return_items"] = sorted(item_ids)
        order["return_payment_method_id"] = payment_method_id

    def _exchange(
        self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
    ) -> None:
        tool = "exchange_delivered_order_items"
        order = self._order(tool, order_id)
        _require(order["status"] == "delivered", tool, f"the order is {order['status']}")
        chosen = self._variants(tool, order, item_ids, new_item_ids)
        difference = round(_difference(order, item_ids, chosen), 2)
        method = self._method(tool, order["user_id"], payment_method_id)
        _require(_covers(method, difference), tool, "the gift card does not cover the difference")
        order["status"] = "exchange requested"
        order["exchange_items"] = sorted(item_ids)
        order["exchange_new_items"] = sorted(new_item_ids)
        order["exchange_payment_method_id"] = payment_method_id
        order["exchange_price_difference"] = difference

    def _order(self, tool: str, order_id: str) -> Document:
        return self._found(tool, "orders", order_id)

    def _user(self, tool: str, user_id: str) -> Document:
        return self._found(tool, "users", user_id)

    def _found(self, tool: str, kind: str, key: str) -> Document:
        found: Document | None = self._document[kind].get(key)
        if found is None:
            raise ToolRefused(tool, f"{key!r} is not among the {kind}")
        return found

    def _method(self, tool: str, user_id: str, method_id: str) -> Document:
        methods = self._user(tool, user_id)["payment_methods"]
        _require(method_id in methods, tool, f"{method_id!r} is no payment method of {user_id!r}")
        method: Document = methods[method_id]
        return method

    def _variants(
        self, tool: str, order: Document, item_ids: Sequence[str], new_item_ids: Sequence[str]
    ) -> list[Document]:
        """The available variants that replace `item_ids`, each of its item's own product."""
        _require_lines(tool, order, item_ids)
        _require(len(item_ids) == len(new_item_ids), tool, "as many new items as old ones")
        chosen = []
        for old, new in zip(item_ids, new_item_ids, strict=True):
            product = self._document["products"][_line(order, old)["product_id"]]
            variant = product["variants"].get(new)
            _require(variant is not None, tool, f"{new!r} is no item of the same product as {old!r}")
            _require(variant["available"], tool, f"{new!r} is not available")
            chosen.append(variant)
        return chosen


def _require(holds: bool, tool: str, problem: str) -> None:
    if not holds:
        raise ToolRefused(tool, problem)


def _require_lines(tool: str, order: Document, item_ids: Sequence[str]) -> None:
    present = [line["item_id"] for line in order["items"]]
    for item_id in item_ids:
        _require(
            item_ids.count(item_id) <= present.count(item_id),
            tool,
            f"{item_id!r} is not so often in the order",
        )


def _line(order: Document, item_id: str) -> Document:
    found: Document = next(line for line in order["items"] if line["item_id"] == item_id)
    return found


def _difference(order: Document, item_ids: Sequence[str], chosen: Sequence[Document]) -> Any:
    """Summed from an integer 0, pair by pair, as the benchmark does: an empty list differs by 0, not by 0.0."""
    total: Any = 0
    for item_id, variant in zip(item_ids, chosen, strict=True):
        total += variant["price"] - _line(order, item_id)["price"]
    return total


def _covers(method: Document, amount: float) -> bool:
    return bool(method["source"] != "gift_card" or method["balance"] >= amount)


def _credit(method: Document, amount: float) -> None:
    if method["source"] == "gift_card":
        method["balance"] = round(method["balance"] + amount, 2)


def _movement(kind: str, amount: float, method_id: str) -> Document:
    return {"transaction_type": kind, "amount": amount, "payment_method_id": method_id}


def _address(address1: str, address2: str, city: str, state: str, country: str, zip_code: str) -> Document:
    return {
        "address1": address1,
        "address2": address2,
        "city": city,
        "state": state,
        "country": country,
        "zip": zip_code,
    }
