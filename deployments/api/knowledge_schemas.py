"""Articles, their versions and what a search finds, as the API reads and tells them."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from commerce.domain.errors import ArticleInvalid
from commerce.domain.instants import Instant
from commerce.domain.knowledge import Article, ArticleVersion
from commerce.domain.text import LocalText
from deployments.api import schemas
from deployments.errors import RequestInvalid
from models.types import INTENTS, Passage

PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
VersionNumber = Annotated[int, Field(ge=1, lt=2**31)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=PRINTABLE)]


class BothLanguages(schemas.Request):
    """A text in Chinese and in English; a shop of one language writes it twice."""

    zh: schemas.MessageText
    en: schemas.MessageText


class ArticleRequest(schemas.Request):
    """The whole article. `intents`, `categories` and `products` say what it is about; empty: all. `questions` are what
    customers ask it as, in any language: the search finds it by them.

    Customers find it from `publish_at` (null: at once) until `expires_at` (null: for good), and never while `is_draft`.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "kind": "policy",
                    "intents": ["delivery_policy"],
                    "questions": ["过年你们休息吗", "are you closed over the holidays"],
                    "title": {"zh": "春节期间发货吗", "en": "Do you ship at Chinese New Year?"},
                    "body": {
                        "zh": "春节期间正常接单，2月20日起按付款顺序发货。",
                        "en": "Orders are taken as usual and ship from 20 February in the order of payment.",
                    },
                    "publish_at": "2027-02-01T00:00:00+08:00",
                    "expires_at": "2027-02-21T00:00:00+08:00",
                }
            ]
        },
    )

    kind: Annotated[str, Field(min_length=1, max_length=32, pattern=PRINTABLE)]
    title: BothLanguages
    body: BothLanguages
    intents: list[Name] = Field(default=[])
    categories: list[Name] = Field(default=[])
    products: list[Name] = Field(default=[])
    questions: list[schemas.MessageText] = Field(default=[])
    is_draft: bool = False
    publish_at: Instant | None = None
    expires_at: Instant | None = None

    def article(self, article_id: str) -> Article:
        """RequestInvalid."""
        for intent in self.intents:
            if intent not in INTENTS:
                raise RequestInvalid(
                    "intents", f"{intent!r} is no intent; they are {', '.join(sorted(INTENTS))}"
                )
        try:
            return Article(
                article_id=article_id, kind=self.kind, intents=tuple(self.intents),
                categories=tuple(self.categories), title=LocalText(self.title.zh, self.title.en),
                body=LocalText(self.body.zh, self.body.en), products=tuple(self.products), questions=tuple(self.questions),
                is_draft=self.is_draft,
                publish_at=self.publish_at, expires_at=self.expires_at,
            )  # fmt: skip
        except ArticleInvalid as error:
            raise RequestInvalid(error.field.removeprefix(f"{article_id}."), error.problem) from None


class TextOut(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class StoredArticle(BaseModel):
    """An article as it is stored."""

    id: str
    version: int
    kind: str
    intents: list[str]
    categories: list[str]
    products: list[str]
    questions: list[str]
    title: TextOut
    body: TextOut
    is_draft: bool
    publish_at: datetime | None
    expires_at: datetime | None
    updated_at: datetime | None


class ArticleOut(StoredArticle):
    """`is_shown`: customers find it now. The header ETag names its version."""

    is_shown: bool

    @classmethod
    def of(cls, article: Article, now: datetime) -> "ArticleOut":
        """As it is at `now`."""
        return cls.model_validate({**_fields(article), "is_shown": article.is_shown(now)})


class ArticlesOut(BaseModel):
    """By id. `next_after` begins the next page, as `after`; null: this was the last one."""

    articles: list[ArticleOut]
    next_after: str | None


class VersionOut(StoredArticle):
    """As it was then. `edited_by`: `agent:ID`, `operator:ID`, `shop` (it began with it), `unknown` (by an older program)."""

    edited_by: str

    @classmethod
    def of(cls, version: ArticleVersion) -> "VersionOut":
        """One edit."""
        return cls.model_validate({**_fields(version.article), "edited_by": version.edited_by})


class VersionsOut(BaseModel):
    """Newest first. `next_before` begins the next page, as `before`; null: this was the last one."""

    versions: list[VersionOut]
    next_before: int | None


class RestoreRequest(schemas.Request):
    """Which version's content becomes the next version."""

    version: VersionNumber = Field(examples=[3])


class PassageOut(BaseModel):
    """An article that answers, with what a citation needs: `id`, `version`, `title`, and `quote`, a sentence of `body`."""

    id: str
    version: int
    title: str
    quote: str
    body: str
    kind: str
    intents: list[str]
    categories: list[str]
    products: list[str]
    score: float

    @classmethod
    def of(cls, found: Passage) -> "PassageOut":
        """What the search found."""
        return cls.model_validate({"id": found.article_id, **asdict(found)})


class SearchResponse(BaseModel):
    """Articles, best first."""

    results: list[PassageOut]


def _fields(article: Article) -> dict[str, object]:
    return {"id": article.article_id, **asdict(article)}
