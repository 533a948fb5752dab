"""Forms of one character made one: full-width and styled letters and digits, other scripts' digits, dashes, spaces."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

_RANGES: Final = (
    range(0x80, 0x3400),
    range(0xFF00, 0xFFF0),
    range(0x1D400, 0x1D800),
    range(0x1FBF0, 0x1FBFA),
)
_DASHES: Final = "‐‑‒–—―−﹣－ー"
# Of traditional characters those that the rules look for.
_TRADITIONAL: Final = (
    "號号樓楼棟栋區区縣县鎮镇鄉乡電电話话聯联係系繫系貨货單单戶户東东門门廣广灣湾園园團团們们為为這这證证機机碼码"
    "張张陳陈劉刘黃黄趙赵吳吴孫孙馬马許许鄭郑謝谢馮冯蕭萧鄧邓葉叶蔣蒋蘇苏呂吕盧卢賈贾鍾钟鄒邹陸陆韋韦龍龙萬万錢钱湯汤"
    "賴赖龔龚顏颜倪倪嚴严溫温蘭兰魯鲁莊庄齊齐華华偉伟麗丽軍军強强傑杰濤涛國国慶庆藝艺瓊琼夢梦詩诗欣欣勝胜鵬鹏飛飞雲云"
)


def fold(text: str) -> str:
    """`text` with one character for each of its own."""
    return text.translate(_FOLDED)


def _folded() -> Iterator[tuple[int, str]]:
    for codes in _RANGES:
        for code in codes:
            character = chr(code)
            plain = unicodedata.normalize("NFKC", character)
            if character.isdecimal():
                yield code, str(unicodedata.decimal(character))
            elif len(plain) == 1 and plain != character and plain.isascii():
                yield code, plain
    for dash in _DASHES:
        yield ord(dash), "-"
    for written, simple in zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True):
        yield ord(written), simple


_FOLDED: Final = dict(_folded())
