"""Holds a generated sentence against the facts of its turn, by typed values, claims and names."""

from routing.grounding.check import check, prepare
from routing.grounding.fact import Fact, Finding

__all__ = ["Fact", "Finding", "check", "prepare"]
