"""An agent at work on a served shop, and what the operator's commands say and do about it."""

import json

import httpx
import pytest

from tests.polling import eventually
from tests.serving import Kefu

pytestmark = pytest.mark.cluster


def agent(kefu: Kefu, token: str) -> httpx.Client:
    """With the shop's key alone: the order says whose it is."""
    headers = {"Authorization": f"Bearer {kefu.served['api_key']}", "X-Agent-Token": token}
    return httpx.Client(base_url=kefu.served["base_url"], headers=headers, timeout=60)


def test_an_agent_acts_for_a_customer_and_the_audit_command_says_so(kefu: Kefu) -> None:
    order_id = kefu.served["customer_order_ids"][0]
    wanted = {"action": "open_complaint", "order_id": order_id, "words": "顾客来电：太慢了"}
    with agent(kefu, kefu.served["agent_token"]) as client:
        proposed = client.post("/v1/actions/propose", json=wanted).raise_for_status().json()
        body = {"arguments": wanted, "confirmation_token": proposed["confirmation_token"]}
        done = client.post("/v1/actions", json=body, headers={"Idempotency-Key": "call-1"})
    assert done.status_code == 200, done.text
    told = kefu.command("audit", "--tenant", "demo", "--order", order_id, "--json").stdout.splitlines()
    entry = json.loads(told[-1])
    assert (entry["caller"], entry["what"]) == ("agent:agent-demo", "open_complaint")
    # Serve adds an id of its own to the header.
    assert entry["request_id"] in done.headers["X-Request-Id"] and entry["customer_id"]


def test_a_revoked_agent_is_refused_by_the_running_service(kefu: Kefu) -> None:
    path = f"/v1/orders/{kefu.served['customer_order_ids'][0]}"
    minted = kefu.command("token", "agent", "--tenant", "demo", "--agent", "A8").stdout.strip()
    with agent(kefu, minted) as client, agent(kefu, kefu.served["agent_token"]) as colleague:
        assert client.get(path).status_code == 200
        kefu.command("token", "revoke", "--tenant", "demo", "--agent", "A8")
        eventually(lambda: client.get(path).status_code == 401, 10)
        assert client.get(path).json()["type"] == "agent_token_invalid"
        assert colleague.get(path).status_code == 200
