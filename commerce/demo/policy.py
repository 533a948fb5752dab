"""The demonstration shop's rules."""

from __future__ import annotations

from datetime import time

from commerce.domain.cancel_reasons import CancelReason
from commerce.domain.catalogue import SaleClass
from commerce.domain.orders import OrderState
from commerce.domain.policy import (
    CategoryReturnRule,
    DeliveryTime,
    GoodsRequirement,
    InvoicePolicy,
    MembershipPolicy,
    OrderPolicy,
    PaymentPolicy,
    RefundPolicy,
    RepairPolicy,
    ReturnPolicy,
    ServicePolicy,
    ShippingPolicy,
    ShopPolicy,
)

_WORN_GOODS = CategoryReturnRule(no_reason_days=15, fault_days=15, needs_photo=True)
_DEVICES = CategoryReturnRule(
    no_reason_days=7, fault_days=15, requirement=GoodsRequirement.UNOPENED, needs_photo=True
)

_ORDERS = OrderPolicy(
    cancel_states=(OrderState.PENDING_PAYMENT, OrderState.PAID),
    change_states=(OrderState.PENDING_PAYMENT, OrderState.PAID),
    cancel_reasons=tuple(CancelReason),
    max_item_changes=1,
    is_changed_cancellable=True,
)

_RETURNS = ReturnPolicy(
    default=CategoryReturnRule(no_reason_days=7, fault_days=7, needs_photo=True),
    categories={
        "womens_clothing": _WORN_GOODS,
        "mens_clothing": _WORN_GOODS,
        "shoes": _WORN_GOODS,
        "bags": _WORN_GOODS,
        "electronics": _DEVICES,
        "phones": _DEVICES,
        "appliances": _DEVICES,
        "food": CategoryReturnRule(no_reason_days=0, fault_days=None, fault_hours=48, needs_photo=True),
        "beauty": CategoryReturnRule(
            no_reason_days=7, fault_days=7, requirement=GoodsRequirement.SEAL_UNBROKEN, needs_photo=True
        ),
    },
    no_reason_excluded=(
        SaleClass.UNDERWEAR,
        SaleClass.CUSTOM_MADE,
        SaleClass.SOFTWARE,
        SaleClass.PREPAID_CARD,
    ),
    pickup_fee_minor=12_00,
    max_exchanges=1,
)

_REFUNDS = RefundPolicy(
    review_hours=24,
    inspection_working_days=2,
    payment_working_days=3,
    wallet_hours=24,
    card_min_days=3,
    card_max_days=7,
    price_protection_days=15,
    goodwill_max_minor=50_00,
)

_REMOTE = (
    *("新疆", "西藏", "内蒙古", "青海", "宁夏"),
    *("Xinjiang", "Tibet", "Inner Mongolia", "Qinghai", "Ningxia"),
)
_METRO = (
    *("北京", "上海", "广州", "深圳", "杭州", "南京", "苏州", "成都", "重庆", "武汉"),
    *(
        "Beijing",
        "Shanghai",
        "Guangzhou",
        "Shenzhen",
        "Hangzhou",
        "Nanjing",
        "Suzhou",
        "Chengdu",
        "Chongqing",
        "Wuhan",
    ),
)

_SHIPPING = ShippingPolicy(
    free_from_minor=99_00,
    fee_minor=8_00,
    remote_fee_minor=20_00,
    remote_regions=_REMOTE,
    metro_regions=_METRO,
    excluded_regions=("香港", "澳门", "台湾", "Hong Kong", "Macao", "Taiwan"),
    cutoff=time(16, 0),
    metro=DeliveryTime(1, 2),
    other=DeliveryTime(2, 4),
    remote=DeliveryTime(5, 7),
    late_after_hours=48,
    late_coupon_minor=5_00,
)

_MEMBERSHIP = MembershipPolicy(
    points_per_unit=1,
    points_per_unit_paid=100,
    points_max_share_percent=20,
    points_valid_months=12,
    silver_from_minor=1_000_00,
    gold_from_minor=5_000_00,
    plus_fee_minor=88_00,
    plus_discount_percent=5,
    plus_monthly_coupon_minor=10_00,
    plus_refund_days=7,
)

DEMO_POLICY = ShopPolicy(
    zone="Asia/Shanghai",
    currency="CNY",
    orders=_ORDERS,
    returns=_RETURNS,
    refunds=_REFUNDS,
    shipping=_SHIPPING,
    payment=PaymentPolicy(
        methods=("alipay", "wechat_pay", "unionpay_card", "huabei", "gift_card"),
        unpaid_minutes=30,
        instalment_months=(3, 6, 12),
        instalment_from_minor=600_00,
        has_cash_on_delivery=False,
    ),
    membership=_MEMBERSHIP,
    invoice=InvoicePolicy(electronic_hours=24, paper_working_days=5, reissue_days=90),
    repair=RepairPolicy(
        warranty_months={"electronics": 12, "phones": 12, "appliances": 24, "bags": 6},
        min_working_days=7,
        max_working_days=10,
    ),
    service=ServicePolicy(
        opens=time(8, 0),
        closes=time(0, 0),
        complaint_hours=24,
        account_deletion_days=15,
        gift_wrap_minor=6_00,
        gift_wrap_free_categories=("jewelry",),
    ),
)
