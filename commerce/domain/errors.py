"""What can go wrong in `commerce`.

CommerceError
├── NotFound
│   ├── TenantNotFound
│   ├── CustomerNotFound
│   ├── OrderNotFound          also for another customer's order: the two must not be told apart
│   ├── ProductNotFound
│   ├── ArticleNotFound
│   ├── ConversationNotFound   also for another customer's conversation
│   └── NothingToRollBack      there is no model before the one that is served
├── Denied
│   ├── InvalidCredentials     API key unknown, malformed or revoked
│   ├── CustomerRequired       the call needs a signed-in customer
│   └── TokenInvalid
│       ├── CustomerTokenInvalid
│       ├── AgentTokenInvalid
│       └── PageTokenInvalid    the key that a page was given has expired or is not one
├── Conflict
│   ├── ConversationConflict   another turn was stored first
│   ├── ArticleConflict        somebody edited the article first
│   ├── PromotionConflict      another model was promoted first
│   ├── TenantExists
│   └── DemoSeedConflict       the demonstration shop was generated from another seed
├── Invalid
│   ├── CurrencyMismatch
│   ├── PolicyInvalid
│   ├── ArticleInvalid
│   └── ImportInvalid
└── StoreError
    ├── StoreUnavailable       locked, unreachable or out of connections: try again
    └── StoreNotMigrated       the schema is missing or of another version

Every class hands all its arguments to `super().__init__`, so that it survives pickling between processes.
`str()` of an error is for the log; what a client reads is chosen by the API.
"""

from __future__ import annotations


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
    """`reason` is one of malformed, signature, expired, kind, tenant, version."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the token was refused: {self.reason}"


class CustomerTokenInvalid(TokenInvalid):
    pass


class AgentTokenInvalid(TokenInvalid):
    pass


class PageTokenInvalid(TokenInvalid):
    pass


class Conflict(CommerceError):
    """The store has moved on since the caller read it, or holds something that stands in the way."""


class ConversationConflict(Conflict):
    def __init__(self, conversation_id: str, expected_version: int) -> None:
        super().__init__(conversation_id, expected_version)
        self.conversation_id = conversation_id
        self.expected_version = expected_version

    def __str__(self) -> str:
        return f"conversation {self.conversation_id!r} is no longer at version {self.expected_version}"


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


class ImportInvalid(_InvalidField):
    pass


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
