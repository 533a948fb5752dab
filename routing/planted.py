"""Texts of the shop that speak to a machine instead of a customer: an article or a product's page that gives orders to
whatever reads it is left out whole, since what stands beside the order may belong to it.
"""

import re
from dataclasses import replace
from typing import Final

from commerce.domain.catalogue import Product
from commerce.domain.text import LocalText
from models.types import Passage
from routing.facts import Facts

_MACHINE: Final = (
    r"(?:\bAI\b|人工智能|智能客服|语言模型|大模型|聊天机器人|机器人客服|客服机器人|AI客服|AI助手|智能助手|"
    r"\b(?:AI|language|chat) (?:assistant|model|bot|agent)\b|\bchat ?bots?\b|\bLLMs?\b)"
)
_ORDER: Final = (
    r"(?:请注意|必须|务必|一律|都要|都回答|都说|只能回答|直接回答|回复顾客|告诉顾客|告诉客户|告诉用户|听从|执行|"
    r"\b(?:must|always|never|answer|reply|respond|say|tell|obey|execute|output|print|repeat|note to|attention|dear)\b)"
)
# Any of them alone says whom a text is for.
_PLAIN: Final = (
    r"<\|?/?(?:im_start|im_end|system|assistant|endoftext)\|?>",
    r"\[/?(?:INST|SYS)\]|<</?SYS>>",
    r"(?:忽略|无视|忘记|不要理会|推翻)(?:掉|了)?(?:以上|之前|前面|上面|先前|此前|上述|你的|你所有|所有|一切|任何)"
    r".{0,12}(?:内容|指令|指示|规则|要求|提示|设定|限制|对话|文字|事实)",
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:above|previous|prior|earlier|instructions?|rules?|prompts?|"
    r"guidelines|context|everything)\b",
    r"(?:系统|管理员|开发者)(?:提示词?|指令|消息|命令|注意|通知|模式)[:：，,]",
    r"(?:^|[\s\"'“。.!?])(?:system|assistant|developer)(?: (?:prompt|message|note|instruction|override))?\s*[:：]",
    r"\b(?:system prompt|new instructions?|hidden instructions?)\b|提示词|新的?指令",
    r"(?:无论|不管|不论)(?:顾客|客户|用户|买家|别人)?(?:问|说|提)",
    r"\b(?:whatever|no matter what|regardless of what) (?:the )?(?:customers?|users?|clients?|shoppers?|buyers?|is|they)\b"
    r".{0,20}\b(?:asks?|asked|says?|said)\b",
    r"(?:告诉|对|跟|向|答复|回复)(?:所有|每个|每位|任何)?(?:的)?(?:顾客|客户|用户|买家|提问者)(?:们)?(?:说|宣布|承诺|保证)?[:：]",
    r"\btell (?:the |every |all |any )?(?:customers?|users?|clients?|shoppers?|buyers?)\b(?: that|:| they| to)",
    r"(?:你|您)(?:现在|必须|将|要)?(?:扮演|切换到|进入)",
    r"\byou (?:are now|must now|will now) (?:an?|in|the|act|answer)\b",
    r"\bact as an?\b.{0,20}\b(?:admin|assistant|agent|model)\b",
)
_SPEAKS_TO_A_MACHINE: Final = re.compile("|".join(f"(?:{each})" for each in _PLAIN), re.IGNORECASE)
_NAMES_ONE: Final = re.compile(_MACHINE, re.IGNORECASE)
_ORDERS: Final = re.compile(_ORDER, re.IGNORECASE)
_SENTENCE: Final = re.compile(r"[。！？!?\n]|\.(?=\s|$)")


def is_planted(text: str) -> bool:
    """Whether any of it gives orders to a machine."""
    if _SPEAKS_TO_A_MACHINE.search(text):
        return True
    return any(_NAMES_ONE.search(part) and _ORDERS.search(part) for part in _SENTENCE.split(text))


def without_planted(facts: Facts) -> Facts:
    """Without articles, descriptions and attributes that give orders. What was left out is told in `missing`."""
    passages = tuple(each for each in facts.passages if not _of_passage(each))
    goods = tuple(_cleaned(product) for product in facts.goods)
    told = [
        *(f"article: {p.article_id} speaks to a machine" for p in facts.passages if p not in passages),
        *(
            f"product: {new.product_id} speaks to a machine"
            for old, new in zip(facts.goods, goods, strict=True)
            if new is not old
        ),
    ]
    if not told:
        return facts
    return replace(facts, passages=passages, goods=goods, missing=(*facts.missing, *told))


def _of_passage(passage: Passage) -> bool:
    return is_planted(passage.title) or is_planted(passage.body)


def _cleaned(product: Product) -> Product:
    attributes = {key: value for key, value in product.attributes.items() if not is_planted(f"{key} {value}")}
    is_clean = not any(is_planted(text) for text in (product.description.zh, product.description.en))
    if is_clean and len(attributes) == len(product.attributes):
        return product
    description = product.description if is_clean else LocalText("", "")
    return replace(product, description=description, attributes=attributes)
