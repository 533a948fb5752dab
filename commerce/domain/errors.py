"""What can go wrong in `commerce`.

CommerceError
├── NotFound
│   ├── TenantNotFound
│   ├── CustomerNotFound
│   ├── OrderNotFound          also for another customer's order: the two must not be told apart
│   ├── ProductNotFound
│   ├── ArticleNotFound
│   ├── ArticleVersionNotFound
│   ├── ApiKeyNotFound         also for another shop's key
│   ├── ConversationNotFound   also for another customer's conversation
│   └── NothingToRollBack      there is no model before the one that is served
├── Denied
│   ├── InvalidCredentials     API key unknown, malformed or revoked
│   ├── CustomerRequired       the call needs a signed-in customer, or an agent
│   └── TokenInvalid
│       ├── CustomerTokenInvalid
│       ├── AgentTokenInvalid
│       └── PageTokenInvalid    the key that a page was given has expired, was revoked or is not one
├── Conflict
│   ├── ConversationConflict   another turn was stored first
│   ├── ConversationBusy       another turn is being answered
│   ├── ArticleConflict        somebody edited the article first
│   ├── PromotionConflict      another model was promoted first
│   ├── TenantExists
│   ├── TenantHasData          an import would mix two shops
│   ├── PolicyConflict         somebody changed the policy first
│   ├── StoreNotEmpty          a restore would mix two stores
│   ├── DemoSeedConflict       the demonstration shop was generated from another seed
│   ├── LastOperatorKey        without it nobody could look after the shop over HTTP
│   ├── OrderExists
│   ├── ActionRefused          a rule of the shop forbids it; the rules are with it
│   ├── ErasureRefused         an order of the customer is under way, a case open, or a refund owed
│   ├── ConfirmationRefused    the token is stale, foreign, altered, used or expired
│   └── IdempotencyConflict    the key was used for another action
├── Invalid
│   ├── CurrencyMismatch
│   ├── PolicyInvalid
│   ├── ArticleInvalid
│   ├── RevocationInvalid      an instant that is still to come, which would lock out new tokens
│   ├── ActionInvalid          arguments that no order could have
│   ├── ImportInvalid
│   └── BackupInvalid
└── StoreError
    ├── StoreUnavailable       locked, unreachable or out of connections: try again
    └── StoreNotMigrated       the schema is missing or of another version

Every class hands all its arguments to `super().__init__`, so that it survives pickling between processes.
`str()` of an error is for the log; what a client reads is chosen by the API.
"""

from __future__ import annotations

from commerce.domain.rules import RuleOutcome, RuleStep


class CommerceError(Exception):
    """The root: catch it to catch all of them."""


class NotFound(CommerceError):
    """Nothing with that id that the caller may see."""


class TenantNotFound(NotFound):
    def __init__(self, tenant_id: str) -> None:
        super().__init__(tenant_id)
        self.tenant_id = tenant_id

    def __str__(self) -> str:
        return f"no tenant {self.tenant_id!r}"


class CustomerNotFound(NotFound):
    def __init__(self, customer_id: str) -> None:
        super().__init__(customer_id)
        self.customer_id = customer_id

    def __str__(self) -> str:
        return f"no customer {self.customer_id!r}"


class OrderNotFound(NotFound):
    def __init__(self, order_id: str) -> None:
        super().__init__(order_id)
        self.order_id = order_id

    def __str__(self) -> str:
        return f"no order {self.order_id!r} of this customer"


class ProductNotFound(NotFound):
    def __init__(self, product_id: str) -> None:
        super().__init__(product_id)
        self.product_id = product_id

    def __str__(self) -> str:
        return f"no product {self.product_id!r}"


class ArticleNotFound(NotFound):
    def __init__(self, article_id: str) -> None:
        super().__init__(article_id)
        self.article_id = article_id

    def __str__(self) -> str:
        return f"no article {self.article_id!r}"


class ArticleVersionNotFound(NotFound):
    """No such version of it was ever stored."""

    def __init__(self, article_id: str, version: int) -> None:
        super().__init__(article_id, version)
        self.article_id = article_id
        self.version = version

    def __str__(self) -> str:
        return f"article {self.article_id!r} has no version {self.version}"


class ApiKeyNotFound(NotFound):
    """The id is not repeated: it may be a whole key, by mistake."""

    def __init__(self, tenant_id: str) -> None:
        super().__init__(tenant_id)
        self.tenant_id = tenant_id

    def __str__(self) -> str:
        return f"tenant {self.tenant_id!r} has no API key with that id: kefu key list shows them"


