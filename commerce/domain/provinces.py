"""The province-level divisions of China, by which shipping rules tell near from remote."""

from __future__ import annotations

import unicodedata
from typing import Final

_NAMES: Final = {
    "北京": "beijing", "天津": "tianjin", "河北": "hebei", "山西": "shanxi", "内蒙古": "inner mongolia",
    "辽宁": "liaoning", "吉林": "jilin", "黑龙江": "heilongjiang", "上海": "shanghai", "江苏": "jiangsu",
    "浙江": "zhejiang", "安徽": "anhui", "福建": "fujian", "江西": "jiangxi", "山东": "shandong", "河南": "henan",
    "湖北": "hubei", "湖南": "hunan", "广东": "guangdong", "广西": "guangxi", "海南": "hainan", "重庆": "chongqing",
    "四川": "sichuan", "贵州": "guizhou", "云南": "yunnan", "西藏": "tibet", "陕西": "shaanxi", "甘肃": "gansu",
    "青海": "qinghai", "宁夏": "ningxia", "新疆": "xinjiang", "香港": "hong kong", "澳门": "macao", "台湾": "taiwan",
}  # fmt: skip
_ALSO: Final = {"xizang": "西藏", "nei mongol": "内蒙古", "macau": "澳门"}
_CHINA: Final = frozenset({"cn", "china", "中国"})


def folded(name: str) -> str:
    """A place's name without what is only its spelling: width, case, spaces around it, the country before it."""
    return unicodedata.normalize("NFKC", name).casefold().strip().removeprefix("中国").strip()


def is_in_china(country: str) -> bool:
    """`country` as an address has it: a code or a name."""
    return unicodedata.normalize("NFKC", country).casefold().strip() in _CHINA


def province_of(region: str) -> str | None:
    """The short Chinese name of what `region` begins with, Chinese or English; None: of no province."""
    said = folded(region)
    for chinese, english in _NAMES.items():
        if said.startswith((chinese, english)):
            return chinese
    return next((chinese for other, chinese in _ALSO.items() if said.startswith(other)), None)
