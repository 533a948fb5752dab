"""Runs in every Ray worker of a local cluster: Serve's replica-to-replica gRPC server listens on loopback.

Serve 2.60 binds it to all interfaces whatever is configured, and without a login. A hook that raises ends the worker: if
Ray moves the function, no replica starts, and nothing is exposed in silence. `tests/contract/test_ray_knobs.py` holds it
against the pinned version.
"""


def bind_grpc_to_loopback() -> None:
    """Replace the function by which a replica opens its port, before Serve imports it by name."""
    from ray._common import tls_utils

    original = tls_utils.add_port_to_grpc_server

    def on_loopback(server: object, address: str) -> int:
        port: int = original(server, address.replace("[::]:", "127.0.0.1:", 1))
        return port

    tls_utils.add_port_to_grpc_server = on_loopback
