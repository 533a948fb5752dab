"""What the running cluster shows to others: sockets, files, logs, metrics."""

import ipaddress
import os
import stat
from pathlib import Path

import psutil
import pytest

from tests.serving import Kefu, serving

pytestmark = pytest.mark.cluster

# Sockets that are not on loopback, each with its reason. There is none.
EXCEPTIONS: dict[str, str] = {}


def listening(kefu: Kefu) -> list[tuple[str, str]]:
    """(process, address) of every socket that takes connections or datagrams in the process tree."""
    found = []
    for process in kefu.tree():
        try:
            for connection in process.net_connections("inet"):
                is_listener = connection.status == psutil.CONN_LISTEN
                is_datagram = connection.type.name == "SOCK_DGRAM" and not connection.raddr
                if is_listener or is_datagram:
                    found.append((process.name(), connection.laddr.ip))
        except psutil.NoSuchProcess:
            continue
    return found


def is_loopback(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def assert_loopback_only(kefu: Kefu) -> None:
    sockets = listening(kefu)
    assert len(sockets) > 10, "the process tree was not seen"
    assert [s for s in sockets if not is_loopback(s[1]) and s[0] not in EXCEPTIONS] == []


def test_every_listening_socket_is_on_loopback(kefu: Kefu) -> None:
    assert_loopback_only(kefu)


def test_files_with_keys_are_this_users_alone(kefu: Kefu) -> None:
    for path in (kefu.home / "serve.json", kefu.run_folder() / "ray_token"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in (kefu.run_folder(), kefu.home / "run"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path


def texts_under(folder: Path) -> list[tuple[Path, bytes]]:
    found = []
    for root, _, names in os.walk(folder):
        for path in (Path(root) / name for name in names):
            if path.is_file() and not path.is_symlink():
                found.append((path, path.read_bytes()))
    return found


@pytest.mark.thorough
def test_a_planted_secret_and_what_customers_say_stay_out_of_yaml_logs_and_metrics(tmp_path: Path) -> None:
    secret = "planted-secret-0123456789abcdef0123456789"
    words = "紫色鸵鸟专用滑板车"
    reference = "identity.token_secret=env:KEFU_TEST_TOKEN_SECRET"
    with serving(
        "fake", tmp_path / "home", reference, environment={"KEFU_TEST_TOKEN_SECRET": secret}
    ) as kefu:
        served = kefu.served
        for _ in range(3):
            kefu.chat(f"我想要一件{words}")
        with kefu.client(Authorization="Bearer wrong") as client:
            assert client.post("/v1/chat", json={"message": words}).status_code == 401
        with kefu.client(Authorization=f"Bearer {served['operator_key']}") as client:
            metrics = client.get("/metrics").content
        files = texts_under(kefu.run_folder()) + texts_under(kefu.home / "run")
        assert any(path.name == "cluster.yaml" for path, _ in files)
        assert sum("log" in path.suffix or path.suffix in {".out", ".err"} for path, _ in files) > 5
        rendered = kefu.command("render").stdout.encode()
        printed = "".join(kefu.output).encode()
    planted = [secret.encode(), words.encode(), served["operator_key"].encode(), served["api_key"].encode()]
    for name, content in [*files, ("metrics", metrics), ("render", rendered)]:
        assert not [p for p in planted if p in content], name
    assert secret.encode() not in printed and served["operator_key"].encode() not in printed
