"""What a chat model is told: numbered facts, and to say nothing else."""

from models.types import ChatMessage, Understood
from routing.compose.from_sheet import sheet_of
from routing.facts import Facts
from routing.grounding import Fact
from routing.sentences import split
from routing.wording import say

_MOST_FACTS = 12


def fact_lines(understood: Understood, facts: Facts, composed: str) -> tuple[Fact, ...]:
    """The facts as lines: the composed answer's sentences first, since rules chose them, then the passages."""
    lines = [facts.tenant.name.in_language(understood.language), *split(composed)]
    for passage in facts.passages:
        lines += [s for s in split(passage.body) if s not in lines]
    subjects = _subjects(understood, facts)
    names = _product_names(understood, facts)
    return tuple(
        Fact(str(number), line, subjects.get(line) or _named(line, names))
        for number, line in enumerate(lines[:_MOST_FACTS], start=1)
    )


def _subjects(understood: Understood, facts: Facts) -> dict[str, str]:
    """Of the sheet's sentences the order or product that each is about."""
    names = {product.product_id: product.name.in_language(understood.language) for product in facts.goods}
    return {
        fact.text.in_language(understood.language): names.get(fact.subject, fact.subject)
        for fact in sheet_of(understood, facts)
        if fact.subject is not None
    }


def _product_names(understood: Understood, facts: Facts) -> tuple[str, ...]:
    hits = (*facts.products, *(ranked.hit for ranked in facts.recommended))
    return tuple(dict.fromkeys(hit.name.in_language(understood.language) for hit in hits))


def _named(line: str, names: tuple[str, ...]) -> str:
    """The one product that a line names; none where it names several."""
    there = [name for name in names if name and name in line]
    return there[0] if len(there) == 1 else ""


def messages(understood: Understood, message: str, lines: tuple[Fact, ...]) -> tuple[ChatMessage, ...]:
    """The chat: the system's rules with the numbered facts, then what the customer wrote, as data."""
    shop = lines[0].text
    numbered = "\n".join(f"[{line.id}] {line.text}" for line in lines)
    rules = say(
        understood.language,
        f"你是{shop}的客服。只用下面编号的事实回答，不要添加任何数字、日期、价格或承诺。"
        f"回答不超过三句话，使用中文。\n{numbered}",
        f"You are the customer service of {shop}. Answer from the numbered facts alone; "
        f"add no number, date, price or promise. "
        f"At most three short sentences, in English.\n{numbered}",
    )
    return (ChatMessage("system", rules), ChatMessage("user", message))
