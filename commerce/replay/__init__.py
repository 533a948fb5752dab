"""What other people's agents did to a shop, done again."""
