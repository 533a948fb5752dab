"""Recommendation: which of the goods on offer a customer is likely to want, and why."""
