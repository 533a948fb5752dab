"""Personal data in free text, replaced by a mark of its kind before the text is stored.

Found: e-mail addresses, mainland mobile and landline numbers, North American numbers, mainland identity
numbers, bank cards (13–19 digits, also in groups of four). Order and tracking numbers have letters before
their digits and stay.
"""

from __future__ import annotations

import re

_START, _END = r"(?<![0-9A-Za-z_#])", r"(?![0-9A-Za-z])"
_RULES = (
    ("[email]", re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")),
    (
        "[id number]",
        re.compile(_START + r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{2}\d{3}[0-9Xx]" + _END),
    ),
    ("[card number]", re.compile(_START + r"(?:\d{4}[ \-]){3}\d{1,4}(?:[ \-]\d{1,3})?" + _END)),
    ("[card number]", re.compile(_START + r"\d{16,19}" + _END)),
    ("[phone]", re.compile(r"(?<![0-9A-Za-z_#])(?:\+?86[ \-]?)?1\d{2}(?:[ \-]?\d{4}){2}" + _END)),
    ("[phone]", re.compile(_START + r"0\d{2,3}-\d{7,8}" + _END)),
    (
        "[phone]",
        re.compile(r"(?<![0-9A-Za-z_#])(?:\+?1[ .\-])?\(?[2-9]\d{2}\)?[ .\-][2-9]\d{2}[ .\-]\d{4}" + _END),
    ),
)


def mask_personal_data(text: str) -> str:
    """`text` with each finding replaced by `[email]`, `[phone]`, `[card number]` or `[id number]`."""
    for mark, pattern in _RULES:
        text = pattern.sub(mark, text)
    return text
