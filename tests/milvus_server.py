"""A real Milvus server, started for tests."""

import http.client
import random
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from milvus import MilvusServer

READY_S = 300.0
"""A quiet machine takes five seconds; this is for one that does ten other things."""
QUICK = {
    "proxy.timeTickInterval": 20,
    "queryCoord.checkInterval": 100,
    "queryCoord.distPullInterval": 50,
}
"""Milliseconds; ten times as often as by default, since tests wait for each of them."""
CHANNELS_MS = 100
"""The same for one that the template does not name; by default three seconds."""
ETCD_URLS = (
    "listen-client-urls",
    "advertise-client-urls",
    "listen-peer-urls",
    "initial-advertise-peer-urls",
)
PORTS = range(10_000, 32_768)
"""Below those that a system gives to whoever asks for any, as other tests do."""
LOG_LINES = 30


@contextmanager
def temporary_milvus() -> Iterator[str]:
    """Start a server whose data go when it is left; give its URL.

    The server that the package starts has etcd inside, at two ports that cannot be
    chosen, so that there could be one on a machine: it gets a configuration of its own.
    """
    folder = Path(tempfile.mkdtemp(prefix="milvus"))
    server = MilvusServer(wait_for_started=False, data_dir=str(folder))
    configure(server, folder)
    try:
        server.start()
        wait_until_ready(server, folder / "logs")
        yield f"http://root:Milvus@127.0.0.1:{server.listen_port}"
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def configure(server: MilvusServer, folder: Path) -> None:
    """Choose what a server listens at, how often it looks, and whom it lets in."""
    config = server.config
    named = [name for name in config.configurable_items if name.endswith("_port")]
    *ports, server.webservice_port = free_ports(len(named) + 1)
    config.update(**dict(zip(named, ports, strict=True)))
    etcd, anywhere = folder / "etcd.yaml", "http://127.0.0.1:0"
    lines = [f"{name}: {anywhere}" for name in ETCD_URLS]
    etcd.write_text("\n".join([*lines, f"initial-cluster: default={anywhere}\n"]))
    for line, more in (
        ("  use:\n    embed: true", f"  config:\n    path: {etcd}\n"),
        ("  checkInterval: 1000\n", f"  checkChannelInterval: {CHANNELS_MS}\n"),
    ):
        config.template_text = config.template_text.replace(line, more + line)
    for name, value in QUICK.items():
        config.set(name, value)
    # Lets in nobody without a password; at first `root` has this one.
    config.set("authorization_enabled", True)


def wait_until_ready(server: MilvusServer, logs: Path) -> None:
    """Wait until all parts of a server are up."""
    deadline = time.monotonic() + READY_S
    while server.server_proc.poll() is None:
        if is_healthy(server.webservice_port):
            return
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    status = server.server_proc.poll()
    ending = "is not ready" if status is None else f"ended with status {status}"
    lines = [
        line
        for log in sorted(logs.glob("milvus-std*.log"))
        for line in log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    ]
    raise RuntimeError("\n".join([f"Milvus {ending}. Its last lines:", *lines]))


def is_healthy(port: int) -> bool:
    """Ask a server whether all its parts are up; not by way of any proxy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return b"OK" in connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False  # it does not listen yet
    finally:
        connection.close()


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens at."""
    found: list[int] = []
    for port in random.SystemRandom().sample(PORTS, 100 * count):
        try:
            socket.create_server(("", port)).close()
        except OSError:
            continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError("no ports are free")
