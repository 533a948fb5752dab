"""What the makers of things call them: letters and digits together. Every pattern looks a bounded way ahead, so that a text
of any length is searched in a time that grows with its length alone.
"""

import re
from typing import Final

# In capitals, as makers write them: JSQ30-HWA, PS5. A size (XL10, US10), a parcel's number (SF and twelve digits), a door
# (A4栋) and a grade of some standard (SPF50, IPX7, USB3.0), which goods of many makers have, look like that, too.
_GRADE: Final = (
    r"(?:IPX?|[SU]PF|PM|KN|HDMI|USB|(?:LP|G)?DDR|PCIE|WIFI|CAT)-?\d[\d.\-]{0,8}[A-Z]?(?![A-Za-z0-9])"
)
MODEL: Final = re.compile(
    r"(?<![A-Za-z0-9])(?!(?:X+[SL]|EU|UK|US|CN|SIZE)[ \-]?\d{1,3}(?![A-Za-z0-9])|[A-Z]{1,4}\d{8}"
    r"|[A-Z]\d{1,2}[栋座幢层楼室号单区门口]"
    rf"|{_GRADE})"
    r"[A-Z][A-Z0-9.\-]{0,30}\d[A-Za-z0-9.\-()]*"
)
# In a text without capitals, such as jsq30-hwa or x6max: what it counts is neither a price nor a size.
FOLDED_MODEL: Final = re.compile(
    r"(?<![a-z0-9])(?!(?:size|eu|uk|us|cn|under|over|below|above|rmb|cny|usd|iphone|max|min)[ \-]?\d"
    rf"|(?i:{_GRADE}))"
    r"[a-z][a-z\-]{0,30}\d[a-z0-9]*(?:[.\-][a-z0-9]+)*(?![a-z0-9])"
)


def has_model(name: str) -> bool:
    """Whether a name has one, in whatever case it is written."""
    return MODEL.search(name.upper()) is not None
