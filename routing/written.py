"""What a chat model writes, without what is not meant for the customer: thoughts, marks of facts, lists and emphasis."""

import re
from dataclasses import dataclass
from typing import Final

_OPENS: Final = "<think>"
_CLOSES: Final = "</think>"
_NUMBERS: Final = r"\d{1,2}(?:\s*[,，、]\s*\[?\d{1,2}\]?)*"
# [3], 【3】, [3, 4], (fact 3), （事实3）: where a model says which fact it took.
_MARKS: Final = re.compile(
    rf"\s*(?:\[(?:事实|facts?)?\s*{_NUMBERS}\]|"
    rf"【(?:事实|facts?)?\s*{_NUMBERS}】|[(（](?:见?事实|(?:see )?facts?)\s*{_NUMBERS}[)）])",
    re.I,
)
_LEAD: Final = re.compile(
    r"^\s*(?:#{1,6}\s+|[-*•·]\s+|\d{1,2}[.)、](?=\s|\D|$)\s*|>\s+)+|^\s*(?:客服|回答|回复|答|answer|reply|assistant)\s*[:：]\s*",
    re.I,
)
_EMPHASIS: Final = re.compile(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1")


@dataclass(frozen=True, slots=True)
class Written:
    """The stream so far: `held` may begin or end a thought."""

    held: str = ""
    is_thinking: bool = False

    def push(self, piece: str) -> "tuple[Written, str]":
        """Add a piece; what is no thought comes out as soon as that is plain."""
        text, is_thinking, shown = self.held + piece, self.is_thinking, ""
        while True:
            mark = _CLOSES if is_thinking else _OPENS
            before, found, after = text.partition(mark)
            if not found:
                break
            shown += "" if is_thinking else before
            text, is_thinking = after, not is_thinking
        kept = _begun(text, mark)
        shown += "" if is_thinking else text[: len(text) - kept]
        return Written(text[len(text) - kept :], is_thinking), shown

    def flush(self) -> str:
        """What was held when the stream has ended; of a thought nothing."""
        return "" if self.is_thinking else self.held


def _begun(text: str, mark: str) -> int:
    """How many signs at the end may be the mark's beginning."""
    return next((n for n in range(min(len(mark) - 1, len(text)), 0, -1) if mark.startswith(text[-n:])), 0)


def cleaned(sentence: str) -> str:
    """Without marks of facts and markdown; empty where there was nothing else."""
    plain = _MARKS.sub("", _LEAD.sub("", sentence))
    return _EMPHASIS.sub(r"\2", plain).strip()
