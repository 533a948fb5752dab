"""How each slot is asked for."""

from __future__ import annotations

from typing import Final

from commerce.domain.text import LocalText
from routing.dialogue.state import Question

QUESTIONS: Final = {
    "order": LocalText("请问是哪个订单？", "Which order is it about?"),
    "lines": LocalText(
        "请问是其中哪件商品？全部的话请说“全部”。", "Which item is it? Say “all” for all of them."
    ),
    "variants": LocalText("想换成哪一款？", "Which one would you like instead?"),
    "reason": LocalText("请问取消的原因是？", "May I ask why it is to be cancelled?"),
    "unopened": LocalText("请问商品拆封或使用过吗？", "Has it been opened or used?"),
    "problem": LocalText("请问是什么问题？", "What is wrong with it?"),
    "wants": LocalText("您希望退款，还是补发、换新？", "Would you like a refund or a replacement?"),
    "address": LocalText(
        "请告诉我新的收货地址：省市、街道门牌，收件人或电话有变化也请一起写上。",
        "Please give me the new address: street, city and state or province, and the name or phone if they change too.",
    ),
    "address region": LocalText("这个地址在哪个省、自治区或直辖市？", "Which province is that in?"),
    "address city": LocalText("这个地址在哪个市？", "Which city is that in?"),
    "address street": LocalText("请再告诉我街道和门牌号。", "Please add the street and the house number."),
    "method": LocalText("请问用哪种支付方式？", "Which payment method shall it be?"),
    "invoice": LocalText(
        "发票抬头写什么？公司抬头请一并告诉我税号，个人抬头请说“个人”。",
        "Whom is the invoice for? For a company please add its tax number; for yourself say “personal”.",
    ),
    "coupon": LocalText("想用哪张优惠券？", "Which coupon would you like to use?"),
}


# Which goods, of what is to be done with them: who wants one thing after the other is not asked the same each time.
_OF_WHAT: Final = {
    "return": LocalText("要退的是其中哪件商品？", "Which item is to go back?"),
    "exchange": LocalText("要换的是其中哪件商品？", "Which item is to be exchanged?"),
    "change_items": LocalText("要修改的是其中哪件商品？", "Which item is to be changed?"),
    "repair": LocalText("要维修的是其中哪件商品？", "Which item is to be repaired?"),
    "report_problem": LocalText("有问题的是其中哪件商品？", "Which item is it that something is wrong with?"),
}
_ALL: Final = LocalText("全部的话请说“全部”。", "Say “all” for all of them.")


# A single option is no list.
_EXAMPLE: Final = LocalText("例如：{only}。", "For example: {only}.")
_ONLY: Final = {
    "address": LocalText("也可以用您保存的地址：{only}。", "Or take the one that you saved: {only}.")
}


def asked(question: Question, goal: str, language: str) -> tuple[str, ...]:
    """The question, then its options as a numbered list."""
    text = QUESTIONS[f"{question.slot} {question.part}".strip()].in_language(language)
    if question.slot == "lines" and goal in _OF_WHAT:
        parts = _OF_WHAT[goal].in_language(language), _ALL.in_language(language)
        text = ("" if language == "zh" else " ").join(parts)
    if len(question.options) == 1:
        only = question.options[0].text(language)
        return text, _ONLY.get(question.slot, _EXAMPLE).in_language(language).format(only=only)
    return text, *(f"· {number}. {o.text(language)}" for number, o in enumerate(question.options, start=1))
