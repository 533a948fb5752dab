"""May the customer do it? Read clause by clause: the action's words, and whether they stand under a can or a cannot."""

import re

from benchmarks.answers.judging.facts import Action, Done, May
from benchmarks.answers.judging.text import clauses
from benchmarks.answers.judging.wordings import expression, pattern, section


def states_may(text: str, wanted: May) -> bool:
    """Whether a folded text says that the customer may, or may not, do it as things are."""
    return wanted.holds in _told(text, wanted.action)


def states_done(text: str, wanted: Done) -> bool:
    """Whether a folded text claims that it was done."""
    claim = re.compile(expression("done").replace("VERB", expression("verbs", wanted.action)))
    return any(
        claim.search(clause)
        and not any(pattern(name).search(clause) for name in ("cannot", "later", "asked"))
        for clause in clauses(text)
    )


def _told(text: str, action: Action) -> set[bool]:
    """What is said of it: can, cannot, both or nothing."""
    told: set[bool] = set()
    is_spoken_of = False
    for clause in clauses(text):
        has_verb = pattern("verbs", action).search(clause) is not None
        # A clause may answer for the one before it: …取消吗？可以的。
        if has_verb or (is_spoken_of and pattern("verdict_alone").fullmatch(clause)):
            told |= _verdict(clause)
        is_spoken_of = has_verb or (is_spoken_of and not _has_other_verb(clause, action))
    return told


def _verdict(clause: str) -> set[bool]:
    if pattern("cannot").search(clause):
        return {False}
    if pattern("later").search(clause):
        return set()
    if pattern("offer").search(clause):
        return {True}
    if pattern("open").search(clause):
        return set()
    return {True} if pattern("can").search(clause) else set()


def _has_other_verb(clause: str, action: Action) -> bool:
    return any(pattern("verbs", other).search(clause) for other in section("verbs") if other != action)
