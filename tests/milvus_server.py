"""A real Milvus server, started for tests."""

import shutil
import socket
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from milvus import MilvusServer

READY_S = 120.0
QUICK = {
    "proxy.timeTickInterval": 20,
    "queryCoord.checkInterval": 100,
    "queryCoord.distPullInterval": 50,
}
"""Milliseconds; ten times as often as by default, since tests wait for each of them."""
ETCD_URLS = (
    "listen-client-urls",
    "advertise-client-urls",
    "listen-peer-urls",
    "initial-advertise-peer-urls",
)


@contextmanager
def temporary_milvus() -> Iterator[str]:
    """Start a server whose data go when it is left; give its URL.

    The server that the package starts has etcd inside, at two ports that cannot be
    chosen, so that there could be one on a machine: it gets a configuration of its own.
    """
    folder = Path(tempfile.mkdtemp(prefix="milvus"))
    server = MilvusServer(wait_for_started=False, data_dir=str(folder))
    config = server.config
    named = [name for name in config.configurable_items if name.endswith("_port")]
    *ports, server.webservice_port = free_ports(len(named) + 1)
    config.update(**dict(zip(named, ports, strict=True)))
    etcd, anywhere = folder / "etcd.yaml", "http://127.0.0.1:0"
    lines = [f"{name}: {anywhere}" for name in ETCD_URLS]
    etcd.write_text("\n".join([*lines, f"initial-cluster: default={anywhere}\n"]))
    config.template_text = config.template_text.replace(
        "  use:\n    embed: true",
        f"  config:\n    path: {etcd}\n  use:\n    embed: true",
    )
    for name, value in QUICK.items():
        config.set(name, value)
    # Lets in nobody without a password; at first `root` has this one.
    config.set("authorization_enabled", True)
    try:
        server.start()
        wait_until_ready(server)
        yield f"http://root:Milvus@127.0.0.1:{server.listen_port}"
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_ready(server: MilvusServer) -> None:
    """Wait until all parts of a server are up."""
    health = f"http://127.0.0.1:{server.webservice_port}/healthz"
    deadline = time.monotonic() + READY_S
    while server.server_proc.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(health, timeout=5) as answer:
                if b"OK" in answer.read():
                    return
        except OSError:
            pass  # it does not listen yet, or some part of it is not up
        time.sleep(0.1)
    raise TimeoutError("Milvus did not start")


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens at."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
