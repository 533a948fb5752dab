"""A large knowledge base of varied articles, made from the demonstration shop's by a seed: each is about one of many goods.

They are for speed alone. Every sentence names its product, so that no two are the same text.
"""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Final

from commerce.demo.article_files import KNOWLEDGE_DIR, load_articles
from commerce.domain.knowledge import Article
from commerce.domain.text import LocalText
from models.retrieval.articles import sentences

_MAKERS: Final = (
    ("云筑", "Yunzhu"),
    ("青野", "Qingye"),
    ("朗途", "Langtu"),
    ("微澜", "Weilan"),
    ("木禾", "Muhe"),
)
_KINDS: Final = (
    ("保温杯", "vacuum flask"), ("双肩包", "backpack"), ("台灯", "desk lamp"), ("电饭煲", "rice cooker"),
    ("跑鞋", "running shoes"), ("羽绒服", "down jacket"), ("蓝牙耳机", "earphones"), ("猫粮", "cat food"),
    ("四件套", "bedding set"), ("积木", "building blocks"), ("面霜", "face cream"), ("瑜伽垫", "yoga mat"),
)  # fmt: skip


def shop_articles() -> tuple[Article, ...]:
    """The demonstration shop's 130."""
    return load_articles(KNOWLEDGE_DIR)


def many_articles(count: int, seed: int) -> Iterator[Article]:
    """`count` articles with ids of their own, the same for a seed."""
    rng = Random(seed)
    plain = shop_articles()
    for number in range(count):
        article = plain[number % len(plain)]
        maker, kind = rng.choice(_MAKERS), rng.choice(_KINDS)
        model = f"{rng.choice('ABCDEFGH')}{rng.randint(100, 9999)}"
        name = LocalText(f"{maker[0]}{model}{kind[0]}", f"{maker[1]} {model} {kind[1]}")
        yield replace(
            article,
            article_id=f"made-{number:06d}",
            kind="product",
            title=LocalText(f"{name.zh}：{article.title.zh}", f"{name.en}: {article.title.en}"),
            body=_body(article, name, rng),
        )


def _body(article: Article, name: LocalText, rng: Random) -> LocalText:
    """Some of the article's sentences, the same in both languages, in another order."""
    spoken = list(zip(sentences(article.body.zh), sentences(article.body.en), strict=True))
    chosen = rng.sample(spoken, rng.randint(max(1, len(spoken) - 2), len(spoken)))
    return LocalText(
        "".join(f"{name.zh}，{zh}" for zh, _ in chosen),
        " ".join(f"For the {name.en}: {en}" for _, en in chosen),
    )
