"""The language of a message, by its script and the few words that carry a sentence."""

import re

from models.types.understanding import Language
from models.understanding.lexicon import LEXICON

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_CHINESE_MARKS = re.compile(r"[，。？！、；：]")
_LATIN_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z']+(?![A-Za-z0-9])")
_CHINESE_VERB = re.compile("|".join(LEXICON.chinese_verbs))
_WORDS_PER_HAN = 0.6


def language(text: str) -> Language:
    """The language to answer in: Chinese where Chinese carries the sentence, not where it only names a thing."""
    han = len(_HAN.findall(text))
    if han == 0:
        return "zh" if _CHINESE_MARKS.search(text) and not _LATIN_WORD.search(text) else "en"
    words = [word.lower() for word in _LATIN_WORD.findall(text)]
    if _CHINESE_VERB.search(text) or not LEXICON.english_function_words.intersection(words):
        return "zh"
    return "zh" if han * _WORDS_PER_HAN >= len(words) else "en"
