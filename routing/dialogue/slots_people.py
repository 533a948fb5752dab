"""Slots of the customer: where to deliver, how to pay, whom an invoice is for, which coupon."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from commerce.domain.actions import InvoiceKind
from commerce.domain.coupons import Coupon
from commerce.domain.customers import Address
from commerce.domain.payment_methods import PaymentMethod
from commerce.domain.provinces import folded, province_of
from routing.dialogue import words
from routing.dialogue.heard import Heard
from routing.dialogue.state import Option
from routing.dialogue.working import Slot, Working, nothing
from routing.wording import address_text, coupon_name, method_name

_MUNICIPALITIES: Final = ("北京", "上海", "天津", "重庆")
# What part of an address lacks first.
_PARTS: Final = ("region", "city", "street")
_ADDRESS_PARTS: Final = (
    "address_province",
    "address_city",
    "address_district",
    "address_street",
    "address_detail",
)


def address_said(working: Working) -> dict[str, str] | None:
    """The parts that the message has over those of the order's address: a street is of the same city, a new city has a street
    of its own. Only a recipient or a telephone: the rest stays.
    """
    heard, old = working.heard, working.order.address
    parts = {type: _joined(working, type) for type in _ADDRESS_PARTS}
    names, phones = heard.said("person_name"), heard.said("phone")
    postcodes = heard.said("postcode")
    if not any(parts.values()) and not names and not phones:
        return None
    before = dict(working.slot("address") or _written(old))
    new = before | {
        "recipient": names[-1].text if names else before["recipient"],
        "phone": phones[-1].value if phones else before["phone"],
    }
    if not any(parts.values()):
        return new
    is_own = working.slot("address") is not None
    return new | _place(parts, before, is_own) | {"postcode": postcodes[-1].value if postcodes else ""}


def _joined(working: Working, type: str) -> str:
    separator = "" if working.heard.language == "zh" else ", "
    return separator.join(dict.fromkeys(entity.text for entity in working.heard.said(type)))


def _place(parts: dict[str, str], before: dict[str, str], is_own: bool) -> dict[str, str]:
    """`is_own`: what was before was said in this conversation, too, and is completed or put right."""
    city, region, district = parts["address_city"], parts["address_province"], parts["address_district"]
    is_same_city = not city or _short(city) == _short(before["city"])
    if not region and province_of(city) in _MUNICIPALITIES:
        region = city
    is_same_region = (
        not region or not before["region"] or province_of(region) == province_of(before["region"])
    )
    is_same_district = not district or district == before["district"]
    street = " ".join(part for part in (parts["address_street"], parts["address_detail"]) if part)
    if all("\u4e00" <= c <= "\u9fff" or not c.isalpha() for c in street):
        street = street.replace(" ", "")
    is_there = is_own or (is_same_city and is_same_region and is_same_district)
    return {
        "region": region or (before["region"] if is_same_city else ""),
        "city": city or (before["city"] if is_same_region else ""),
        "district": district or (before["district"] if is_same_city and not (street and city) else ""),
        "street": street or (before["street"] if is_there else ""),
    }


def _short(place: str) -> str:
    return folded(place).rstrip("市")


def _written(address: Address) -> dict[str, str]:
    return {
        name: value for name, value in asdict(address).items() if name not in ("address_id", "is_default")
    }


def is_whole_address(working: Working) -> bool:
    """It can be delivered to: a street, and the city and region that it is in."""
    return working.slot("address") is not None and not address_lacks(working)


def address_lacks(working: Working) -> str:
    """The first part that is not known yet, where anything is."""
    address = working.slot("address")
    return next((part for part in _PARTS if not address[part].strip()), "") if address else ""


def _saved(working: Working) -> tuple[Address, ...]:
    customer = working.details.customer
    now = working.order.address
    return (
        tuple(a for a in customer.addresses if (a.street, a.city) != (now.street, now.city))
        if customer
        else ()
    )


def address_options(working: Working) -> tuple[Option, ...]:
    return tuple(
        Option(a.address_id, address_text(_written(a), "zh"), address_text(_written(a), "en"))
        for a in _saved(working)
    )


def pick_address(working: Working, value: str) -> dict[str, str]:
    return next(_written(a) for a in _saved(working) if a.address_id == value)


ADDRESS: Final = Slot(
    "address", address_said, nothing, address_options, pick_address,
    (*_ADDRESS_PARTS, "person_name", "phone", "postcode"), is_open=True, is_filled=is_whole_address, lacks=address_lacks,
)  # fmt: skip


def own_methods(working: Working) -> tuple[PaymentMethod, ...]:
    """Those of the account in the order's currency."""
    methods = working.details.action.methods.values()
    return tuple(m for m in methods if m.is_own and m.currency == working.order.currency)


