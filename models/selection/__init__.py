"""Which line of a sheet answers a customer's question, or that none does."""
