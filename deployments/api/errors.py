"""One table from domain error to HTTP status, and the error's two shapes: ours, and OpenAI's on the routes that speak it.

What the client reads differs from what the log reads.
"""

from dataclasses import dataclass
from typing import Any, Final

from commerce.domain import errors as commerce
from deployments import errors as serving
from deployments.log import logger

RETRY_SOON_S: Final = 1.0
_OPENAI_TYPES: Final = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


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
    serving.ModelUnknown: Shape(404, "model_not_found", None),
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
    serving.StageUntrained: Shape(
        503,
        "untrained",
        "this shop has no trained model for that yet; train it with kefu train, then try again",
        RETRY_SOON_S,
    ),
    serving.StageRefused: Shape(400, "invalid_request", None),
    serving.StageFailed: Shape(502, "stage_failed", "a part of the service failed; try again", RETRY_SOON_S),
    commerce.InvalidCredentials: Shape(
        401,
        "unauthorised",
        "the API key is unknown or revoked; send Authorization: Bearer KEY with a valid one",
    ),
    commerce.PageTokenInvalid: Shape(
        401,
        "page_token_invalid",
        "the page's key has expired, was revoked or is not valid; reload the page for a new one",
    ),
    commerce.CustomerTokenInvalid: Shape(401, "customer_token_invalid", None),
    commerce.AgentTokenInvalid: Shape(401, "agent_token_invalid", None),
    commerce.CustomerRequired: Shape(
        401,
        "customer_required",
        "this belongs to a customer: send X-Customer-Token, or as an agent X-Agent-Token with the shop's key",
    ),
    commerce.OrderNotFound: Shape(
        404, "order_not_found", "this customer has no such order; check the number"
    ),
    commerce.ConversationNotFound: Shape(
        404,
        "conversation_not_found",
        "no such conversation of this caller; leave conversation_id out to begin one",
    ),
    commerce.ArticleNotFound: Shape(
        404, "article_not_found", "the shop has no such article; GET /v1/knowledge lists them"
    ),
    commerce.ArticleVersionNotFound: Shape(
        404,
        "article_version_not_found",
        "the article never had such a version; GET /v1/knowledge/{id}/versions lists them",
    ),
    commerce.ApiKeyNotFound: Shape(
        404, "key_not_found", "the shop has no API key with that id; GET /v1/keys lists them"
    ),
    commerce.TenantNotFound: Shape(
        404, "tenant_not_found", "the key's shop no longer exists; ask the operator"
    ),
    commerce.NotFound: Shape(404, "not_found", "there is nothing with that id"),
    commerce.ConversationBusy: Shape(
        409,
        "turn_under_way",
        "another message of this conversation is still being answered; send this one again after it",
        RETRY_SOON_S,
    ),
    commerce.ConversationConflict: Shape(
        409,
        "conversation_busy",
        "other messages of this conversation came in between; send it again",
        RETRY_SOON_S,
    ),
    commerce.ErasureRefused: Shape(409, "erasure_refused", None),
    commerce.ActionRefused: Shape(409, "action_refused", None),
    commerce.ConfirmationRefused: Shape(409, "confirmation_refused", None),
    commerce.LastOperatorKey: Shape(
        409,
        "last_operator_key",
        "it is the shop's last operator key: issue another first; kefu key revoke --force revokes it all the same",
    ),
    commerce.OrderExists: Shape(409, "order_exists", None),
    commerce.IdempotencyConflict: Shape(409, "idempotency_conflict", None),
    commerce.PolicyConflict: Shape(
        409, "policy_conflict", "the policy was changed meanwhile; read it again and repeat"
    ),
    commerce.ArticleConflict: Shape(
        409, "article_conflict", "the article was changed meanwhile; read it again and repeat"
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


def item_error(error: Exception) -> dict[str, str]:
    """How one text's error is told beside the readings of others. The error itself is logged."""
    shape = shape_of(error) or INTERNAL
    logger.error("a text was not read: %s", error)
    return {"type": shape.type, "message": str(error) if shape.message is None else shape.message}


def is_openai(path: str) -> bool:
    """Whether a route speaks OpenAI's API, errors included."""
    return path.startswith(("/v1/chat/completions", "/v1/models"))


def status_of(path: str, shape: Shape) -> int:
    """The HTTP status on that route: where OpenAI's API is spoken, a field that does not fit is a 400."""
    return 400 if is_openai(path) and shape.status == 422 else shape.status


def error_body(path: str, shape: Shape, error: Exception | None, request_id: str | None) -> dict[str, Any]:
    """The error's JSON on that route."""
    message = shape.message if shape.message is not None else str(error)
    if not is_openai(path):
        return {
            "type": shape.type,
            "message": message,
            "request_id": request_id,
            "retry_after_s": shape.retry_after_s,
        }
    field = getattr(error, "field", None)
    kind = _OPENAI_TYPES.get(shape.status, "server_error" if shape.status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": field, "code": shape.type}}
