"""What one request goes to: a URL, taken apart and found to mean one thing only."""

import ipaddress
import re
from dataclasses import dataclass

import httpcore2
import httpx2

from detector.errors import FetchFailed
from detector.network.hosts import Host, host_of

MAX_URL_LENGTH = 2_000
DEFAULT_PORTS = {"http": 80, "https": 443}
USER_NAME = re.compile(r"[^/?#]*//[^/?#]*@")


@dataclass(frozen=True, slots=True)
class Target:
    """What one request is about; whatever is checked is also what is connected to."""

    url: httpx2.URL
    host: Host
    port: int

    @classmethod
    def parse(cls, text: str, *, base: "Target | None" = None) -> "Target":
        """Read a URL, or one relative to a base.

        Raises:
            FetchFailed: it is none that can be used.
        """
        if len(text) > MAX_URL_LENGTH:
            raise FetchFailed(
                f"its URL is longer than {MAX_URL_LENGTH:,} characters.",
                remedy="Give a shorter one.",
            )
        try:
            if not text.isprintable() or "\\" in text:
                raise ValueError("characters that parsers read differently")
            url = base.url.join(text) if base else httpx2.URL(text)
            if url.scheme not in DEFAULT_PORTS or USER_NAME.match(text):
                raise ValueError("not http, or for a user")
            host = host_of(url)
        except (ValueError, httpx2.InvalidURL):
            raise FetchFailed(
                "it is no URL that can be asked for.",
                remedy="Write https://host/path, without a user name, with the host's "
                "name or plain address.",
            ) from None
        port = DEFAULT_PORTS[url.scheme] if url.port is None else url.port
        return cls(url, host, port)

    @property
    def request_url(self) -> httpcore2.URL:
        """The URL as the connection pool takes it."""
        return httpcore2.URL(
            scheme=self.url.raw_scheme,
            host=str(self.host),
            port=self.port,
            target=self.url.raw_path,
        )

    @property
    def host_header(self) -> str:
        """Host and port, as the server is told them."""
        host = f"[{self.host}]" if ":" in str(self.host) else str(self.host)
        usual = self.port == DEFAULT_PORTS[self.url.scheme]
        return host if usual else f"{host}:{self.port}"


def is_address(host: str) -> bool:
    """Tell whether a host is an address, and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
