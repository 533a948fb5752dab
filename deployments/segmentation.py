"""Which segment a customer is in: their own events, up to now, against the shop's trained segments."""

from collections.abc import Callable

from commerce.domain.tenants import ModelKind
from deployments.clock import Now, utc_now
from deployments.trained import TrainedStage
from models.segmentation.model import SegmentationModel
from models.types import Segment


class Segmentation(TrainedStage[SegmentationModel]):
    """`cluster.graph` makes it a deployment."""

    def __init__(self, resolve: Callable[[str], str], now: Now = utc_now) -> None:
        super().__init__(resolve, ModelKind.SEGMENTATION, SegmentationModel.load)
        self._now = now

    async def segment(self, tenant_id: str, customer_id: str) -> Segment:
        """The customer's segment now. StageUntrained, StoreUnavailable."""
        model, now = self.models.of(tenant_id), self._now()
        return await self.compute(model.assign, await self.history(tenant_id, customer_id), now)
