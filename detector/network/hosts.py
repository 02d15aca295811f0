"""The hosts that an administrator lets pictures be fetched from."""

import ipaddress
import re
from dataclasses import dataclass

import httpx2

from detector.errors import InvalidInput

Host = str | ipaddress.IPv4Address | ipaddress.IPv6Address
"""A name in lower case, in ASCII, without the final dot; or an address."""

ENTRY = re.compile(
    r"(?P<wildcard>\*\.)?(?P<host>\[[^\[\]]*\]|[^\[\]:/?#@\\\s]+)(?::(?P<port>\d{1,5}))?",
    re.ASCII,
)
LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*")
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
MAX_NAME_LENGTH = 253
USUAL_PORTS = (80, 443)


def host_of(url: httpx2.URL) -> Host:
    """Read the host that a URL names.

    A name whose last part is a number is an address in disguise (`2130706433` and
    `0x7f.1` are 127.0.0.1 to a resolver), and no name at all.

    Raises:
        ValueError: none, or none that can be looked up.
    """
    text = url.raw_host.decode("ascii").removesuffix(".")
    if ":" in text or re.fullmatch(r"[\d.]+", text):
        if "%" in text:
            raise ValueError("an address with a zone")
        return ipaddress.ip_address(text)
    if len(text) > MAX_NAME_LENGTH or not NAME.fullmatch(text):
        raise ValueError("no host name")
    if NUMBER.fullmatch(text.rpartition(".")[2]):
        raise ValueError("a number instead of a host name")
    return text


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """One entry: a host, or all hosts below a name.

    Attributes:
        port: the only port; None stands for the usual ones.
    """

    host: Host
    is_wildcard: bool
    port: int | None

    @classmethod
    def parse(cls, text: str) -> "AllowedHost":
        """Read an entry.

        Raises:
            InvalidInput: it names no host.
        """
        try:
            if not (parts := ENTRY.fullmatch(text)):
                raise ValueError("not of the form host:port")
            host = host_of(httpx2.URL(f"http://{parts['host']}/"))
            port = int(parts["port"]) if parts["port"] else None
            if port is not None and not 0 < port < 65_536:
                raise ValueError("no port")
            is_wildcard = bool(parts["wildcard"])
            if is_wildcard and (not isinstance(host, str) or "." not in host):
                raise ValueError("a wildcard over too much")
        except (ValueError, httpx2.InvalidURL):
            raise InvalidInput(
                f"{text!r} names no host that pictures can be fetched from.",
                remedy="Write cdn.acme.com, *.acme.com for every host below it, "
                "10.0.0.5 or [fd00::5]; add :port if it is neither 80 nor 443; "
                "separate entries by commas.",
            ) from None
        return cls(host, is_wildcard, port)

    def admits(self, host: Host, port: int) -> bool:
        """Tell whether this entry lets the host and port through."""
        if port not in (USUAL_PORTS if self.port is None else (self.port,)):
            return False
        if self.is_wildcard:
            return isinstance(host, str) and host.endswith(f".{self.host}")
        return host == self.host


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """All entries; with none of them, nothing is fetched."""

    entries: tuple[AllowedHost, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "AllowedHosts":
        """Read entries separated by commas.

        Raises:
            InvalidInput: an entry names no host.
        """
        entries = [entry.strip() for entry in text.split(",")]
        return cls(tuple(AllowedHost.parse(entry) for entry in entries if entry))

    def admits(self, host: Host, port: int) -> bool:
        """Tell whether any entry lets the host and port through."""
        return any(entry.admits(host, port) for entry in self.entries)
