"""May the customer do it? Read clause by clause: the action's words, and whether they stand under a can or a cannot."""

import re
from collections.abc import Iterator
from typing import Final

from benchmarks.answers.judging.facts import Action, Done, May, OrderIs
from benchmarks.answers.judging.scene import Scene
from benchmarks.answers.judging.states import states_order
from benchmarks.answers.judging.text import clauses, is_asked, wholes
from benchmarks.answers.judging.wordings import expression, pattern, section

# How far from the action's words a can or a cannot may stand, in characters.
_REACH_EN: Final = 44
_REACH_ZH: Final = 16


def states_may(text: str, wanted: May, scene: Scene, *, is_strict: bool = False) -> bool:
    """Whether a folded text says that the customer may, or may not, do it as things are.

    `is_strict` leaves out what is said of special goods, of faults and of everybody's windows: for what must not be said.
    """
    return any(
        wanted.holds in _verdict(clause, wanted.action)
        for clause, before, condition in _about(text, wanted.action, scene)
        if _holds(condition, text) and not (is_strict and _is_general(f"{before} {clause}"))
    )


def states_done(text: str, wanted: Done) -> bool:
    """Whether a folded text claims that it was done."""
    claim = re.compile(expression("done").replace("VERB", expression("verbs", wanted.action)))
    return any(
        claim.search(clause)
        and _condition(clause) is None
        and False not in _verdict(clause, wanted.action)
        and not pattern("asked").search(clause)
        for clause in clauses(text)
    )


def _about(text: str, action: Action, scene: Scene) -> Iterator[tuple[str, str, list[str] | None]]:
    """The clauses that speak of the action, each with what leads to it in its sentence, and the states in which it holds."""
    is_spoken_of = False
    for sentence in wholes(text):
        if scene.is_beside(sentence):
            continue
        is_open = is_asked(sentence) and not pattern("offer").search(sentence)
        lead, condition = "", None
        parts = clauses(sentence)
        for place, clause in enumerate(parts):
            own = _condition(clause)
            has_verb = pattern("verbs", action).search(clause) is not None
            # A clause may answer for the one before it: …取消吗？可以的。
            is_told = has_verb or (is_spoken_of and pattern("verdict_alone").fullmatch(clause))
            # Of a sentence that ends as a question only the end is one.
            if is_told and not (is_open and (place == len(parts) - 1 or pattern("pointer").search(sentence))):
                yield clause, lead, condition if own is None else own
            is_spoken_of = has_verb or (is_spoken_of and not _has_other_verb(clause, action))
            # Once it is packed, it can't be cancelled: what leads to a verdict stands before the comma.
            has_verdict = bool(_verdict(clause, action))
            lead, condition = ("", None) if has_verdict else (f"{lead} {clause}", own)


def _verdict(clause: str, action: Action) -> set[bool]:
    if pattern("verdict_alone").fullmatch(clause):
        return {pattern("verdict_alone_no").search(clause) is None}
    verdicts = (_of_one(clause, match) for match in pattern("verbs", action).finditer(clause))
    return {verdict for verdict in verdicts if verdict is not None}


def _of_one(clause: str, match: re.Match[str]) -> bool | None:
    """What the clause says of the action where it names it."""
    reach = _REACH_EN if match[0].isascii() else _REACH_ZH
    before, after = clause[max(0, match.start() - reach) : match.start()], clause[match.end() :][:reach]
    if pattern("cannot").search(before) or pattern("cannot_after").search(after):
        return False
    if pattern("offer").search(clause):
        return True
    if pattern("open").search(clause):
        return None
    is_able = match[0].endswith("able") or pattern("can_after").search(after)
    return True if is_able or pattern("can").search(before) else None


def _condition(clause: str) -> list[str] | None:
    """The states in which the clause holds; None where it says none."""
    for rule in section("conditions"):
        if re.search(rule["says"], clause):
            holds: list[str] = rule["holds"]
            return holds
    return None


def _is_general(clause: str) -> bool:
    return any(pattern(name).search(clause) for name in ("beside", "window"))


def _holds(condition: list[str] | None, text: str) -> bool:
    return condition is None or any(states_order(text, OrderIs(state)) for state in condition)


def _has_other_verb(clause: str, action: Action) -> bool:
    return any(pattern("verbs", other).search(clause) for other in section("verbs") if other != action)
