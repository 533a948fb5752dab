"""The machines of a cluster, and where it listens: two sections of the configuration."""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, model_validator

from deployments.identity import SecretRef, Section

# HAProxy takes 97 characters of a socket's path, of which Serve adds the node's id (57) and the longest name (13).
SOCKET_DIR_CHARACTERS: Final = 27


class Http(Section):
    """Where the gateway listens. `proxy_on` unwritten: the head node of a local cluster, every node of any other."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65_535)
    proxy: Literal["haproxy", "python"] = "haproxy"
    proxy_on: Literal["head_node", "every_node"] | None = None


class Nodes(Section):
    """The machines: `local` starts Ray on this one; `cluster` joins the running cluster at `address`.

    `count` alive nodes are waited for, `wait_s` at most. `token` is the cluster's, where RAY_AUTH_TOKEN or
    RAY_AUTH_TOKEN_PATH are not set. `is_one_machine` says that all nodes are processes of this machine, on loopback: then
    they share its files, and SQLite will do. `socket_dir` is where each node of a cluster keeps HAProxy's sockets. `cpus`
    and `gpus` are what a local Ray counts; unwritten, what the profile needs and what Ray finds.
    """

    kind: Literal["local", "cluster"] = "local"
    address: str | None = None
    count: int = Field(default=1, ge=1, le=10_000)
    wait_s: float = Field(default=60.0, ge=0, le=3600)
    token: SecretRef | None = None
    is_one_machine: bool = False
    socket_dir: Path = Path("/tmp/kefu-haproxy")
    cpus: int | None = Field(default=None, ge=1, le=1024)
    gpus: int | None = Field(default=None, ge=0, le=64)
    object_store_mib: int = Field(default=128, ge=80, le=1_048_576)

    @property
    def is_shared_by_files(self) -> bool:
        """Whether every node sees this machine's files."""
        return self.kind == "local" or self.is_one_machine

    @model_validator(mode="after")
    def _consistent(self) -> "Nodes":
        if self.kind == "cluster" and not self.address:
            raise ValueError("kind cluster needs address, such as auto or 10.0.0.1:6379")
        if self.kind == "cluster" and (self.cpus is not None or self.gpus is not None):
            raise ValueError(
                "cpus and gpus are of kind local; the nodes of a cluster say themselves what they have"
            )
        if len(str(self.socket_dir)) > SOCKET_DIR_CHARACTERS or not self.socket_dir.is_absolute():
            raise ValueError(
                f"socket_dir {self.socket_dir} must be an absolute path of {SOCKET_DIR_CHARACTERS} characters at most: "
                "HAProxy takes no longer socket paths; write /run/kefu"
            )
        if self.kind == "local" and self.count > 1:
            raise ValueError(f"kind local is one machine but count is {self.count}; write kind: cluster")
        if self.kind == "local" and (self.address or self.token or self.is_one_machine):
            raise ValueError(
                "address, token and is_one_machine are of kind cluster; write kind: cluster, or remove them"
            )
        return self
