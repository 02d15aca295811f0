"""Hosts with a network of their own, which a test can cut off: Linux's namespaces."""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from random import SystemRandom

WHAT_IT_TAKES = (
    "Hosts that can be cut off need Linux, its network namespaces, root and iproute2: "
    "run the tests as root, after `apt-get install iproute2`"
)


@dataclass(frozen=True, slots=True)
class Host:
    """A machine as far as its network goes; it shares this one's files and clock.

    Attributes:
        name: of its namespace.
        address: that others see.
        link: the other end of its cable.
    """

    name: str
    address: str
    link: str

    @property
    def prefix(self) -> tuple[str, ...]:
        """Begin a command with this to run it there."""
        return "ip", "netns", "exec", self.name

    def cut_off(self) -> None:
        """Pull the cable: whatever is sent is lost, and nobody is told."""
        ip("link", "set", self.link, "down")

    def connect(self) -> None:
        """Put the cable back."""
        ip("link", "set", self.link, "up")


@dataclass(frozen=True, slots=True)
class Network:
    """This machine and some hosts, on one switch.

    Attributes:
        address: of this machine.
        hosts: the others.
    """

    address: str
    hosts: tuple[Host, ...]

    @property
    def block(self) -> str:
        """All addresses in it."""
        return f"{self.address.rpartition('.')[0]}.0/24"


def ip(*arguments: str) -> None:
    """Set up part of a network.

    Raises:
        RuntimeError: this machine does not allow it.
    """
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip()
        raise RuntimeError(f"ip {' '.join(arguments)}: {said}. {WHAT_IT_TAKES}.")


@contextmanager
def network(num_hosts: int) -> Iterator[Network]:
    """Make hosts that reach this machine, and it alone; they go with the block.

    Raises:
        RuntimeError: this machine does not allow it.
    """
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None:
        raise RuntimeError(f"{WHAT_IT_TAKES}.")
    # Of the block for benchmarks of networks (RFC 2544), which nobody routes.
    subnet = f"198.18.{SystemRandom().randrange(256)}"
    mark = uuid.uuid4().hex[:6]
    switch = f"sw{mark}"
    with ExitStack() as stack:
        ip("link", "add", switch, "type", "bridge")
        stack.callback(ip, "link", "del", switch)
        ip("addr", "add", f"{subnet}.1/24", "dev", switch)
        ip("link", "set", switch, "up")
        hosts = []
        for number in range(num_hosts):
            host = Host(
                f"h{number}{mark}", f"{subnet}.{number + 2}", f"v{number}{mark}"
            )
            ip("netns", "add", host.name)
            stack.callback(ip, "netns", "del", host.name)
            inside = ("-n", host.name)
            plug = ("type", "veth", "peer", "name", "eth0", "netns", host.name)
            ip("link", "add", host.link, *plug)
            ip("link", "set", host.link, "master", switch, "up")
            ip(*inside, "addr", "add", f"{host.address}/24", "dev", "eth0")
            ip(*inside, "link", "set", "eth0", "up")
            ip(*inside, "link", "set", "lo", "up")
            hosts.append(host)
        yield Network(f"{subnet}.1", tuple(hosts))
