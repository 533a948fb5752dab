"""Why a customer cancels; a shop accepts those of its policy."""

from __future__ import annotations

from enum import StrEnum


class CancelReason(StrEnum):
    NO_LONGER_NEEDED = "no_longer_needed"
    ORDERED_BY_MISTAKE = "ordered_by_mistake"
    FOUND_CHEAPER = "found_cheaper"
    TOO_SLOW = "too_slow"
    OTHER = "other"
