"""A dialogue driven by values: what was understood is handed in, and a small shop answers what the flow asks for."""

from dataclasses import dataclass, field, replace
from typing import Any

from commerce.demo.policy import DEMO_POLICY
from commerce.domain.catalogue import ProductQuery, Variant
from commerce.domain.coupons import Coupon
from commerce.domain.customers import Address, Customer, MemberLevel
from commerce.domain.errors import ActionRefused
from commerce.domain.orders import Order, OrderLine, OrderState, Payment, PaymentKind, PaymentStatus
from commerce.domain.payment_methods import MethodKind, PaymentMethod
from commerce.domain.policy import ShopPolicy
from commerce.domain.proposing.facts import Facts as ActionFacts
from commerce.domain.proposing.propose import propose
from commerce.domain.text import LocalText
from models.types import Entity, Sentiment, Understood
from models.types.understanding import Language
from routing.dialogue.acts import read_acts
from routing.dialogue.carry_out import CarriedOut, carry_out
from routing.dialogue.heard import Heard, hear
from routing.dialogue.rules import Plan, decide
from routing.dialogue.state import DialogueState, Offer, Topic
from routing.dialogue.working import Working
from routing.effects import Commit, Committed, Detail, DetailEach, LookUp, Offered, Propose, Refused
from routing.facts import Details, Facts
from tests.builders import ADDRESS, NOW, TENANT, line, order

OFFICE = replace(
    ADDRESS, address_id="A2", region="上海市", city="上海市", district="浦东新区", street="世纪大道88号"
)
CUSTOMER = Customer(
    "C1", "王芳", "c1@example.com", "13800000000", "zh", MemberLevel.ORDINARY, False, 0, None, (ADDRESS,)
)
COUPON = Coupon("CP10", "C1", 10_00, None, "CNY", 0, (), NOW - (NOW - NOW), NOW.replace(year=2027), 1, 0)
MUG = line(
    "home",
    LocalText("手绘马克杯", "hand-painted mug"),
    line_id="L2",
    product_id="P2",
    variant_id="V9",
    colour="white",
    size=None,
)


def entity(type: str, text: str, message: str, value: str | None = None) -> Entity:
    """At its first place in the message."""
    start = message.index(text)
    return Entity(type, text, value or text, start, start + len(text))


def read(
    message: str,
    intent: str = "cancel_order",
    *entities: Entity,
    language: Language = "zh",
    probability: float = 0.95,
    decision: Any = "route",
    mood: float = 0.0,
) -> Understood:
    return Understood(intent, probability, decision, (), language, Sentiment("neutral", mood), entities)


def heard(message: str, intent: str = "cancel_order", *entities: Entity, **changes: Any) -> Heard:
    """As it is heard in a new conversation."""
    return hear(message, message, read(message, intent, *entities, **changes), DialogueState(), NOW)


def unsure(message: str) -> Heard:
    """What understanding is not sure of."""
    return heard(message, "greeting_thanks", decision="clarify", probability=0.3)


def variant(
    variant_id: str, colour: str | None, size: str | None, price_minor: int = 599_00, stock: int = 5
) -> Variant:
    return Variant(variant_id, "P1", colour, size, {}, price_minor, "CNY", stock)


def paid(this: Order, service: str = "alipay") -> Order:
    """Paid in full by that service."""
    total = this.goods_minor - this.discount_minor + this.shipping_fee_minor
    payment = Payment(
        "T1", PaymentKind.PAYMENT, PaymentStatus.SUCCEEDED, service, total, "CNY", NOW, NOW, f"{service}-C1"
    )
    return replace(this, payments=(payment,))


def an_order(
    order_id: str = "KF260000000001",
    state: OrderState = OrderState.PAID,
    lines: tuple[OrderLine, ...] | None = None,
    **changes: Any,
) -> Order:
    """Paid, as far as its state says so; its goods cost what its lines say."""
    kept = lines or (line(product_type="down_jacket"),)
    goods = sum(each.unit_price_minor * each.quantity for each in kept)
    made = order(order_id, state, kept, goods_minor=goods, **changes)
    return made if state is OrderState.PENDING_PAYMENT else paid(made)


