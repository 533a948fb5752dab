"""One deployment as the configuration says it: what it is, where a replica runs, and how many run."""

from dataclasses import dataclass

from pydantic import Field, model_validator

from deployments.identity import Placement, Section


class Autoscaling(Section):
    """Ray Serve's autoscaling of one deployment. Times in seconds."""

    min_replicas: int = Field(ge=0, le=10_000)
    max_replicas: int = Field(ge=1, le=10_000)
    target_ongoing_requests: float = Field(gt=0)
    upscale_delay_s: float = Field(default=5.0, ge=0)
    downscale_delay_s: float = Field(default=120.0, ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> "Autoscaling":
        if self.min_replicas > self.max_replicas:
            raise ValueError(
                f"min_replicas {self.min_replicas} is above max_replicas {self.max_replicas}; lower it"
            )
        return self


class StageScale(Section):
    """How much of one stage: a fixed number of replicas, or autoscaling; and the bounds of its queues."""

    replicas: int | None = Field(default=None, ge=1, le=10_000)
    autoscaling: Autoscaling | None = None
    max_ongoing_requests: int = Field(ge=1, le=100_000)
    max_queued_requests: int = Field(ge=1, le=1_000_000)

    @property
    def most_replicas(self) -> int:
        """The most that run at once."""
        return self.autoscaling.max_replicas if self.autoscaling else self.replicas or 1

    @property
    def first_replicas(self) -> int:
        """How many a start waits for."""
        return max(1, self.autoscaling.min_replicas) if self.autoscaling else self.replicas or 1

    @model_validator(mode="after")
    def _consistent(self) -> "StageScale":
        if (self.replicas is None) == (self.autoscaling is None):
            raise ValueError("give exactly one of replicas and autoscaling")
        if self.autoscaling and self.autoscaling.target_ongoing_requests > self.max_ongoing_requests:
            raise ValueError(
                f"autoscaling.target_ongoing_requests {self.autoscaling.target_ongoing_requests:g} is above "
                f"max_ongoing_requests {self.max_ongoing_requests}: it would never be reached; lower the target"
            )
        return self


@dataclass(frozen=True, slots=True)
class Stage:
    """One deployment: its name in Serve, its placement's key path, and what the configuration says of it.

    `bundles` are the resources of its replicas' placement groups, empty where a replica is one actor.
    """

    name: str
    path: str
    identity: Section
    placement: Placement
    scale: StageScale
    bundles: tuple[dict[str, float], ...] = ()
