"""How alike a question and each line of its sheet are by their words, codes and numbers."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from models.selection import forms
from models.selection.subjects import CODE, same_code, with_orders
from models.types.understanding import Language
from models.understanding.folding import fold

Floats = npt.NDArray[np.float32]

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?")
_HAN: Final = re.compile(r"[\u3400-\u9fff]+")
_PLAIN_WORDS: Final = frozenset(
    """a an the is are was were be been am do does did has have had i me my you your it its we our they this that of to in
    on at for with from by and or if can could will would should may what which when where who how why please hi hello not
    no so get got s t""".split()
)
_PLAIN_GRAMS: Final = frozenset(
    "你好 请问 什么 怎么 多少 可以 我的 这个 那个 时候 能不 不能 一下 您的".split()
)

COLUMNS: Final = 19


def columns(question: str, lines: Sequence[str], language: Language) -> Floats:
    """[lines, COLUMNS + 3 for each form of answer]."""
    question, lines = fold(question), [fold(line) for line in lines]
    asked_grams = _grams(question, language)
    line_grams = [_grams(line, language) for line in lines]
    about_grams = [_grams(fold(text), language) for text in with_orders(lines)]
    shown = Counter(gram for grams in line_grams for gram in grams)
    count = len(lines)
    # What few lines have tells them apart: a product, a colour, an order.
    telling = {gram: 1 - shown[gram] / count for gram in asked_grams if shown[gram]}
    unseen = sum(gram not in shown for gram in asked_grams) / max(1, len(asked_grams))
    codes, numbers = set(CODE.findall(question)), set(_NUMBER.findall(question))
    every_code = [set(CODE.findall(line)) for line in lines]
    asked_forms = forms.asked(question)
    every_form = [forms.told(line) for line in lines]
    told_at_all = np.max(every_form, axis=0)
    untold = float(asked_forms @ (1 - told_at_all)) / max(1.0, float(asked_forms.sum()))
    rows = []
    for line, grams, about, line_codes, told_forms in zip(
        lines, line_grams, about_grams, every_code, every_form, strict=True
    ):
        both = asked_grams & grams
        has = sum(telling.get(gram, 0.0) for gram in both)
        lacks = sum(weight for gram, weight in telling.items() if gram not in grams)
        meant = sum(weight for gram, weight in telling.items() if gram in about)
        missed = sum(weight for gram, weight in telling.items() if gram not in about)
        line_numbers = set(_NUMBER.findall(line))
        matched = any(same_code(asked, told) for asked in codes for told in line_codes)
        matched_elsewhere = any(
            same_code(asked, told) for asked in codes for listed in every_code for told in listed
        )
        row = [
            len(both) / max(1, len(asked_grams)),
            len(both) / max(1, len(grams)),
            has,
            lacks,
            has / max(1e-6, has + lacks),
            meant,
            missed,
            meant / max(1e-6, meant + missed),
            float(asked_forms @ told_forms) / max(1.0, float(asked_forms.sum())),
            float(matched),
            float(bool(codes) and not matched),
            float(bool(codes) and not matched and bool(line_codes)),
            float(matched_elsewhere),
            len(numbers & line_numbers) / max(1, len(numbers)),
            float(bool(numbers - line_numbers)),
            unseen,
            untold,
            float(bool(asked_forms @ told_forms)),
            float(asked_forms.any() and not asked_forms @ told_forms),
        ]
        rows.append(
            np.concatenate([row, asked_forms * told_forms, asked_forms * (1 - told_forms), told_forms])
        )
    return np.array(rows, np.float32)


def _grams(text: str, language: Language) -> set[str]:
    text = text.lower()
    words = {_stem(word) for word in _WORD.findall(text)} - _PLAIN_WORDS
    if language == "en":
        return words
    pairs = {run[place : place + 2] for run in _HAN.findall(text) for place in range(max(1, len(run) - 1))}
    return words | (pairs - _PLAIN_GRAMS)


def _stem(word: str) -> str:
    for ending in ("'s", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
