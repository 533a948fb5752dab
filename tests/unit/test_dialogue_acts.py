"""What short replies do. A yes moves money: what only looks like one is no yes."""

import time

import pytest

from routing.dialogue.acts import Acts, read_acts

AGREES = (
    "是|是的|对|对的|对对对|好|好的|好滴|好嘞|好呀|好吧|好的好的|嗯|嗯嗯|恩|可以|可以的|可以了|行|行吧|"
    "行啊|没问题|没有问题|没错|确认|确认了|确认无误|确认办理|确定|同意|就这样|就这么办|办吧|要|要的|"
    "需要|好的，谢谢|可以，麻烦你了|嗯，确认。|好的，谢谢您！|OK|ok的|好的亲|ＯＫ|是的没错|"
    "好的，就这样吧|行，办吧|可以可以|yes|Yes.|yes please|Yeah, sure|ok|okay thanks|sure|Sure!|go ahead|"
    "Yes, go ahead|y|confirm|Confirmed|I confirm|that's right|That’s fine, thanks|sounds good|please do|"
    "do it|no problem|yes yes|perfect, thank you|I agree|agreed|of course|yep|looks good"
).split("|")
WITH_DEED = {
    "确认取消": "取消",
    "确认取消订单": "取消",
    "是的，取消": "取消",
    "好的，退货吧": "退货",
    "好，帮我改": "改",
    "行，换吧": "换",
    "确认提交": "提交",
    "是的我要退货": "退货",
    "好的，退款": "退款",
    "yes, cancel it": "cancel",
    "Yes, cancel the order": "cancel",
    "yes I want to return it": "return",
    "go ahead and cancel it": "cancel",
    "yes, submit the complaint": "submit",
    "Yes please, refund it": "refund",
    "ok, change it": "change",
}
LOOK_LIKE_YES = (
    "你好|您好|对了|好了|行了|请确认|可以吗|可以吗？|好吗|好的？|是吗|对吗|嗯？|没问题吧？|确认一下|"
    "确认什么|确认收货了|确认地址|确认之前问一下|同意书|对方是谁|是不是|好像不是|好多了|不好|不可以|"
    "不可以的|不对|不确认|好什么好|行不行|行李箱|好评|好慢|要了命了|谢谢|哦|的|好的，不过换成黑色|"
    "好，但是地址错了|可以的话改成L码|好的我知道了|好的话就退|可以退吗|是什么意思|需要多久|要多少钱|"
    "要几天|退|取消|1|好的，那运费谁出|确认，但是只退一件|好的，再帮我买一件|hello|thanks|not sure|yes?|"
    "sure?|are you sure?|right now|please confirm|confirm my address|yes but in black|"
    "ok, but change the colour|correct the address|ok google|fine print|of course not|"
    "yes and also return the mug|yes, if it is free|okay so how long does it take|"
    "do it right or not at all|that's not right|yesterday|is that right?|can you do it?|no|no yes|"
    "yes no|great deal?||I would say yes if it were free|ok?|yes, tomorrow|confirm what|just|please|"
    "then"
).split("|")
DECLINES = (
    "不|不用|不要|不了谢谢|先不|不是|没有|不需要|不同意|别|no|No.|no thanks|No, thank you|nope|not now|"
    "nah|no way|don't do it"
).split("|")
DROPS = (
    "算了|算了吧|不退了|不换了|不取消了|我再想想|好的，不用了|别退了|不要取消|先不改了|不用了谢谢|"
    "改主意了|我还是再考虑一下|以后再说|never mind|Nevermind, thanks|don't cancel it|no, forget it|stop|"
    "actually never mind|I changed my mind|leave it|keep my order|maybe later|let me think about it"
).split("|")
CHOICES = {
    "第二个": 2, "第2个": 2, "第二": 2, "我要第3个": 3, "选2": 2, "选第一个": 1, "2": 2, " 2。": 2, "二": 2, "2号": 2,
    "我要2": 2, "最后一个": -1, "最后那件": -1, "the first one": 1, "first": 1, "Second, please": 2, "the 3rd one please": 3,
    "option 3": 3, "number two": 2, "#2": 2, "no. 2": 2, "two": 2, "the last one": -1,
}  # fmt: skip
NO_CHOICES = (
    "要2个|选一个吧|第一次买|最后怎么了|1.5米|12|第二天到的|退2件|换L码|no, 2 items|first of all, why|"
    "the first time|last week|give me a second|my last order|one more thing"
).split("|")


