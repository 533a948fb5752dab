"""The questions that the search is measured with: they cover the knowledge base, and are not its titles."""

from benchmarks.retrieval.corpus import many_articles, shop_articles
from benchmarks.retrieval.quality import QUESTIONS, shared_with_titles
from models.retrieval.articles import sentences
from models.retrieval.evaluate import load_questions
from models.retrieval.tokens import tokens

ALIKE = 0.34


def test_every_article_has_a_question_in_each_language() -> None:
    questions = load_questions(QUESTIONS)
    known = {article.article_id for article in shop_articles()}
    for language in ("zh", "en"):
        asked = [q for q in questions if q.half == "report" and q.language == language]
        assert {expected for q in asked for expected in q.expect} == known
    assert {expected for q in questions for expected in q.expect} == known


def test_no_question_is_copied_from_a_title() -> None:
    titles = {title.strip(" ?？。.").lower() for a in shop_articles() for title in (a.title.zh, a.title.en)}
    asked = [question.query.strip(" ?？。.").lower() for question in load_questions(QUESTIONS)]
    assert len(set(asked)) == len(asked)
    assert not [query for query in asked if any(title in query or query in title for title in titles)]
    assert shared_with_titles("report") <= 0.25


def test_no_question_of_the_report_is_like_one_that_an_article_has() -> None:
    """What an article is asked as comes from the corpus of understanding: a report that repeats it would measure memory."""
    asked = {question: set(tokens(question)) for a in shop_articles() for question in a.questions}
    assert len(asked) > 800
    for question in load_questions(QUESTIONS):
        mine = set(tokens(question.query))
        if question.half == "report":
            like = [each for each, words in asked.items() if len(mine & words) >= ALIKE * len(mine | words)]
            assert like == [], question.query


def test_the_halves_are_large_enough_and_apart() -> None:
    questions = load_questions(QUESTIONS)
    halves = {half: {q.query for q in questions if q.half == half} for half in ("tuning", "report")}
    assert min(map(len, halves.values())) >= 200 and not halves["tuning"] & halves["report"]


def test_made_articles_are_many_texts_and_the_same_for_a_seed() -> None:
    made = list(many_articles(500, 3))
    assert made == list(many_articles(500, 3)) != list(many_articles(500, 4))
    said = [sentence for article in made for sentence in sentences(article.body.zh)]
    assert len({article.article_id for article in made}) == 500 and len(set(said)) > 0.99 * len(said)
