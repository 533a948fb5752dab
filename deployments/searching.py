"""What a search over the API is told besides its words, as a conversation tells it: the intents that understanding reads in
them, and the categories of the shop's catalogue that they name.
"""

from dataclasses import replace

from commerce.domain.catalogue import ProductVocabulary
from commerce.domain.errors import StoreError
from commerce.domain.product_query import asked_categories, query_from_text
from deployments.contracts import UnderstandingClient
from deployments.errors import StageError
from deployments.log import logger
from deployments.snapshots import Snapshots
from models.types import SearchRequest
from models.types.understanding import IntentScore


async def informed(
    request: SearchRequest, understanding: UnderstandingClient, snapshots: Snapshots, timeout_s: float
) -> SearchRequest:
    """The request with its intents and categories; without what can't be had within the time: a search goes on alone."""
    try:
        (read,) = await understanding.understand(request.tenant_id, [request.query], timeout_s)
        intents: tuple[IntentScore, ...] = () if isinstance(read, StageError) else read.top
    except StageError as error:
        logger.info("a search goes on without its intents: %s", error.reason)
        intents = ()
    try:
        shop = await snapshots.shop(request.tenant_id)
    except StoreError as error:
        logger.info("a search goes on without its categories: %s", type(error).__name__)
        return replace(request, intents=intents)
    return replace(request, intents=intents, categories=named_categories(request, shop.vocabulary))


def named_categories(request: SearchRequest, vocabulary: ProductVocabulary) -> tuple[str, ...]:
    """What the words name of the catalogue."""
    query = query_from_text(request.query, vocabulary, request.language)
    return asked_categories(query, vocabulary)