def method(service: str, balance_minor: int | None = None) -> PaymentMethod:
    kind = MethodKind.GIFT_CARD if service == "gift_card" else MethodKind.WALLET
    return PaymentMethod(f"{service}-C1", "C1", kind, service, balance_minor, "CNY")


VARIANTS = (
    variant("V1", "red", "M"),
    variant("V2", "red", "L"),
    variant("V3", "black", "M", 629_00),
    replace(variant("V9", "white", None), product_id="P2"),
)


@dataclass
class SmallShop:
    """What the flow's effects are answered from. `commits` are the results of commits to come, done without one."""

    orders: tuple[Order, ...] = (an_order(),)
    variants: tuple[Variant, ...] = VARIANTS
    methods: tuple[PaymentMethod, ...] = (method("alipay"), method("wechat_pay"))
    coupons: tuple[Coupon, ...] = ()
    customer: Customer | None = CUSTOMER
    policy: ShopPolicy = DEMO_POLICY
    query: ProductQuery | None = None
    is_signed_in: bool = True
    commits: list[Any] = field(default_factory=list)
    proposals: list[Any] = field(default_factory=list)
    committed: list[Offer] = field(default_factory=list)

    def facts(self, understood: Understood, first: str | None = None) -> Facts:
        """As the look-ups find them: a named order first."""
        named = understood.entity("order_number")
        number = named.value if named else None
        wanted = number or first
        own = [each for each in self.orders if each.order_id == wanted]
        rest = [each for each in self.orders if each.order_id != wanted]
        is_unknown = number is not None and not own
        return Facts(
            NOW, TENANT, self.policy, self.is_signed_in, () if is_unknown else (*own, *rest), number, is_unknown, self.query
        )  # fmt: skip

    def details(self, order_id: str) -> Details:
        return Details(self._action(order_id), self.customer, self.coupons)

    def _action(self, order_id: str, coupon_id: str | None = None) -> ActionFacts:
        found = next(each for each in self.orders if each.order_id == order_id)
        coupon = next((each for each in self.coupons if each.coupon_id == coupon_id), None)
        return ActionFacts(
            found, False, {m.method_id: m for m in self.methods}, {v.variant_id: v for v in self.variants}, (), (), coupon,
            self.policy, NOW,
        )  # fmt: skip

    def working(self, goal: str, said: Heard, this: Order | None = None, **slots: Any) -> Working:
        """A topic under way with this order, the first unless another is given."""
        found = this or self.orders[0]
        topic = Topic(goal, "x", {"order": found.order_id, **slots})
        return Working(topic, said, self.facts(said.understood), self.details(found.order_id))

    def answer(self, effect: Any) -> Any:
        """The result of one effect."""
        match effect:
            case LookUp(understood, _, order_id):
                return self.facts(understood, order_id)
            case Detail(order_id):
                return self.details(order_id)
            case DetailEach(order_ids):
                return tuple(self.details(order_id) for order_id in order_ids)
            case Propose(arguments):
                if self.proposals:
                    return self.proposals.pop(0)
                try:
                    action = self._action(arguments.order_id, getattr(arguments, "coupon_id", None))
                    made = propose(action, arguments)
                except ActionRefused as refused:
                    return Refused(refused.rule_trace)
                return Offered(made, Offer(arguments.model_dump(mode="json"), "token", NOW))
            case Commit(offer):
                self.committed.append(offer)
                return self.commits.pop(0) if self.commits else Committed(())
        raise AssertionError(f"nothing answers {effect}")

    def turn(self, state: DialogueState, said: Heard) -> tuple[Plan, CarriedOut]:
        """One turn of a topic that has a flow."""
        plan = decide(said, state)
        flow, result = carry_out(plan, said), None
        while True:
            try:
                effect = flow.send(result)
            except StopIteration as stop:
                return plan, stop.value
            result = self.answer(effect)


def again(said: Heard, message: str, **changes: Any) -> Heard:
    """The same reading of other words."""
    return replace(said, message=message, masked=message, acts=read_acts(message), **changes)


def address_of(street: str) -> Address:
    return replace(ADDRESS, street=street)
