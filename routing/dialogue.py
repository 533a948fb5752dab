"""What a turn is: an answer, a clarifying question, a refusal of what is not ours, or a hand-off; and the state it leaves."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from models.types import INTENTS, Understood
from routing.answer import Composed
from routing.compose.wording import say

Move = Literal["answer", "clarify", "refuse", "hand_off"]
STATE_VERSION: Final = 1
# Unrecognised once: ask. Unrecognised again: a person.
_CLARIFY_ONCE: Final = 1


@dataclass(frozen=True, slots=True)
class DialogueState:
    """What a conversation carries to its next turn. Stored as JSON with its version."""

    version: int = STATE_VERSION
    unclear_turns: int = 0
    last_intent: str | None = None

    @classmethod
    def read(cls, stored: Mapping[str, object]) -> "DialogueState":
        """The state as it was stored; an empty one for a new conversation. ValueError for a later version's state."""
        if not stored:
            return cls()
        if stored.get("version") != STATE_VERSION:
            raise ValueError(
                f"dialogue state of version {stored.get('version')!r}; this gateway reads {STATE_VERSION}"
            )
        return cls(
            unclear_turns=int(str(stored["unclear_turns"])),
            last_intent=None if stored["last_intent"] is None else str(stored["last_intent"]),
        )

    def write(self) -> dict[str, Any]:
        """The state as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Step:
    """What this turn does, why, and the state after it."""

    move: Move
    reason: str
    state: DialogueState


def step(understood: Understood, state: DialogueState) -> Step:
    """Decide the move from what was understood and how the conversation went so far."""
    if understood.decision == "clarify":
        if state.unclear_turns >= _CLARIFY_ONCE:
            return Step(
                "hand_off", "unrecognised twice in a row", DialogueState(last_intent=state.last_intent)
            )
        after = DialogueState(unclear_turns=state.unclear_turns + 1, last_intent=state.last_intent)
        return Step("clarify", f"best candidate {understood.probability:.2f} is not sure enough", after)
    if understood.decision == "out_of_scope":
        return Step("refuse", "not about this shop's service", DialogueState(last_intent=state.last_intent))
    after = DialogueState(last_intent=understood.intent)
    if understood.intent == "human_agent":
        return Step("hand_off", "a person was asked for", after)
    return Step("answer", "recognised", after)


def queue_of(understood: Understood, taken: Step) -> str:
    """The human queue of this conversation: the intent's own; an unrecognised one goes by its likeliest candidate."""
    if taken.move == "hand_off" and understood.decision == "clarify" and understood.top:
        return INTENTS[understood.top[0].intent].queue
    return INTENTS[understood.intent].queue


# How each intent is named to a customer who is asked which one was meant.
_MEANINGS_EN: Final[dict[str, str]] = {
    "product_question": "a question about a product",
    "product_search": "finding a product",
    "recommendation": "a recommendation",
    "stock_availability": "whether something is in stock",
    "price_promotion": "a price or an offer",
    "coupon": "a coupon",
    "size_advice": "which size to take",
    "place_order_help": "help with placing an order",
    "payment_problem": "a problem with a payment",
    "invoice": "an invoice",
    "order_status": "the state of an order",
    "logistics_tracking": "where a parcel is",
    "urge_shipment": "faster delivery",
    "change_address": "changing the delivery address",
    "modify_order": "changing an order",
    "cancel_order": "cancelling an order",
    "delivery_policy": "delivery costs and times",
    "return_request": "returning something",
    "exchange_request": "exchanging something",
    "refund_status": "where a refund is",
    "return_policy": "the rules for returns",
    "damaged_or_wrong_item": "a broken, wrong or missing item",
    "warranty_repair": "warranty or repair",
    "technical_support": "help with using a product",
    "complaint": "a complaint",
    "account_problem": "your account",
    "membership_points": "membership or points",
    "human_agent": "talking to a person",
    "greeting_thanks": "just saying hello",
}
_ASKED_ABOUT: Final = 2


def clarifying(understood: Understood) -> Composed:
    """Ask which of the likeliest was meant, by name."""
    language = understood.language
    candidates = [score.intent for score in understood.top[:_ASKED_ABOUT]]
    zh = "，还是".join(f"“{re.split('[/(]', INTENTS[name].zh)[0]}”" for name in candidates)
    en = ", or ".join(_MEANINGS_EN[name] for name in candidates)
    return Composed(
        (
            say(language, "我想先确认一下您的意思。", "Let me make sure that I understand."),
            say(language, f"您是想了解{zh}吗？", f"Is it about {en}?"),
            say(
                language,
                "也可以换个说法，或补充订单号、商品名称。",
                "You can also put it another way, or add an order number or product.",
            ),
        )
    )


def refusing(understood: Understood) -> Composed:
    """Not ours: say so kindly, and what we can do."""
    return Composed(
        (
            say(
                understood.language,
                "抱歉，这个问题不在购物客服的范围内。",
                "Sorry, that is outside what this shop's customer service can help with.",
            ),
            say(
                understood.language,
                "我可以帮您找商品、查订单和物流、办理退换货和发票。",
                "I can help with products, orders, deliveries, returns and invoices.",
            ),
        )
    )


def handing_off(understood: Understood) -> Composed:
    """Unrecognised again: a person takes over."""
    return Composed(
        (
            say(
                understood.language,
                "抱歉没能理解您的问题，我已为您转接人工客服，请稍候。",
                "I am sorry that I could not follow; I am passing you to a colleague now.",
            ),
        ),
        hands_off=True,
    )
