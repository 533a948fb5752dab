"""A model that speaks of itself: of its rules, its prompt, its maker, or of a part that it was told to play."""

import re
from collections.abc import Iterable
from typing import Final

_OF_ITSELF: Final = re.compile(
    r"系统提示|提示词|(?:我的|内部|以上|上述)(?:规则|指令|设定|设置)|编号的?事实|事实编号"
    r"|语言模型|大模型|人工智能(?:助手|模型|程序)|AI ?(?:助手|模型|程序)"
    r"|通义|千问|文心一言|豆包|(?:开发者|调试|无限制|管理员)模式|我(?:现在)?(?:在)?扮演"
    r"|作为(?:一个|一名)?(?:AI|人工智能|语言模型|虚拟)"
    r"|由[^，。]{1,12}(?:开发|训练|研发|创造)的|我是[^，。]{0,12}(?:开发|训练|研发|创造)的"
    r"|\bsystem prompt\b|\bmy (?:instructions|rules|prompt|guidelines|training)\b"
    r"|\bnumbered facts?\b|\bthe facts (?:above|below|i was given)\b"
    r"|\b(?:large )?language model\b"
    r"|\b(?:as|am|i'm) an? (?:AI|artificial intelligence|virtual assistant|chat ?bot|bot|assistant made)\b"
    r"|\b(?:i was|i am|i'm) (?:trained|developed|created|made|built) by\b"
    r"|\b(?:developer|debug|admin|unrestricted) mode\b|\bi(?: am|'m)? (?:now )?(?:pretend|play|role[- ]?play)\w*\b"
    r"|\b(?:OpenAI|ChatGPT|GPT-?\d\w*|Claude|Gemini|DeepSeek|Qwen|Llama ?\d?)\b",
    re.IGNORECASE,
)


def of_itself(sentence: str, facts: Iterable[str]) -> str | None:
    """The words by which it does, unless a fact has them: a shop may sell what is called so."""
    found = _OF_ITSELF.search(sentence)
    if found is None or any(found[0].lower() in fact.lower() for fact in facts):
        return None
    return found[0]