class ConversationNotFound(NotFound):
    def __init__(self, conversation_id: str) -> None:
        super().__init__(conversation_id)
        self.conversation_id = conversation_id

    def __str__(self) -> str:
        return f"no conversation {self.conversation_id!r} of this caller"


class NothingToRollBack(NotFound):
    """`kind` is a ModelKind."""

    def __init__(self, tenant_id: str, kind: str) -> None:
        super().__init__(tenant_id, kind)
        self.tenant_id = tenant_id
        self.kind = kind

    def __str__(self) -> str:
        return (
            f"tenant {self.tenant_id!r} has no {self.kind} model to go back to: "
            "none was served before; promote a model first"
        )


class Denied(CommerceError):
    """The caller has not shown who they are, or not well enough."""


class InvalidCredentials(Denied):
    """The text never says which part of the key was wrong."""

    def __init__(self) -> None:
        super().__init__()

    def __str__(self) -> str:
        return "the API key is unknown or revoked"


class CustomerRequired(Denied):
    def __init__(self) -> None:
        super().__init__()

    def __str__(self) -> str:
        return "this needs a signed-in customer"


class TokenInvalid(Denied):
    """`reason` is one of malformed, signature, version, kind, tenant, expired, not_yet_valid, lifetime, revoked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the token was refused: {self.reason}"


class CustomerTokenInvalid(TokenInvalid):
    def __str__(self) -> str:
        why = _TOKENS.get(self.reason, self.reason)
        return f"the X-Customer-Token is not valid: {why}; ask the shop for a new one, or leave it out"


class AgentTokenInvalid(TokenInvalid):
    def __str__(self) -> str:
        why = _TOKENS.get(self.reason, self.reason)
        return f"the X-Agent-Token is not valid: {why}; ask the shop for a new one"


class PageTokenInvalid(TokenInvalid):
    pass


_TOKENS = {
    "malformed": "it is no token of this service",
    "signature": "it was not signed with the shop's secret",
    "version": "it is of another version",
    "kind": "it is a token of another kind",
    "tenant": "it is another shop's",
    "expired": "it has expired",
    "not_yet_valid": "it is not valid yet: the shop's clock or this server's is wrong, or its time is still to come",
    "lifetime": "it is good for longer than this service accepts",
    "revoked": "it was revoked",
}


class Conflict(CommerceError):
    """The store has moved on since the caller read it, or holds something that stands in the way."""


class ConversationConflict(Conflict):
    def __init__(self, conversation_id: str, expected_version: int) -> None:
        super().__init__(conversation_id, expected_version)
        self.conversation_id = conversation_id
        self.expected_version = expected_version

    def __str__(self) -> str:
        return f"conversation {self.conversation_id!r} is no longer at version {self.expected_version}"


class ConversationBusy(Conflict):
    """Another message of the conversation is being answered now; its turn comes first."""

    def __init__(self, conversation_id: str) -> None:
        super().__init__(conversation_id)
        self.conversation_id = conversation_id

    def __str__(self) -> str:
        return f"another turn of conversation {self.conversation_id} is being answered"


class ArticleConflict(Conflict):
    def __init__(self, article_id: str, expected_version: int) -> None:
        super().__init__(article_id, expected_version)
        self.article_id = article_id
        self.expected_version = expected_version

    def __str__(self) -> str:
        return f"article {self.article_id!r} is no longer at version {self.expected_version}"


class PromotionConflict(Conflict):
    """Other models than those that were judged."""

    def __init__(self, tenant_id: str) -> None:
        super().__init__(tenant_id)
        self.tenant_id = tenant_id

    def __str__(self) -> str:
        return (
            f"the candidate of tenant {self.tenant_id!r}, or the model that answers, is not the one that was judged; "
            "judge it again: kefu models promote"
        )


class TenantExists(Conflict):
    def __init__(self, tenant_id: str) -> None:
        super().__init__(tenant_id)
        self.tenant_id = tenant_id

    def __str__(self) -> str:
        return f"tenant {self.tenant_id!r} already exists"


class TenantHasData(Conflict):
    def __init__(self, tenant_id: str) -> None:
        super().__init__(tenant_id)
        self.tenant_id = tenant_id

    def __str__(self) -> str:
        return f"tenant {self.tenant_id!r} has data already: import as another tenant, or with --replace"


class PolicyConflict(Conflict):
    def __init__(self, tenant_id: str) -> None:
        super().__init__(tenant_id)
        self.tenant_id = tenant_id

    def __str__(self) -> str:
        return f"the policy of tenant {self.tenant_id!r} was changed meanwhile: read it again and repeat the change"


class StoreNotEmpty(Conflict):
    """`found` names what is in the way."""

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.found = found

    def __str__(self) -> str:
        return f"{self.found}: restore into a new database, or move this one away first"


class DemoSeedConflict(Conflict):
    def __init__(self, stored: str, asked: str) -> None:
        super().__init__(stored, asked)
        self.stored = stored
        self.asked = asked

    def __str__(self) -> str:
        return (
            f"the demonstration shop was generated with {self.stored}, not {self.asked}; "
            "seed with reset to replace it (its orders and conversations are deleted)"
        )


class LastOperatorKey(Conflict):
    def __init__(self, tenant_id: str) -> None:
        super().__init__(tenant_id)
        self.tenant_id = tenant_id

    def __str__(self) -> str:
        return (
            f"it is the last operator key of tenant {self.tenant_id!r}: issue another first "
            "(kefu key issue --role operator), or revoke it all the same with --force"
        )


class OrderExists(Conflict):
    """An order of that id was placed before."""

    def __init__(self, order_id: str) -> None:
        super().__init__(order_id)
        self.order_id = order_id

    def __str__(self) -> str:
        return f"there is an order {self.order_id} already; place another under an id of its own"


class ActionRefused(Conflict):
    """`rule_trace` (RuleStep) ends with, or contains, what forbids it. Nothing was changed."""

    def __init__(self, rule_trace: tuple[RuleStep, ...]) -> None:
        super().__init__(rule_trace)
        self.rule_trace = rule_trace

    @property
    def blocker(self) -> RuleStep:
        """The first rule that forbids it."""
        return next(step for step in self.rule_trace if step.outcome is RuleOutcome.FAILED)

    def __str__(self) -> str:
        blocker = self.blocker
        return f"{blocker.rule_id} forbids it: {blocker.text.zh} / {blocker.text.en}"


class ErasureRefused(Conflict):
    """`orders` are under way, `cases` open, `refunds` have not arrived: a contract is still to be fulfilled. Nothing was
    changed.
    """

    def __init__(
        self, customer_id: str, orders: tuple[str, ...], cases: tuple[str, ...], refunds: tuple[str, ...] = ()
    ) -> None:
        super().__init__(customer_id, orders, cases, refunds)
        self.customer_id = customer_id
        self.orders = orders
        self.cases = cases
        self.refunds = refunds

    def __str__(self) -> str:
        reasons = [f"order {order_id} is under way" for order_id in self.orders]
        reasons += [f"case {case_id} is open" for case_id in self.cases]
        reasons += [f"refund {payment_id} has not arrived" for payment_id in self.refunds]
        told = "; ".join(reasons)
        return f"customer {self.customer_id!r} cannot be erased yet: {told}. Complete or cancel it first"


class ConfirmationRefused(Conflict):
    """`reason` is malformed, signature, foreign, altered, expired, stale or reused. Nothing was changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the confirmation was refused: {_CONFIRMATIONS.get(self.reason, self.reason)}"


