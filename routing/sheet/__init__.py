"""All that may be said in a turn, as single facts: of the orders, the goods, the customer, and the shop's rules."""
