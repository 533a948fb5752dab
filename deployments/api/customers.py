"""What the shop knows of one customer: their segment, and what to offer them."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Path, Query
from pydantic import BaseModel

from deployments.api.caller import Caller, caller_dependency, check_length
from deployments.api.schemas import MessageText, RecommendationOut
from deployments.api.service import Service
from models.types import Segment
from models.understanding.language import language as language_of
from routing.compose.products import offered

CustomerId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


class SegmentOut(BaseModel):
    """A customer's segment as of now, and what it was told from. `recency_days` is None without a purchase.

    `is_known` is False, and the segment `unknown`, for a customer who has bought nothing yet.
    """

    customer_id: str
    segment: str
    is_known: bool
    recency_days: float | None
    frequency: int
    monetary_minor: int
    currency: str
    as_of: datetime


class RecommendationsOut(BaseModel):
    """Goods in stock, best first, none that the customer has bought. `basis` `popular` marks what is not personal."""

    customer_id: str | None
    recommendations: list[RecommendationOut]


def add_customers(app: FastAPI, service: Service) -> None:
    """Add `/v1/segments/{customer}` and `/v1/recommendations`."""
    caller_of = caller_dependency(service)

    @app.get("/v1/segments/{customer_id}", tags=["customers"], response_model=SegmentOut)
    async def segment(
        customer_id: CustomerId,
        caller: Annotated[Caller, Depends(caller_of)],
    ) -> SegmentOut:
        """The customer's segment. With a customer's token, only their own."""
        caller.require_customer(customer_id)
        found, currency = await service.segment(caller.key.tenant_id, customer_id)
        return _segment_out(customer_id, found, currency)

    @app.get("/v1/recommendations", tags=["customers"], response_model=RecommendationsOut)
    async def recommendations(
        caller: Annotated[Caller, Depends(caller_of)],
        customer_id: Annotated[
            str | None, Query(min_length=1, max_length=64, description="default: the token's customer")
        ] = None,
        q: Annotated[
            MessageText | None,
            Query(description="wishes in the customer's words", examples=["送女朋友的礼物，200以内"]),
        ] = None,
        language: Annotated[Literal["zh", "en"] | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=20)] = 5,
    ) -> RecommendationsOut:
        """What to offer now. An unknown customer gets what is popular, marked so."""
        text = q or ""
        check_length(service, "q", text)
        if customer_id is not None:
            caller.require_customer(customer_id)
        wanted = customer_id or caller.principal.customer_id
        asked: Literal["zh", "en"] = language or (language_of(text) if text else "zh")
        query, ranked = await service.recommend(caller.key.tenant_id, wanted, text, asked, limit)
        offers = [offered(r, query, asked) for r in ranked]
        return RecommendationsOut.model_validate(
            {"customer_id": wanted, "recommendations": offers}, from_attributes=True
        )


def _segment_out(customer_id: str, found: Segment, currency: str) -> SegmentOut:
    return SegmentOut(
        customer_id=customer_id,
        segment=found.name,
        is_known=found.is_known,
        recency_days=None if found.recency_days is None else round(found.recency_days, 1),
        frequency=found.frequency,
        monetary_minor=found.monetary_minor,
        currency=currency,
        as_of=found.as_of,
    )