_CONFIRMATIONS = {
    "malformed": "it is not a confirmation token",
    "signature": "it was not issued here",
    "foreign": "it was issued to somebody else",
    "altered": "it was issued for other arguments",
    "expired": "it has expired; propose again",
    "stale": "the order has changed since; propose again",
    "reused": "it was used already",
}


class IdempotencyConflict(Conflict):
    """The key was used for something else."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return (
            f"the idempotency key {self.key!r} was used for another action: give each action a key of its own"
        )


class Invalid(CommerceError):
    """A value from outside that does not make sense."""


class CurrencyMismatch(Invalid):
    def __init__(self, left: str, right: str) -> None:
        super().__init__(left, right)
        self.left = left
        self.right = right

    def __str__(self) -> str:
        return f"{self.left} and {self.right} cannot be added or compared"


class _InvalidField(Invalid):
    """`field` is the path of the offending value, such as `orders["#W1"].items[2].price`."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


class PolicyInvalid(_InvalidField):
    pass


class ArticleInvalid(_InvalidField):
    pass


class RevocationInvalid(_InvalidField):
    pass


class ActionInvalid(_InvalidField):
    pass


class ImportInvalid(_InvalidField):
    pass


class BackupInvalid(_InvalidField):
    """`field` is the file, or the table within it."""


class StoreError(CommerceError):
    """The database itself."""


class StoreUnavailable(StoreError):
    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"the store cannot be used now: {self.problem}"


class StoreNotMigrated(StoreError):
    def __init__(self, found: str | None, expected: str) -> None:
        super().__init__(found, expected)
        self.found = found
        self.expected = expected

    def __str__(self) -> str:
        return f"the store's schema is at {self.found or 'nothing'}, not {self.expected}: migrate it first"
