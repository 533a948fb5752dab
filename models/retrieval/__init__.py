"""Retrieval: hybrid search over a shop's knowledge, in both languages."""

from models.retrieval.articles import IndexedArticle
from models.retrieval.hybrid import HybridIndex

__all__ = ["HybridIndex", "IndexedArticle"]
