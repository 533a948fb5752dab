"""Text that a shop keeps in Chinese and in English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalText:
    """The same words in both languages; a shop with one language holds it twice."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """`zh` for any tag that begins with zh (zh, zh-CN, zh_TW), else `en`."""
        return self.zh if language.lower().startswith("zh") else self.en
