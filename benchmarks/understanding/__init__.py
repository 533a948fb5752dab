"""How well the understanding reads: its figures on the project's messages or on others, as a table, JSON and a page."""
