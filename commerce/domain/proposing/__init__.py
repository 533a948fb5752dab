"""From facts and arguments to a proposal, or to a refusal with its reason. Pure."""
