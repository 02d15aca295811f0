"""Connections that lead to public addresses only and end at a deadline."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import httpcore2

from detector.errors import FetchFailed, FetchRefused

Resolver = Callable[[str], list[str]]
"""Looks a host name up; its addresses in the order to try them."""
Trust = Callable[[str, int], bool]
"""Tells whether a host and port may lead anywhere."""

MAX_LOOKUPS = 8

TRANSLATED_IPV4 = ipaddress.IPv6Network("64:ff9b::/96")
PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
NEVER_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # the host of a virtual machine, in one large cloud
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # Teredo and other protocols: an IPv4 address inside
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",
    )
]
"""What some or all of the Pythons we run on take for global."""


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether an address is out in the internet.

    IPv6 addresses that wrap an IPv4 one are not, except those that networks
    without IPv4 use for reaching it (NAT64), if the one inside is.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address in TRANSLATED_IPV4:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if address not in PUBLIC_IPV6:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in NEVER_PUBLIC)
    )


def look_up(name: str) -> list[str]:
    """Look a name up as this machine does.

    Raises:
        OSError: it has no address.
    """
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def seconds_left(deadline: float | None) -> float:
    """Return what is left until a deadline of `time.monotonic`, more than 0.

    Raises:
        httpcore2.TimeoutException: nothing.
    """
    assert deadline is not None, "every request is sent with one"
    if (left := deadline - time.monotonic()) <= 0:
        raise httpcore2.TimeoutException
    return left


class TimedStream(httpcore2.NetworkStream):
    """A connection whose every wait ends at the request's deadline.

    What the connection pool passes on as a timeout is a deadline here: a timeout
    begins anew with each byte that drips in.
    """

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Wait for bytes."""
        return self._stream.read(max_bytes, seconds_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes."""
        self._stream.write(buffer, seconds_left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """Encrypt, and check the certificate against the name."""
        left = seconds_left(timeout)
        try:
            stream = self._stream.start_tls(ssl_context, server_hostname, left)
        except httpcore2.ConnectError:
            raise FetchFailed(
                "its server offers no encryption with a valid certificate.",
                remedy="Have the server's certificate renewed.",
            ) from None
        return TimedStream(stream)

    def get_extra_info(self, info: str) -> object:
        """Tell what the pool asks about the socket."""
        return self._stream.get_extra_info(info)


class CheckedNetwork(httpcore2.NetworkBackend):
    """Looks names up and connects to the very addresses that it checked.

    Between a check and a second look-up a name can change its address, so there is
    one look-up.

    Args:
        resolve: looks names up.
        network: connects to addresses.
        trusts: which hosts may have addresses that are not public.
    """

    def __init__(
        self,
        resolve: Resolver,
        network: httpcore2.NetworkBackend,
        *,
        trusts: Trust,
    ) -> None:
        self._resolve = resolve
        self._network = network
        self._trusts = trusts
        self._lookups = ThreadPoolExecutor(MAX_LOOKUPS, "look-up")

    def close(self) -> None:
        """End the threads that look names up."""
        self._lookups.shutdown(wait=False, cancel_futures=True)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address that answers.

        Args:
            host: a name or an address.
            port: where to connect to.
            timeout: the deadline, shared out among the addresses.
            local_address: passed on.
            socket_options: passed on.
        """
        addresses = self._addresses(host, timeout)
        if not self._trusts(host, port) and not all(
            is_public(ipaddress.ip_address(address)) for address in addresses
        ):
            raise FetchRefused(
                "its host is not on the public internet.",
                remedy="Have an administrator allow the host by its address instead of "
                "its name.",
            )
        for num_left in range(len(addresses), 0, -1):
            try:
                return TimedStream(
                    self._network.connect_tcp(
                        addresses[-num_left],
                        port,
                        seconds_left(timeout) / num_left,
                        local_address,
                        socket_options,
                    )
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        seconds_left(timeout)
        raise FetchFailed(
            "its server takes no connection.",
            remedy="Try again later.",
        )

    def _addresses(self, host: str, deadline: float | None) -> list[str]:
        """Look a host up, unless it is an address."""
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass
        lookup = self._lookups.submit(self._resolve, host)
        try:
            # The system's look-up knows no time limit.
            addresses = lookup.result(seconds_left(deadline))
        except TimeoutError:
            lookup.cancel()
            raise httpcore2.ConnectTimeout from None
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise FetchFailed(
                "its host has no address.",
                remedy="Correct the host's name.",
            )
        return addresses
