"""What a chat model is told: numbered facts, and to say nothing else."""

from functools import cache
from pathlib import Path

import yaml

from models.types import ChatMessage, Understood
from routing.facts import Facts
from routing.grounding import Fact
from routing.sentences import split
from routing.sheet.turn import sheet_of

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
        for fact in sheet_of(facts)
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
    rules = _rules()[understood.language].replace("{shop}", lines[0].text)
    numbered = "\n".join(f"[{line.id}] {line.text}" for line in lines)
    system = f"{rules}\n{numbered}"
    return (ChatMessage("system", system), ChatMessage("user", message))


@cache
def _rules() -> dict[str, str]:
    """By language."""
    found: dict[str, str] = yaml.safe_load(
        (Path(__file__).parent / "prompts.yaml").read_text(encoding="utf-8")
    )
    return found