@pytest.mark.parametrize("reply", AGREES)
def test_a_plain_yes_agrees(reply: str) -> None:
    acts = read_acts(reply)
    assert (acts.agrees, acts.declines, acts.drops, acts.deed) == (True, False, False, None)


@pytest.mark.parametrize(("reply", "deed"), WITH_DEED.items())
def test_what_is_to_be_done_may_stand_beside_a_yes(reply: str, deed: str) -> None:
    acts = read_acts(reply)
    assert (acts.agrees, acts.deed) == (True, deed)


@pytest.mark.parametrize("reply", LOOK_LIKE_YES)
def test_what_says_anything_else_agrees_to_nothing(reply: str) -> None:
    assert not read_acts(reply).agrees


@pytest.mark.parametrize("reply", DECLINES)
def test_a_no_declines(reply: str) -> None:
    acts = read_acts(reply)
    assert (acts.agrees, acts.declines, acts.drops) == (False, True, False)


@pytest.mark.parametrize("reply", DROPS)
def test_giving_up(reply: str) -> None:
    acts = read_acts(reply)
    assert (acts.agrees, acts.declines, acts.drops) == (False, False, True)


@pytest.mark.parametrize(
    "reply", ["不想要了，帮我取消", "不要红色的", "no, the other one", "算了一下差了五块", "stop the parcel"]
)
def test_what_goes_on_neither_declines_nor_gives_up(reply: str) -> None:
    acts = read_acts(reply)
    assert (acts.agrees, acts.declines, acts.drops) == (False, False, False)


@pytest.mark.parametrize(("reply", "choice"), CHOICES.items())
def test_one_of_those_offered_is_taken_by_its_number(reply: str, choice: int) -> None:
    assert read_acts(reply).choice == choice


@pytest.mark.parametrize("reply", NO_CHOICES)
def test_not_every_number_chooses(reply: str) -> None:
    assert read_acts(reply).choice is None


@pytest.mark.parametrize(
    "reply", ["全部", "都要退", "全都退", "整单退", "两个都要", "all of them", "both", "everything please"]
)
def test_all_of_it(reply: str) -> None:
    assert read_acts(reply).takes_all


@pytest.mark.parametrize(
    "reply", ["再说一遍", "什么意思？", "没看懂", "sorry, say that again", "what do you mean?", "Pardon?"]
)
def test_to_be_said_again(reply: str) -> None:
    assert read_acts(reply).repeats


@pytest.mark.parametrize(
    "reply", ["不是这个", "不对，是黑色", "我说错了", "not that one", "I mean the red one", "sorry, it's L"]
)
def test_something_is_put_right(reply: str) -> None:
    assert read_acts(reply).rejects


@pytest.mark.parametrize(
    "reply", ["发错了", "你们寄错了颜色", "买错了", "you sent the wrong item", "repeat order"]
)
def test_a_complaint_is_no_correction(reply: str) -> None:
    acts = read_acts(reply)
    assert (acts.rejects, acts.repeats) == (False, False)


@pytest.mark.parametrize(
    "reply", ["另一个", "不是这单，是另外一单", "the other one", "no, my other order", "the other"]
)
def test_the_other_one(reply: str) -> None:
    assert read_acts(reply).other


@pytest.mark.parametrize(
    "reply",
    [
        "换另一个颜色",
        "另一种支付方式",
        "the other day it was cheaper",
        "any other colour?",
        "on the other hand",
    ],
)
def test_another_one_is_not_the_other_one(reply: str) -> None:
    assert not read_acts(reply).other


# Read in more than one way, these would take for ever: a nested repetition tries each split.
LONG = [
    "好",
    "ok ",
    "不",
    "算了",
    "的",
    "好的，",
    "嗯",
    "no ",
    "yes",
    "我还是",
    "全部",
    "please ",
    "第",
    "别",
    "确认取消",
]


@pytest.mark.parametrize("part", LONG)
def test_a_long_reply_takes_no_longer_than_its_letters(part: str) -> None:
    reply = (part * 200)[:199] + "x"
    began = time.perf_counter()
    read_acts(reply)
    assert time.perf_counter() - began < 0.05


def test_what_is_longer_than_a_reply_is_none() -> None:
    assert read_acts("好" * 201) == Acts()
