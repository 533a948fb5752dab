"""The facts that a chat model is given, and what each is about."""

from commerce.domain.text import LocalText
from routing.compose import compose
from routing.grounding import check
from routing.prompts import fact_lines, messages
from tests.builders import facts, hit, order, passage, understood


def test_a_line_of_an_order_is_about_it_and_an_articles_sentence_holds_for_all() -> None:
    found = facts(orders=(order(),), asked_order_id="KF260000000001", passages=(passage(),))
    read = understood("order_status")
    lines = fact_lines(read, found, compose(read, found).text("zh"))
    assert lines[0].text == "青禾商城"
    about = {line.text: line.subject for line in lines}
    assert about["预计11月24日送达。"] == "KF260000000001"
    assert about["签收次日起7天内可以无理由退货。"] == ""
    assert [line.id for line in lines] == [str(at) for at in range(1, len(lines) + 1)]
    assert "[2] " in messages(read, "到哪了", lines)[0].content


def test_a_line_that_names_one_product_is_about_it() -> None:
    jacket, cup = hit(), hit(LocalText("保温杯", "thermos"), product_id="P2", price_minor=8_900)
    found = facts(products=(jacket, cup))
    read = understood("product_search")
    lines = fact_lines(read, found, compose(read, found).text("zh"))
    assert {line.subject for line in lines} == {"", "短款羽绒服", "保温杯"}
    assert check("保温杯的价格是89元。", lines, "zh") is None
    assert check("保温杯的价格是599元。", lines, "zh") is not None
