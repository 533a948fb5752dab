"""Invented persons, from a seed. Their names are drawn from lists of their own, not from those that masking knows."""

import random
from dataclasses import dataclass
from typing import Final, Literal

from stdnum import luhn
from stdnum.iso7064 import mod_11_2

_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程"
    "苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严"
)
_GIVEN: Final = "珞彧翀峤珵湛祺晏筠徽暄铎沅赟屹烁翊昀筱骅霁禾珣砚黛棠舟漾柚迟漫岑寻昭沐茗荔绎策邈旻珈樾"
_ENGLISH_GIVEN: Final = (
    "Emma James Olivia Daniel Siobhan Aoife Rhys Gareth Ursula Imogen Percival Thaddeus Rosalind Beatrix Leopold "
    "Cordelia Marguerite Anselm Winifred Barnaby Ottilie Ignatius Philippa Cressida"
).split()
_ENGLISH_SURNAMES: Final = (
    "Achebe Lindqvist Whitmore Okonkwo Fairweather Novotny Barnes Hoffmann Delacroix Nakamura Fitzgerald Abernathy "
    "Castellanos Thorburn Vandermeer Ravenscroft Oyelaran Petrosyan Kowalczyk Mukherjee"
).split()
_CITIES: Final = (
    ("浙江省", "杭州市", "西湖区"),
    ("四川省", "成都市", "武侯区"),
    ("广东省", "深圳市", "南山区"),
    ("", "北京市", "朝阳区"),
)
_ROADS: Final = ("云溪", "听松", "玉兰", "望江", "银杏", "枫林", "龙腾", "紫薇", "朝晖", "东湖")
_ESTATES: Final = ("锦绣苑", "江南名府", "碧水湾", "春晓园", "翰林居", "金桂里")
_STREETS: Final = (
    "Maple",
    "Willowbrook",
    "Harrow Hill",
    "Juniper",
    "Old Mill",
    "Saint Clair",
    "Larch",
    "Foxglove",
)
_TOWNS: Final = ("Portland, OR 97201", "Austin, TX 78701", "Leeds LS1 4AP", "Bristol BS1 5TR")
_DIVISIONS: Final = (110105, 330106, 440305, 510107, 320102, 420111)


@dataclass(frozen=True, slots=True)
class Identity:
    """A person. `street` is the part of the address that is theirs alone; `address` the whole of it."""

    language: Literal["zh", "en"]
    name: str
    phone: str
    id_number: str
    mail: str
    street: str
    address: str
    card: str

    @property
    def values(self) -> dict[str, str]:
        """By kind, what must be found nowhere."""
        return {
            "name": self.name,
            "phone": self.phone,
            "id_number": self.id_number,
            "mail": self.mail,
            "street": self.street,
            "card": self.card,
        }


def identities(count: int, seed: int) -> list[Identity]:
    """Half of them Chinese. No value comes twice."""
    rng = random.Random(seed)
    found: list[Identity] = []
    taken: set[str] = set()
    while len(found) < count:
        made = _chinese(rng) if len(found) % 2 == 0 else _english(rng)
        if taken.isdisjoint(made.values.values()):
            taken.update(made.values.values())
            found.append(made)
    return found


def _chinese(rng: random.Random) -> Identity:
    name = rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, 2))
    province, city, district = rng.choice(_CITIES)
    house = f"{rng.choice(_ESTATES)}{rng.randint(1, 30)}栋{rng.randint(101, 2912)}室"
    street = f"{rng.choice(_ROADS)}路{rng.randint(1, 1999)}号{house}"
    born = f"{rng.randint(1955, 2006)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body = f"{rng.choice(_DIVISIONS)}{born}{rng.randint(1, 999):03}"
    return Identity(
        language="zh",
        name=name,
        phone=f"1{rng.choice('3456789')}{rng.randint(0, 999_999_999):09}",
        id_number=body + mod_11_2.calc_check_digit(body),
        mail=_mail(rng),
        street=street,
        address=province + city + district + street,
        card=_card(rng, "622", 19),
    )


def _english(rng: random.Random) -> Identity:
    flat = f"Apt {rng.randint(1, 99)}{rng.choice('BCDF')}"
    kind = rng.choice(("Street", "Road", "Avenue", "Lane"))
    street = f"{rng.randint(100, 9999)} {rng.choice(_STREETS)} {kind}, {flat}"
    return Identity(
        language="en",
        name=f"{rng.choice(_ENGLISH_GIVEN)} {rng.choice(_ENGLISH_SURNAMES)}{rng.choice(('', 'son', '-Price', 'field'))}",
        phone=rng.choice(
            (
                f"+1 {rng.choice(('415', '646', '312'))} {rng.randint(201, 989)} {rng.randint(0, 9999):04}",
                f"+44 7{rng.randint(400, 499)} {rng.randint(0, 999_999):06}",
            )
        ),
        id_number=f"{rng.randint(301, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}",
        mail=_mail(rng),
        street=street,
        address=f"{street}, {rng.choice(_TOWNS)}",
        card=_card(rng, "4", 16),
    )


def _mail(rng: random.Random) -> str:
    word = "".join(rng.choice("bcdfghjkmnpqrstvwxz") + rng.choice("aeiou") for _ in range(4))
    return f"{word}{rng.randint(10, 9999)}@{rng.choice(('example.com', 'mail.example.org', 'example.cn'))}"


def _card(rng: random.Random, prefix: str, length: int) -> str:
    body = prefix + "".join(str(rng.randint(0, 9)) for _ in range(length - len(prefix) - 1))
    return body + luhn.calc_check_digit(body)
