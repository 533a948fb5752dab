"""What a shop is, as values and pure rules. Standard library only: no I/O, no clock, no randomness."""
