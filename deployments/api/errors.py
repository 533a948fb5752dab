"""One table from domain error to HTTP status. What the client reads differs from what the log reads."""

from dataclasses import dataclass
from typing import Final

from commerce.domain import errors as commerce
from deployments import errors as serving

RETRY_SOON_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind of error is told. `message` None means that the error's own text is written for the client."""

    status: int
    type: str
    message: str | None
    retry_after_s: float | None = None


ERRORS: Final[dict[type[Exception], Shape]] = {
    serving.BodyTooLarge: Shape(413, "body_too_large", None),
    serving.JsonInvalid: Shape(400, "invalid_json", None),
    serving.RequestInvalid: Shape(422, "invalid_request", None),
    serving.Forbidden: Shape(403, "forbidden", None),
    serving.Unauthorised: Shape(401, "unauthorised", None),
    serving.NotReady: Shape(
        503, "not_ready", "this replica is still loading; try again shortly", RETRY_SOON_S
    ),
    serving.StageOverloaded: Shape(
        429, "overloaded", "the service is at its limit; try again shortly", RETRY_SOON_S
    ),
    serving.StageTimeout: Shape(504, "deadline", "the answer took too long; try again", RETRY_SOON_S),
    serving.StageUnavailable: Shape(
        503, "unavailable", "a part of the service is restarting; try again", RETRY_SOON_S
    ),
    serving.StageFailed: Shape(502, "stage_failed", "a part of the service failed; try again", RETRY_SOON_S),
    commerce.InvalidCredentials: Shape(
        401,
        "unauthorised",
        "the API key is unknown or revoked; send Authorization: Bearer KEY with a valid one",
    ),
    commerce.TokenInvalid: Shape(
        401,
        "customer_token_invalid",
        "the X-Customer-Token is not valid; ask the shop for a new one, or leave it out",
    ),
    commerce.CustomerRequired: Shape(
        401, "customer_required", "send X-Customer-Token: this belongs to a customer"
    ),
    commerce.OrderNotFound: Shape(
        404, "order_not_found", "this customer has no such order; check the number"
    ),
    commerce.ConversationNotFound: Shape(
        404,
        "conversation_not_found",
        "no such conversation of this caller; leave conversation_id out to begin one",
    ),
    commerce.TenantNotFound: Shape(
        404, "tenant_not_found", "the key's shop no longer exists; ask the operator"
    ),
    commerce.NotFound: Shape(404, "not_found", "there is nothing with that id"),
    commerce.ConversationConflict: Shape(
        409,
        "conversation_busy",
        "other messages of this conversation came in between; send it again",
        RETRY_SOON_S,
    ),
    commerce.Conflict: Shape(409, "conflict", "it changed meanwhile; read it again and repeat"),
    commerce.Invalid: Shape(422, "invalid_request", None),
    commerce.StoreUnavailable: Shape(
        503, "store_unavailable", "the store is busy; try again shortly", RETRY_SOON_S
    ),
    commerce.StoreNotMigrated: Shape(
        503, "store_not_migrated", "the store is being upgraded; try again", RETRY_SOON_S
    ),
}
INTERNAL: Final = Shape(
    500, "internal", "something failed on our side; the request_id names it in our log", RETRY_SOON_S
)


def shape_of(error: Exception) -> Shape | None:
    """The shape of an error: its own class's, else its nearest ancestor's, else None (a bug, told as INTERNAL)."""
    return next((ERRORS[cls] for cls in type(error).__mro__ if cls in ERRORS), None)
