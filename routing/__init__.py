"""Pure decisions: request + facts + clock → decision with its reason. No I/O, no clock, no dice of its own."""
