"""Does an answer state a fact? Written apart from the sentences that Kefu says, and from the check of generated ones."""
