"""Customers made for one conversation, with orders and goods of their own in the demonstration shop, and their books."""
