"""Marked messages of many forms, and decoys: the patterns find exactly what is marked. Names and places are not."""

from pathlib import Path

import pytest
import yaml

from models.understanding.addresses import ADDRESS_TYPES
from models.understanding.entities import extract
from models.understanding.marked import parse_marked

_LINES: dict[str, list[str]] = yaml.safe_load(
    Path(__file__).with_name("exact_entities.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("line", [line for lines in _LINES.values() for line in lines])
def test_exactly_what_is_marked_is_found(line: str) -> None:
    text, marked = parse_marked(line)
    expected = [(entity.type, entity.text, entity.start) for entity in marked]
    found = [entity for entity in extract(text) if entity.type not in (*ADDRESS_TYPES, "person_name")]
    assert [(entity.type, entity.text, entity.start) for entity in found] == expected


def test_decoys_are_marked_with_nothing() -> None:
    assert all(not parse_marked(line)[1] for line in _LINES["decoys"])


@pytest.mark.parametrize(
    "text",
    [
        "退到建行卡 6227 0012 3456 7890 12",
        "身份证 420111 19760808 5539",
        "卡号622588123456789少了一位",
        "身份证42011119760808553怎么少一位",
        "my card number: 5350 1762 3849 0167",
        "ID 110105198503072832 is refused",
    ],
)
def test_a_mistyped_number_of_a_person_is_nothing_else(text: str) -> None:
    assert extract(text) == ()


@pytest.mark.parametrize(
    ("text", "type", "value"),
    [
        ("my order, the one ending 8842", "order_number", "8842"),
        ("order [AB/2026/00417] where", "order_number", "AB202600417"),
        ("我的号是139 12 34 56 78", "phone", "13912345678"),
        ("邮编310012不是310021", "postcode", "310012"),
        ("Berlin 10115", "postcode", "10115"),
        ("预算500以内", "price_max", "500"),
        ("€79,90", "price", "79.9"),
        ("一百到两百的", "price_min", "100"),
        ("US women's 9 please", "size", "US 9"),
        ("欧码43", "size", "EU 43"),
        ("king size bed", "size", "king"),
        ("要二两", "quantity", "0.2"),
        ("需要半斤，要半斤", "quantity", "0.5"),
        ("need 40 for Monday", "quantity", "40"),
        ("sage or beige?", "colour", "green"),
        ("要米灰", "colour", "grey"),
    ],
)
def test_values(text: str, type: str, value: str) -> None:
    assert next(entity.value for entity in extract(text) if entity.type == type) == value
