"""A sentence as it is read, beside what the customer had said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from routing.grounding.names import Name
from routing.grounding.value import Value

# 呢 asks only beside a word that asks.
_ASKS: Final = r"[?]\s*$|吗\W*$|(?:什么|哪|怎|多少|几|谁|还是|是否|不).*呢\W*$"
ASKS: Final = re.compile(_ASKS)
COURTESY: Final = re.compile(
    r"(?<![a-z])(?:help|assist|questions?|contact|let (?:me|us) know|feel free|happy to|glad to|look into"
    r"|check|anything|would you like|shall i|tell (?:me|us)|ask|reach out|thank|sorry|apologi[sz]e"
    r"|inconvenience|patience|understand|concerns?|colleague)(?![a-z])"
    r"|帮您|帮助|咨询|联系|告诉我|随时|为您服务|抱歉|感谢|谢谢|理解|查询|核实|您好|请问|疑问|请放心|转接|协助|反馈"
)
_ECHO: Final = re.compile(
    r"(?<![a-z])(?:you (?:said|mentioned|asked|told|wrote|want|wanted|'d like|would like|are asking"
    r"|were asking|gave|provided"
    r"|entered|are looking|were looking)"
    r"|your (?:question|message|request)|(?:can't|cannot|couldn't|can not|don't|do not|could not"
    r"|unable to|not able to|didn't|did not) (?:find|see)"
    r"|got it|noted|give me a|one moment|hang on|not sure|no record|no information)"
    r"(?![a-z])|您(?:说|提到|问|想|要|提供|给|询问|发来|输入)|是吧|对吧|没错吧|稍等|关于|[没未]有?(?:查|找)到|查不到"
    r"|找不到|不确定|没有.{0,8}信息"
)


@dataclass(frozen=True, slots=True)
class Said:
    """The sentence and the customer's message, read."""

    text: str
    low: str
    values: tuple[Value, ...]
    message: str
    message_values: tuple[Value, ...]
    message_names: tuple[Name, ...]

    @property
    def is_echo(self) -> bool:
        return bool(self.message) and _ECHO.search(self.low) is not None
