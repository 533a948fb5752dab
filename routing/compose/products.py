"""Answers that show goods: what was asked for, in stock, at the price in the shop's own database."""

from commerce.domain.catalogue import ProductHit, ProductQuery
from models.types import Understood
from routing.answer import Composed, Recommendation
from routing.facts import Facts, Recommended
from routing.wording import (
    colour_name,
    money,
    product_card,
    product_name,
    recommendation,
    say,
)

_SHOWN = 3


def product_list(understood: Understood, facts: Facts) -> Composed:
    """Goods that match what was said, each with its price, in stock: as they were ranked for this customer, where the
    choice is ours.
    """
    language = understood.language
    ranked = facts.recommended[:_SHOWN]
    hits = tuple(r.hit for r in ranked) or facts.products[:_SHOWN]
    if not hits:
        return _nothing_found(understood, facts)
    offers = (
        tuple(offered(r, facts.query, language) for r in ranked)
        if ranked
        else tuple(recommendation(hit, _reason(hit, facts.query, language), language) for hit in hits)
    )
    opening = _opening(ranked, len(hits), language)
    lines = tuple(_line(hit, offer, language) for hit, offer in zip(hits, offers, strict=True))
    closing = say(
        language,
        "告诉我颜色、尺码或预算，我可以再帮您筛选。",
        "Tell me a colour, a size or a budget and I will narrow it down.",
    )
    cards = tuple(product_card(hit, language) for hit in hits)
    return Composed((opening, *lines, "\n" + closing), recommendations=offers, cards=cards)


def _opening(ranked: tuple[Recommended, ...], count: int, language: str) -> str:
    if not ranked:
        return say(language, f"为您找到{count}款有货的商品：", f"Here {_are(count)} in stock:")
    if all(r.basis == "popular" for r in ranked):
        return say(
            language,
            f"为您推荐{count}款本店热销、现在有货的商品：",
            f"Popular in our shop now, and in stock — {count} to choose from:",
        )
    return say(
        language,
        f"根据您的喜好，为您推荐{count}款有货的商品：",
        f"Picked for you from what you like, all in stock — {count} to choose from:",
    )


def offered(ranked: Recommended, query: ProductQuery | None, language: str) -> Recommendation:
    """A ranked product with its reason: the wishes that it meets, then why it was ranked so high."""
    reason = say(language, "，", ", ").join(
        part for part in (_wishes(ranked.hit, query, language), _why_ranked(ranked, language)) if part
    )
    return recommendation(ranked.hit, reason, language, ranked.basis)


def _why_ranked(ranked: Recommended, language: str) -> str:
    if ranked.basis == "popular" or ranked.because is None:
        sold = ranked.hit.sold_count
        return say(language, f"热销商品，已售{sold}件", f"popular with our customers, {sold} sold")
    name = ranked.because.in_language(language)
    if ranked.basis == "similar":
        return say(language, f"与您看过或买过的“{name}”相近", f"similar to the {name} in your history")
    return say(
        language,
        f"常与您看过或买过的“{name}”被同一位顾客选中",
        f"often chosen by those who take the {name} in your history",
    )


def _are(count: int) -> str:
    return "is one product" if count == 1 else f"are {count} products"


def _line(hit: ProductHit, offer: Recommendation, language: str) -> str:
    price = money(hit.price_minor, hit.currency, language)
    return f"· {product_name(hit, language)} — {price}" + (f" — {offer.reason}" if offer.reason else "")


def _reason(hit: ProductHit, query: ProductQuery | None, language: str) -> str:
    """Why this one: the wishes that it meets, as they stand in the query and in the shop's data."""
    sold = say(language, f"已售{hit.sold_count}件", f"{hit.sold_count} sold") if hit.sold_count > 0 else ""
    return say(language, "，", ", ").join(part for part in (_wishes(hit, query, language), sold) if part)


def _wishes(hit: ProductHit, query: ProductQuery | None, language: str) -> str:
    wishes: list[str] = []
    if query and query.colour and hit.colour == query.colour:
        wishes.append(colour_name(hit.colour, language))
    if query and query.max_price_minor is not None and hit.price_minor <= query.max_price_minor:
        limit = money(query.max_price_minor, hit.currency, language)
        wishes.append(say(language, f"{limit}以内", f"within {limit}"))
    if query and query.is_gift:
        wishes.append(say(language, "适合送礼", "a good gift"))
    return say(language, "，", ", ").join(wishes)


def _nothing_found(understood: Understood, facts: Facts) -> Composed:
    language = understood.language
    if any(reason.startswith("commerce") for reason in facts.missing):
        return Composed(
            (
                say(
                    language,
                    "商品库暂时无法查询，请稍后再试。",
                    "The catalogue can't be reached now; please try again shortly.",
                ),
            ),
            hands_off=True,
        )
    asked = _asked(facts.query, language)
    sentence = say(
        language,
        f"没有找到{asked}符合条件且有货的商品，可以换个颜色、价位或商品名称再试试，或者说“转人工”。",
        f"I did not find anything in stock that matches{asked}; try another colour, price or name, or ask for a person.",
    )
    return Composed((sentence,))


def _asked(query: ProductQuery | None, language: str) -> str:
    wishes = [colour_name(query.colour, language)] if query and query.colour else []
    if not wishes:
        return ""
    return say(language, "".join(wishes), " " + ", ".join(wishes))
