"""Actions over HTTP: first a proposal, which says exactly what would be done, then the commit of what was agreed to."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, FastAPI, Header, Query, Request
from pydantic import BaseModel, Field

from commerce.domain.access import Permission
from commerce.domain.actions import ActionKind, AnyArguments
from commerce.domain.errors import ActionRefused
from commerce.domain.identity import Principal
from commerce.domain.rules import RuleStep
from deployments.api import schemas
from deployments.api.caller import principal_dependency
from deployments.api.service import Service

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[!-~]+$",
        description="one for each thing that is to be done; the same again does nothing more",
    ),
]


_ITEMS: Final = [{"line_id": "KF260000000001-1", "quantity": 1}]
_EXAMPLES: Final[dict[str, Any]] = {
    "customer": {
        "summary": "A customer sends something back",
        "value": {"action": "return", "order_id": "KF260000000001", "items": _ITEMS},
    },
    "agent": {
        "summary": "An agent makes up for something, with X-Agent-Token",
        "value": {
            "action": "refund",
            "order_id": "KF260000000001",
            "items": _ITEMS,
            "reason": "goodwill",
            "amount_minor": 500,
        },
    },
}


class RuleOut(BaseModel):
    """A rule that was applied; `line_id` None: to the order as a whole. `condition`: it holds only if the goods are so."""

    rule_id: str
    line_id: str | None
    outcome: str
    text: str


class ProposalOut(BaseModel):
    """What would be done, exactly. `confirmation_token` agrees to just this, once, until `expires_at`; where a rule forbids
    the action there are no effects and no token.
    """

    action: ActionKind
    order_id: str
    is_allowed: bool
    effects: list[dict[str, Any]]
    rules: list[RuleOut]
    confirmation_token: str | None
    expires_at: datetime | None


class CommitRequest(schemas.Request):
    """The arguments of the proposal, unchanged, and its token."""

    arguments: AnyArguments
    confirmation_token: Annotated[str, Field(min_length=1, max_length=4_096)]


class CommitOut(BaseModel):
    """`made` names what came to be. `is_repeat`: this key had done it before, and nothing more was done."""

    action_id: str
    made: list[dict[str, str]]
    is_repeat: bool


def add_actions(app: FastAPI, service: Service) -> None:
    """Add `/v1/actions/propose` and `/v1/actions`."""
    principal = principal_dependency(service, Permission.ACT_ON_ORDERS)

    @app.post(
        "/v1/actions/propose",
        tags=["actions"],
        response_model=ProposalOut,
        openapi_extra={"requestBody": {"content": {"application/json": {"examples": _EXAMPLES}}}},
    )
    async def propose(
        body: AnyArguments,
        caller: Annotated[Principal, Depends(principal)],
        language: Annotated[Literal["zh", "en"], Query()] = "zh",
    ) -> ProposalOut:
        """What the action would do to the customer's own order: lines, money and where it goes, stock, dates.

        With the shop's key and `X-Agent-Token` an agent proposes it for the order's owner, whoever that is; with
        `X-Customer-Token` too, for that customer alone. The confirmation token is then the agent's.
        """
        try:
            found = await service.propose(caller, body)
        except ActionRefused as refused:
            return ProposalOut(
                action=body.action,
                order_id=body.order_id,
                is_allowed=False,
                effects=[],
                rules=[_rule(step, language) for step in refused.rule_trace],
                confirmation_token=None,
                expires_at=None,
            )
        return ProposalOut(
            action=body.action,
            order_id=body.order_id,
            is_allowed=True,
            effects=[_effect(effect) for effect in found.proposal.effects],
            rules=[_rule(step, language) for step in found.proposal.rule_trace],
            confirmation_token=found.token,
            expires_at=found.expires_at,
        )

    @app.post("/v1/actions", tags=["actions"], response_model=CommitOut)
    async def commit(
        body: CommitRequest, key: Key, request: Request, caller: Annotated[Principal, Depends(principal)]
    ) -> CommitOut:
        """Do what was proposed and agreed to, in one step or not at all."""
        token, request_id = body.confirmation_token, request.state.request_id
        done = await service.commit(caller, body.arguments, token, key, request_id)
        return CommitOut(action_id=done.action_id, made=list(done.made), is_repeat=done.is_repeat)


def _rule(step: RuleStep, language: str) -> RuleOut:
    return RuleOut(
        rule_id=step.rule_id,
        line_id=step.line_id,
        outcome=step.outcome.value,
        text=step.text.in_language(language),
    )


def _effect(effect: Any) -> dict[str, Any]:
    return {"effect": type(effect).__name__, **asdict(effect)}