def _paid_by(working: Working) -> tuple[str, ...]:
    return tuple(dict.fromkeys(payment.method_id for payment in working.order.payments))


def method_said(working: Working) -> str | None:
    """The one of that kind; where the account has two of them, it is asked which."""
    service = words.said_of(words.METHODS, working.heard.message)
    if service is None:
        return None
    found = [
        m
        for m in own_methods(working)
        if m.service == service
        or (service == "credit_card" and "card" in m.service and m.service != "gift_card")
    ]
    return found[0].method_id if len(found) == 1 else None


def method_that_paid(working: Working) -> str | None:
    """What paid the order, or else the only one."""
    own = [m.method_id for m in own_methods(working)]
    paid = [method_id for method_id in _paid_by(working) if method_id in own]
    return paid[-1] if paid else (own[0] if len(own) == 1 else None)


def only_other_method(working: Working) -> str | None:
    """To pay by another one there may be but one other."""
    others = [m.method_id for m in own_methods(working) if m.method_id not in _paid_by(working)]
    return others[0] if len(others) == 1 else None


def method_options(working: Working) -> tuple[Option, ...]:
    return tuple(
        Option(m.method_id, method_name(m, "zh"), method_name(m, "en")) for m in own_methods(working)
    )


def other_method_options(working: Working) -> tuple[Option, ...]:
    paid = _paid_by(working)
    return tuple(option for option in method_options(working) if option.value not in paid)


_HEARS_METHOD: Final = words.heard_of(words.METHODS)
METHOD: Final = Slot("method", method_said, method_that_paid, method_options, hears=_HEARS_METHOD)
OTHER_METHOD: Final = Slot(
    "method", method_said, only_other_method, other_method_options, hears=_HEARS_METHOD
)


def invoice_said(working: Working) -> dict[str, str] | None:
    """Whom it is for: a company by its name, or the customer. What the message does not say stays as it was said before."""
    message = working.heard.message
    before = dict(working.slot("invoice") or {})
    title, tax_id = _title(message), words.TAX_ID.search(message.upper())
    if title is None and words.PERSONAL.search(message) and working.details.customer is not None:
        title = working.details.customer.name
        before.pop("tax_id", None)
    kind = words.said_of(words.INVOICE_KINDS, message)
    found = {"title": title, "tax_id": tax_id[1] if tax_id else None, "kind": kind}
    said = {name: value for name, value in found.items() if value is not None}
    return before | said if said else None


def _title(message: str) -> str | None:
    if (company := words.COMPANY.search(message)) is not None:
        return str(company[1] or company[2]).strip()
    after = words.TITLE_AFTER.search(message)
    title = after[1].strip() if after else None
    return None if title is None or words.PERSONAL.fullmatch(title) else title


def has_title(working: Working) -> bool:
    return bool((working.slot("invoice") or {}).get("title"))


def invoice_options(working: Working) -> tuple[Option, ...]:
    customer = working.details.customer
    if customer is None:
        return ()
    return (Option("personal", f"个人（{customer.name}）", f"personal ({customer.name})"),)


def pick_invoice(working: Working, value: str) -> dict[str, str]:
    customer = working.details.customer
    return dict(working.slot("invoice") or {}) | {"title": customer.name if customer else ""}


def hears_invoice(heard: Heard) -> bool:
    """Whom it is for, or a tax number."""
    message = heard.message
    patterns = (words.PERSONAL, words.COMPANY, words.TITLE_AFTER, words.TAX_ID)
    return any(pattern.search(message) is not None for pattern in patterns)


INVOICE: Final = Slot(
    "invoice", invoice_said, nothing, invoice_options, pick_invoice,
    hears=hears_invoice, is_free=True, is_open=True, is_filled=has_title,
)  # fmt: skip
DEFAULT_INVOICE: Final = InvoiceKind.ELECTRONIC


def coupon_said(working: Working) -> str | None:
    """The one that is called by its code."""
    message = working.heard.message.upper()
    return next((c.coupon_id for c in working.details.coupons if c.coupon_id.upper() in message), None)


def only_coupon(working: Working) -> str | None:
    found = working.details.coupons
    return found[0].coupon_id if len(found) == 1 else None


def coupon_options(working: Working) -> tuple[Option, ...]:
    return tuple(
        Option(c.coupon_id, coupon_name(c, "zh"), coupon_name(c, "en")) for c in working.details.coupons
    )


def coupon_of(working: Working, coupon_id: str) -> Coupon:
    return next(c for c in working.details.coupons if c.coupon_id == coupon_id)


COUPON: Final = Slot("coupon", coupon_said, only_coupon, coupon_options)
