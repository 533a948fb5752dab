"""The Chinese README has the same sections, commands, names and links as the English one."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"\b(?:make|kefu|curl) .*?(?=\s*#|\s{2}|$)", re.MULTILINE)


def parts(text: str) -> dict[str, list[str]]:
    fenced = FENCED.findall(text)
    prose = FENCED.sub("", text)
    return {
        "levels of headings": re.findall(r"^#+", prose, re.MULTILINE),
        "links": sorted(re.findall(r"\]\(([^)]*)\)", prose.replace("README.zh.md", "README.md"))),
        "names": sorted({" ".join(name.split()) for name in re.findall(r"`([^`]+)`", prose)}),
        "rows of tables": re.findall(r"^\| (?=`)", prose, re.MULTILINE),
        "commands": [command for block in fenced for command in COMMAND.findall(block)],
    }


@pytest.mark.parametrize("part", parts(""))
def test_both_readmes_have_the_same(part: str) -> None:
    english, chinese = [
        parts((ROOT / name).read_text("utf-8"))[part] for name in ("README.md", "README.zh.md")
    ]
    assert chinese == english and english
