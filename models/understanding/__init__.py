"""Understanding: intent, out-of-scope, sentiment, entities and language of what a customer wrote."""
