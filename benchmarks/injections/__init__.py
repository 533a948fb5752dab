"""Attempts to make the service do or tell what it must not."""
