"""Which line of a sheet answers a customer's question, or that none does."""

from models.selection.features import Asked
from models.selection.selector import Choice, Selector

__all__ = ["Asked", "Choice", "Selector"]
