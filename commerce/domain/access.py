"""Who may do what: the one table of roles and permissions."""

from __future__ import annotations

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a request's key (page, shop, operator) and tokens (customer, agent) make of its sender; it may have several.

    A customer's permissions are for what is their own. An agent is a person of the shop's service team.
    """

    PAGE = "page"
    SHOP = "shop"
    OPERATOR = "operator"
    CUSTOMER = "customer"
    AGENT = "agent"


class Permission(StrEnum):
    CONVERSE = "converse"
    TEACH = "teach"
    ACT_ON_ORDERS = "act_on_orders"
    TELL_OF_ORDERS = "tell_of_orders"
    READ_ANY_CUSTOMER = "read_any_customer"
    USE_RAW_ENGINES = "use_raw_engines"
    READ_METRICS = "read_metrics"
    EXPORT_ANY_CUSTOMER = "export_any_customer"
    ERASE_CUSTOMERS = "erase_customers"
    EDIT_POLICY = "edit_policy"
    EDIT_KNOWLEDGE = "edit_knowledge"
    READ_AUDIT = "read_audit"
    REVOKE_TOKENS = "revoke_tokens"
    MANAGE_KEYS = "manage_keys"


_ALL: Final = frozenset(Role)
_BACK_END: Final = frozenset({Role.SHOP, Role.OPERATOR})
_OPERATOR: Final = frozenset({Role.OPERATOR})

ALLOWED: Final[Mapping[Permission, frozenset[Role]]] = {
    Permission.CONVERSE: _ALL,
    Permission.TEACH: _BACK_END,
    Permission.ACT_ON_ORDERS: frozenset({Role.CUSTOMER, Role.AGENT}),
    Permission.TELL_OF_ORDERS: _BACK_END,
    Permission.READ_ANY_CUSTOMER: _BACK_END | {Role.AGENT},
    Permission.USE_RAW_ENGINES: _OPERATOR,
    Permission.READ_METRICS: _OPERATOR,
    Permission.EXPORT_ANY_CUSTOMER: _OPERATOR,
    Permission.ERASE_CUSTOMERS: _OPERATOR,
    Permission.EDIT_POLICY: _OPERATOR,
    Permission.EDIT_KNOWLEDGE: _OPERATOR | {Role.AGENT},
    Permission.READ_AUDIT: _OPERATOR,
    Permission.REVOKE_TOKENS: _OPERATOR,
    Permission.MANAGE_KEYS: _OPERATOR,
}


def may(roles: Set[Role], permission: Permission) -> bool:
    """Whether any of these roles has it."""
    return not ALLOWED[permission].isdisjoint(roles)


def may_confer(roles: Set[Role], role: Role) -> bool:
    """Whether who has `roles` may give `role` to somebody: it has no permission that they lack."""
    return all(may(roles, permission) for permission in Permission if may({role}, permission))
