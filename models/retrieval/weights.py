"""How the parts of a score add up."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Weights:
    """The defaults were chosen on the tuning half of the project's questions.

    `words` multiplies BM25 squeezed into 0…1 (s / (s + `half_words`)); `title`, `whole` and `sentence` the best cosine
    among an article's titles, whole texts and body sentences. The rest are added: `first_intent` and `other_intent`
    where the request's intent is the article's first or a further one, `category` where the request's is listed,
    `other_category` where the article serves only others, `unasked_category` where it serves some and none was asked,
    `product` where the request's is listed.
    """

    words: float = 0.2
    half_words: float = 12.0
    title: float = 0.2
    whole: float = 0.4
    sentence: float = 0.2
    first_intent: float = 0.2
    other_intent: float = 0.12
    category: float = 0.20
    other_category: float = -0.20
    unasked_category: float = -0.03
    product: float = 0.20
    title_repeats: int = 3
    first_sentence: float = 0.03


DEFAULT_WEIGHTS: Final = Weights()
