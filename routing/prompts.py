"""What a chat model is told: numbered facts, and to say nothing else."""

from models.types import ChatMessage, Understood
from routing.facts import Facts
from routing.sentences import split
from routing.wording import say

_MOST_FACTS = 12


def fact_lines(understood: Understood, facts: Facts, composed: str) -> tuple[str, ...]:
    """The facts as lines: the composed answer's sentences first, since rules chose them, then the passages."""
    lines = [facts.tenant.name.in_language(understood.language), *split(composed)]
    for passage in facts.passages:
        lines += [s for s in split(passage.body) if s not in lines]
    return tuple(lines[:_MOST_FACTS])


def messages(understood: Understood, message: str, lines: tuple[str, ...]) -> tuple[ChatMessage, ...]:
    """The chat: the system's rules with the numbered facts, then what the customer wrote, as data."""
    shop = lines[0]
    numbered = "\n".join(f"[{number}] {line}" for number, line in enumerate(lines, start=1))
    rules = say(
        understood.language,
        f"你是{shop}的客服。只用下面编号的事实回答，不要添加任何数字、日期、价格或承诺。"
        f"回答不超过三句话，使用中文。\n{numbered}",
        f"You are the customer service of {shop}. Answer from the numbered facts alone; "
        f"add no number, date, price or promise. "
        f"At most three short sentences, in English.\n{numbered}",
    )
    return (ChatMessage("system", rules), ChatMessage("user", message))
