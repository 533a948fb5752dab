"""How good retrieval is: the share of queries whose right article comes first, or among the first five."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from models.errors import ModelError
from models.retrieval.hybrid import LANGUAGES, HybridIndex
from models.types import SearchRequest
from models.types.understanding import Language

Half = Literal["tuning", "report"]
_DEPTH = 5


class QueriesInvalid(ModelError):
    """A query file is not what it should be."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file = file
        self.reason = reason

    def __str__(self) -> str:
        return f"the query file {self.file} is invalid: {self.reason}"


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """A question and the ids of the articles that answer it. `half` says what it may be used for."""

    query: str
    language: Language
    expect: frozenset[str]
    half: Half
    intent: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class RetrievalFigures:
    """`with_intent`: the search was told the query's intent and category, as in a conversation."""

    data_set: str
    half: Half
    language: Language
    with_intent: bool
    queries: int
    top1: float
    top5: float

    def __str__(self) -> str:
        told = "with intent" if self.with_intent else "query alone"
        where = f"{self.data_set} {self.half} {self.language} {told}"
        return f"{where}  n {self.queries}  top-1 {self.top1:.3f}  top-5 {self.top5:.3f}"


def load_queries(path: Path) -> list[LabelledQuery]:
    """Reads {zh: [...], en: [...]} of {query, expect, intent?, category?}: odd lines tune, even lines report.

    Raises QueriesInvalid.
    """
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return [
            LabelledQuery(
                query=row["query"],
                language=language,
                expect=frozenset(row["expect"]),
                half="report" if place % 2 else "tuning",
                intent=row.get("intent"),
                category=row.get("category"),
            )
            for language in LANGUAGES
            for place, row in enumerate(document[language])
        ]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as broken:
        raise QueriesInvalid(path.name, f"{type(broken).__name__}: {broken}") from broken


def evaluate_queries(
    index: HybridIndex, queries: Sequence[LabelledQuery], data_set: str
) -> list[RetrievalFigures]:
    """Figures by half, language, and whether the search was told the intent."""
    found = []
    for half in ("tuning", "report"):
        for language in LANGUAGES:
            chosen = [q for q in queries if q.half == half and q.language == language]
            for with_intent in (False, True):
                if chosen:
                    top1, top5 = _shares(index, chosen, with_intent=with_intent)
                    found.append(
                        RetrievalFigures(
                            data_set, chosen[0].half, language, with_intent, len(chosen), top1, top5
                        )
                    )
    return found


def _shares(
    index: HybridIndex, queries: Sequence[LabelledQuery], *, with_intent: bool
) -> tuple[float, float]:
    first, among = 0, 0
    for query in queries:
        request = SearchRequest(
            tenant_id="evaluation",
            query=query.query,
            language=query.language,
            limit=_DEPTH,
            intent=query.intent if with_intent else None,
            category=query.category if with_intent else None,
        )
        ids = [passage.article_id for passage in index.search(request)]
        first += bool(ids[:1]) and ids[0] in query.expect
        among += not query.expect.isdisjoint(ids)
    return round(first / len(queries), 4), round(among / len(queries), 4)
