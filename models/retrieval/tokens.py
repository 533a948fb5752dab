"""Search tokens: Chinese words and character pairs, English word stems."""

import re
import unicodedata
import warnings
from functools import cache
from typing import Any, Final

_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z0-9]+(?:['’][a-z]+)?")
_STOP_EN: Final = frozenset(
    """a an the i my me we our us you your it its is are am be was were been do does did can could will would shall
    should to for of in on at with by from and or not no if so this that these those there here have has had what how
    when where which who why as about into please want need get got any some just also than then""".split()
)
_STOP_ZH: Final = frozenset("的了吗呢吧啊呀么我你您们是在有和与及或就都也很要想请问把被让给这那个")


def tokens(text: str) -> list[str]:
    """The tokens of `text`, repeated as they occur, in the order of the text."""
    found: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).lower()):
        if run[0].isascii():
            if run not in _STOP_EN:
                found.append(stem(run))
        else:
            found += _chinese(run)
    return found


def stem(word: str) -> str:
    """A light English stem: "returned", "returns", "returning" → "return"; "policies" → "policy"."""
    word = re.sub(r"['’]\w+$", "", word)
    for ending, kept in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word[: len(word) - len(ending)] + kept
            break
    if len(word) > _SHORTEST_STEM + 1 and word[-1] == word[-2] and word[-1] not in "aeiosl":
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > _SHORTEST_STEM + 1 else word


_SHORTEST_STEM: Final = 3
_ENDINGS: Final = (
    ("sses", "ss"),
    ("ies", "y"),
    ("ied", "y"),
    ("ing", ""),
    ("ment", ""),
    ("ed", ""),
    ("ss", "ss"),
    ("us", "us"),
    ("s", ""),
)


def _chinese(run: str) -> list[str]:
    words = [word for word in segmenter().cut(run) if word not in _STOP_ZH]
    return words + [run[i : i + 2] for i in range(len(run) - 1) if run[i : i + 2] not in words]


@cache
def segmenter() -> Any:
    """jieba over its own dictionary, read in 0.7 s.

    Its usual start reads a marshal file that anyone could have put in the machine's temporary folder: not here.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its regular expressions are written in an old way
        import jieba

    segmenter = jieba.Tokenizer()
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    return segmenter
