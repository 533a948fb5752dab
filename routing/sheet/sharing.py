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
    words = {part.removesuffix("s") for part in parts if part.isascii() and _is_word(part)}
    return frozenset(pairs), frozenset(words)


def _is_word(part: str) -> bool:
    """Codes are short."""
    return len(part) >= _LEAST_WORD or any(sign.isdigit() for sign in part)


def shared_parts(sentence: str, message: str) -> int:
    """How many pairs both have; a word counts for two."""
    (pairs, words), (other_pairs, other_words) = told_words(sentence), told_words(message)
    return len(pairs & other_pairs) + 2 * len(words & other_words)


def shared_words(sentence: str, message: str) -> int:
    """How much of them both have, to single characters, of which a pair counts for two."""
    signs = set("".join(told_words(sentence)[0])) & set("".join(told_words(message)[0]))
    return len(signs) + 2 * shared_parts(sentence, message)
