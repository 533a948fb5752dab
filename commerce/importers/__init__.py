"""Shops that come from elsewhere, one module a format. Each is loaded whole or not at all."""
