"""How the parts of a score add up."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Weights:
    """The defaults were fitted on the tuning half of the project's questions, with and without their language in the index.

    `asked`, `whole` and `sentence` multiply the best cosine among an article's titles and questions, its whole texts, its
    body's sentences; `words` BM25 squeezed into 0…1 (s / (s + `half_words`)). `intent` multiplies log(1 + p / `doubt`), where
    p is how probable the article's intents are together, those after its first at `other_intent` of it. The rest are added:
    `category` where the request's is listed, `other_category` where the article serves only others, `unasked_category` where
    it serves some and none was asked, `product` where the request's is listed. `first_sentence` is a start in the choice of
    the quote alone.
    """

    asked: float = 0.41
    whole: float = 0.35
    sentence: float = 0.25
    words: float = 0.24
    half_words: float = 12.0
    intent: float = 0.04
    doubt: float = 0.05
    other_intent: float = 0.6
    category: float = 0.04
    other_category: float = -0.05
    unasked_category: float = -0.02
    product: float = 0.20
    first_sentence: float = 0.03


DEFAULT_WEIGHTS: Final = Weights()
