"""The shop behind the service: customers, products, orders, knowledge, conversations, and their store."""
