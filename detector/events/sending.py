"""Sends events over HTTP, signed as Standard Webhooks 1.0 has it."""

import json
import math
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

import httpcore2
from standardwebhooks import Webhook

from detector.errors import FetchFailed, InvalidInput
from detector.events.deliveries import Sent
from detector.network.checked_network import (
    CheckedNetwork,
    Resolver,
    is_public,
    look_up,
)
from detector.network.hosts import AllowedHosts
from detector.network.target import Target, is_address
from detector.store.table import utc_now

TIMEOUT_S = 20.0
KEPT_CONNECTIONS = 8
KEPT_S = 2.0  # below what servers keep, so that none closes as we send
MAX_ANSWER_BYTES = 1_000
ANSWER_S = 1.0
"""How long the body of an answer, which nobody reads, is waited for."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to an endpoint.

    Attributes:
        url: of the endpoint.
        id: of the event; the same however often it is sent.
        body: JSON.
        secrets: `whsec_…`, each of which it is signed with.
    """

    url: str
    id: str
    body: str
    secrets: Sequence[str]


def write_body(type: str, at: datetime, data: object) -> str:
    """Write an event as it is sent."""
    event = {"type": type, "timestamp": at.isoformat(), "data": data}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def sign(message: Message, at: datetime) -> dict[str, str]:
    """Make the headers that prove where a message comes from."""
    signatures = [
        Webhook(secret).sign(message.id, at, message.body) for secret in message.secrets
    ]
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(math.floor(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def check_url(url: str, hosts: AllowedHosts) -> None:
    """Refuse a URL that nothing would ever be sent to.

    Args:
        url: where events are to go.
        hosts: that may be inside, or without encryption.

    Raises:
        InvalidInput: it is none, is not encrypted or leads inside.
    """
    try:
        _target(url, hosts)
    except FetchFailed as error:
        raise InvalidInput(
            f"No events can be sent to that URL: {error.args[0]}",
            remedy="Write https://host/path of a server on the public internet, or "
            "have an administrator add its host to DETECTOR_WEBHOOK_HOSTS.",
        ) from None


class WebhookSender:
    """Posts messages to endpoints; one serves many threads.

    Only to public addresses, over https, and along no redirect, save to hosts that
    an administrator allows. No word of what a server answers is kept, except the
    status: whoever names the URL may not be the one whose server it is.

    Args:
        hosts: that may be inside, or without encryption.
        timeout_s: longest time for one message.
        resolve: looks host names up.
        network: connects to addresses.
        tls: which certificates to trust; the system's by default.
    """

    def __init__(
        self,
        hosts: AllowedHosts,
        *,
        timeout_s: float = TIMEOUT_S,
        resolve: Resolver = look_up,
        network: httpcore2.NetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._hosts = hosts
        self._timeout_s = timeout_s
        self._network = CheckedNetwork(
            resolve, network or httpcore2.SyncBackend(), trusts=self._trusts
        )
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls or httpcore2.default_ssl_context(),
            max_connections=None,
            max_keepalive_connections=KEPT_CONNECTIONS,
            keepalive_expiry=KEPT_S,
            network_backend=self._network,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        self._network.close()

    def send(self, message: Message) -> Sent:
        """Send a message; whatever fails is in what is returned."""
        at, started = utc_now(), time.monotonic()
        status, retry_after_s = None, None
        try:
            status, retry_after_s = self._post(message, at, started + self._timeout_s)
            error = None if 200 <= status < 300 else f"It answered with {status}."
        except FetchFailed as failure:
            error = _sentence(str(failure.args[0]))
        except httpcore2.TimeoutException:
            error = f"It took longer than {self._timeout_s:g} s."
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            error = "Its server broke off, or answered with what is no HTTP."
        duration_ms = round(1000 * (time.monotonic() - started))
        return Sent(at, duration_ms, status, error, retry_after_s)

    def _post(
        self, message: Message, at: datetime, deadline: float
    ) -> tuple[int, float | None]:
        """Post a message; return the status, and the seconds asked to wait."""
        target = _target(message.url, self._hosts)
        body = message.body.encode()
        headers: dict[str | bytes, str | bytes] = {
            "Host": target.host_header,
            "User-Agent": "counterfeit-detector",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Accept-Encoding": "identity",
        }
        headers.update(sign(message, at))
        limits = dict.fromkeys(("connect", "read", "write"), deadline)
        with self._pool.stream(
            "POST",
            target.request_url,
            headers=headers,
            content=body,
            extensions={"timeout": limits},
        ) as response:
            answer = response.status, _retry_after_s(response)
            limits["read"] = min(deadline, time.monotonic() + ANSWER_S)
            _skip_body(response)
        return answer

    def _trusts(self, host: str, port: int) -> bool:
        return self._hosts.admits(ip_address(host) if is_address(host) else host, port)


def _target(url: str, hosts: AllowedHosts) -> Target:
    """Take a URL apart.

    Raises:
        FetchFailed: nothing is ever sent there.
    """
    target = Target.parse(url)
    if not hosts.admits(target.host, target.port):
        if target.url.scheme != "https":
            raise FetchFailed("it is not https.", remedy="Encrypt it.")
        if not isinstance(target.host, str) and not is_public(target.host):
            raise FetchFailed(
                "its host is not on the public internet.", remedy="Name another."
            )
    return target


def _skip_body(response: httpcore2.Response) -> None:
    """Read a short body, so that the connection can be used again."""
    num_bytes = 0
    try:
        for chunk in response.iter_stream():
            num_bytes += len(chunk)
            if num_bytes > MAX_ANSWER_BYTES:
                break
    except (
        httpcore2.TimeoutException,
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
    ):
        pass  # the status came, which is all that counts


def _retry_after_s(response: httpcore2.Response) -> float | None:
    """Read how long a server wants to be left alone."""
    for name, value in response.headers:
        if name.lower() == b"retry-after":
            text = value.decode("ascii", "replace").strip()
            if text.isascii() and text.isdigit():
                return float(text[:9])
            try:
                at = parsedate_to_datetime(text)
                return max(0.0, (at - utc_now()).total_seconds())
            except (TypeError, ValueError, OverflowError):
                return None
    return None


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]
