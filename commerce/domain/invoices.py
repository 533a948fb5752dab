"""Invoices of an order: at most one is valid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from commerce.domain.actions import InvoiceKind


@dataclass(frozen=True, slots=True)
class Invoice:
    """`voided_at` is set when another took its place. `tax_id` is empty for a person."""

    invoice_id: str
    order_id: str
    kind: InvoiceKind
    title: str
    tax_id: str
    amount_minor: int
    currency: str
    issued_at: datetime
    voided_at: datetime | None
