"""When and about what an answer is given."""

from dataclasses import dataclass
from datetime import date

from benchmarks.answers.judging.text import folded, squeezed


@dataclass(frozen=True, slots=True)
class Scene:
    """`today` in the shop's zone; what the goods that were asked about are called, and the others of the same order."""

    today: date
    subject: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def names_subject(self, text: str) -> bool:
        """Whether a folded text names the goods that were asked about."""
        return _names_any(text, self.subject)

    def is_beside(self, text: str) -> bool:
        """Whether a folded text is about others of the order, and not about those that were asked about."""
        return _names_any(text, self.others) and not self.names_subject(text)


def _names_any(text: str, names: tuple[str, ...]) -> bool:
    said = squeezed(text)
    return any(squeezed(folded(name)) in said for name in names)
