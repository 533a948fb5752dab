"""The demonstration shop: a seeded generator and its data. What it knows beyond the database stays here."""
