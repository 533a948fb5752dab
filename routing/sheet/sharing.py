"""How much a message has in common with a sentence, by its words."""

from __future__ import annotations

import re
from typing import Final

# Words that say nothing of what is asked.
_EMPTY: Final = re.compile(
    r"[^\w\u4e00-\u9fff]|多少|什么|怎么|这个|那个|请问|你们|我们|有没有|是不是|能不能|可以|吗|呢|的|啥|了|"
    r"\b(?:what|how|is|are|was|were|the|a|an|it|its|this|that|does|do|did|much|many|of|in|on|at|by|be|my|your|our|"
    r"tell|me|about|whats|can|could|you|i|we|please|have|has|had|made|for|and|or|to|if|when|will|would|which|there|from|with)\b",
    re.I,
)
_LEAST_WORD: Final = 3


def told_words(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Pairs of Chinese characters, and words in Latin letters without their plural."""
    parts = [part for part in _EMPTY.sub(" ", text.lower()).split() if len(part) > 1]
    pairs = {part[i : i + 2] for part in parts for i in range(len(part) - 1) if not part[i : i + 2].isascii()}
    words = {part.removesuffix("s") for part in parts if part.isascii() and len(part) >= _LEAST_WORD}
    return frozenset(pairs), frozenset(words)


def shared_words(sentence: str, message: str) -> int:
    """How much of them both have: a pair counts for two characters, a word for four."""
    (pairs, words), (other_pairs, other_words) = told_words(sentence), told_words(message)
    signs = set("".join(pairs)) & set("".join(other_pairs))
    return len(signs) + 2 * len(pairs & other_pairs) + 4 * len(words & other_words)
