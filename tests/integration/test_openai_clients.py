"""What the field's own clients see: the openai package, LangChain, curl. Unmodified, over real HTTP through the proxy."""

import json
import subprocess
from typing import Any

import openai
import pytest

from models.generation.fake import WELCOME_EN
from tests.serving import Kefu

pytestmark = pytest.mark.cluster
QUESTION = "我的订单到哪了"


def client(kefu: Kefu, key: str = "api_key") -> openai.OpenAI:
    served = kefu.served
    return openai.OpenAI(
        base_url=f"{served['base_url']}/v1",
        api_key=served.get(key, key),
        default_headers={"X-Customer-Token": served["customer_token"]},
        max_retries=0,
    )


def test_the_openai_client_plain_and_streamed(kefu: Kefu) -> None:
    order_id = kefu.served["customer_order_ids"][0]
    with client(kefu) as shop:
        whole = shop.chat.completions.create(model="kefu", messages=[{"role": "user", "content": QUESTION}])
        text = whole.choices[0].message.content
        assert text is not None and order_id in text and whole.choices[0].finish_reason == "stop"
        assert whole.usage is not None and whole.usage.total_tokens > 7
        stream = shop.chat.completions.create(
            model="kefu",
            messages=[{"role": "user", "content": QUESTION}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == text
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage == whole.usage
    assert chunks[-2].model_extra is not None and chunks[-2].model_extra["kefu"]["rung"] == "composed"


def test_the_openai_client_on_a_raw_engine(kefu: Kefu) -> None:
    with client(kefu, "operator_key") as operator:
        assert [m.id for m in operator.models.list()] == ["kefu", "kefu/small"]
        answer = operator.chat.completions.create(
            model="kefu/small", messages=[{"role": "user", "content": "Hello"}], temperature=0
        )
        assert answer.choices[0].message.content == WELCOME_EN
        assert answer.usage is not None and answer.usage.completion_tokens == 15
        stream = operator.chat.completions.create(
            model="kefu/small", messages=[{"role": "user", "content": "Hello"}], stream=True, max_tokens=4
        )
        chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "Hello, and welcome"
    assert chunks[-1].choices[0].finish_reason == "length"


def test_the_openai_client_raises_its_own_errors(kefu: Kefu) -> None:
    message: list[Any] = [{"role": "user", "content": "Hello"}]
    with client(kefu) as shop, client(kefu, "nonsense") as stranger:
        with pytest.raises(openai.NotFoundError, match="there is no model 'gpt-4o'"):
            shop.chat.completions.create(model="gpt-4o", messages=message)
        with pytest.raises(openai.BadRequestError, match="messages") as empty:
            shop.chat.completions.create(model="kefu", messages=[])
        assert empty.value.param == "messages" and empty.value.request_id
        with pytest.raises(openai.AuthenticationError):
            stranger.chat.completions.create(model="kefu", messages=message)
        with pytest.raises(openai.PermissionDeniedError, match="operator key"):
            shop.chat.completions.create(model="kefu/small", messages=message)
        with pytest.raises(openai.BadRequestError, match="max_tokens"):
            shop.chat.completions.create(model="kefu", messages=message, max_tokens=10**12)
    with client(kefu, "operator_key") as operator:
        # Above the model's own context: the engine's stage refuses, in a stream as well.
        for is_stream in (False, True):
            with pytest.raises(openai.BadRequestError, match="whole context is 2048"):
                operator.chat.completions.create(
                    model="kefu/small", messages=message, max_tokens=500_000, stream=is_stream
                )


def test_langchain_plain_and_streamed(kefu: Kefu) -> None:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    served = kefu.served
    chat = ChatOpenAI(
        model="kefu",
        base_url=f"{served['base_url']}/v1",
        api_key=SecretStr(served["api_key"]),
        default_headers={"X-Customer-Token": served["customer_token"]},
        max_retries=0,
    )
    answer = chat.invoke([("system", "be brief"), ("human", QUESTION)])
    assert served["customer_order_ids"][0] in str(answer.content)
    assert answer.response_metadata["finish_reason"] == "stop" and answer.usage_metadata is not None
    assert "".join(str(chunk.content) for chunk in chat.stream(QUESTION)) == answer.content


def test_curl_sees_the_stream_as_it_comes(kefu: Kefu) -> None:
    served = kefu.served
    body = json.dumps({"model": "kefu", "stream": True, "messages": [{"role": "user", "content": QUESTION}]})
    line = [
        "curl", "-sSN", f"{served['base_url']}/v1/chat/completions", "-H", f"Authorization: Bearer {served['api_key']}",
        "-H", "Content-Type: application/json", "-d", body,
    ]  # fmt: skip
    lines = subprocess.run(line, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert data[-1] == "[DONE]" and len(data) > 4
    assert json.loads(data[0])["object"] == "chat.completion.chunk"
