"""A small shop in the form of the tau2 benchmark: a customer with three methods, two pending orders and a delivered one."""

from typing import Any


def a_variant(item_id: str, price: float, *, available: bool = True, color: str = "red") -> dict[str, Any]:
    return {"item_id": item_id, "options": {"color": color}, "available": available, "price": price}


def an_address(city: str = "Ely") -> dict[str, str]:
    return {
        "address1": "1 A St",
        "address2": "",
        "city": city,
        "state": "NV",
        "country": "USA",
        "zip": "89301",
    }


def an_item(item_id: str, price: float, product_id: str = "p1") -> dict[str, Any]:
    name = {"p1": "Garden Lamp", "p2": "Rug"}[product_id]
    return {
        "name": name,
        "product_id": product_id,
        "item_id": item_id,
        "price": price,
        "options": {"color": "red"},
    }


def an_order(order_id: str, status: str, paid_by: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    amount = sum(item["price"] for item in items)
    return {
        "order_id": order_id,
        "user_id": "ann_1",
        "address": an_address(),
        "items": items,
        "status": status,
        "fulfillments": [],
        "payment_history": [{"transaction_type": "payment", "amount": amount, "payment_method_id": paid_by}],
    }


def a_shop() -> dict[str, Any]:
    pending = an_order(
        "#P", "pending", "card_1", [an_item("i1", 10.1), an_item("i2", 20.2), an_item("r1", 5.0, "p2")]
    )
    return {
        "products": {
            "p1": {
                "name": "Garden Lamp",
                "product_id": "p1",
                "variants": {
                    "i1": a_variant("i1", 10.1),
                    "i2": a_variant("i2", 20.2),
                    "i3": a_variant("i3", 30.3, color="blue"),
                    "i4": a_variant("i4", 40.7, color="green"),
                    "i5": a_variant("i5", 50.0, available=False),
                },
            },
            "p2": {"name": "Rug", "product_id": "p2", "variants": {"r1": a_variant("r1", 5.0)}},
        },
        "users": {
            "ann_1": {
                "user_id": "ann_1",
                "name": {"first_name": "Ann", "last_name": "Lee"},
                "address": an_address(),
                "email": "ann@example.com",
                "payment_methods": {
                    "gift_1": {"source": "gift_card", "id": "gift_1", "balance": 49.0},
                    "card_1": {"source": "credit_card", "id": "card_1", "brand": "visa", "last_four": "1234"},
                    "pal_1": {"source": "paypal", "id": "pal_1"},
                },
                "orders": ["#P", "#D", "#G"],
            }
        },
        "orders": {
            "#P": pending,
            "#D": an_order("#D", "delivered", "card_1", [an_item("i1", 10.1), an_item("i1", 11.1)]),
            "#G": an_order("#G", "pending", "gift_1", [an_item("i1", 10.1)]),
        },
    }
