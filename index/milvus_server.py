"""A connection to Milvus whose failures are ours, and never name a password."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from grpc import RpcError
from pymilvus import MilvusClient, MilvusException
from pymilvus.exceptions import ParamError

from index.index_engine import Unavailable

CONNECT_S = 5.0
ASK_S = 10.0
"""Longest time of a search or a small change; a search takes milliseconds."""
MAKE_S = 60.0
"""Longest time of what a server does rarely and slowly, such as making a collection."""

NOT_FOUND = 100

# It logs each failure with its traceback; we raise them.
logging.getLogger("pymilvus").setLevel(logging.CRITICAL)


class MilvusServer:
    """A server, or the files of milvus-lite; connects when made.

    Args:
        url: as for `open_index_engine`.
        unavailable: makes the error raised when it cannot be used.

    Raises:
        ValueError: the URL names no Milvus.
    """

    def __init__(self, url: str, *, unavailable: Unavailable) -> None:
        self._unavailable = unavailable
        token = database = ""
        self._is_lite = url.endswith(".db") and "://" not in url
        if self._is_lite:
            self.name = address = str(Path(url).absolute())
            Path(address).parent.mkdir(parents=True, exist_ok=True)
            # milvus-lite logs each question of its client that it does not know.
            logging.getLogger("grpc._server").setLevel(logging.CRITICAL)
        else:
            address, token, database = _split(url)
            self.name = f"{address}/{database}".rstrip("/")
        with self._faults():
            self._client = MilvusClient(
                address, token=token, db_name=database, timeout=CONNECT_S
            )

    @contextmanager
    def asking(self) -> Iterator[MilvusClient]:
        """Give the client for a question, which names its own timeout.

        Raises:
            Exception: what `unavailable` makes.
        """
        with self._faults():
            yield self._client

    def describe(self, name: str) -> Mapping[str, object] | None:
        """Describe a collection, by its own name or an alias; None if there is none."""
        with self.asking() as client:
            try:
                found = client.describe_collection(name, timeout=ASK_S)
            except MilvusException as error:
                if error.code != NOT_FOUND:
                    raise
                return None
        return dict(found)

    def now(self) -> int:
        """Ask for the server's time, later than all that it has acknowledged.

        milvus-lite has none and needs none: it shows each change at once.
        """
        if self._is_lite:
            return 1
        with self._faults():
            # No public name leads there.
            connection = self._client._get_connection()
            return int(connection.alloc_timestamp(timeout=ASK_S))

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except ParamError:
            raise  # a mistake of ours
        except MilvusException as error:
            if error.code == NOT_FOUND:
                raise self._unavailable(
                    f"Milvus at {self.name} has lost an index: {error.message}.",
                    "Start the services again; they fill it anew from the catalogue.",
                ) from error
            # The reason of a server, which knows no password; one line of it.
            reason = str(error.message).partition("\n")[0]
            raise self._fault(reason) from error
        except RpcError as error:
            reason = error.code().name.lower().replace("_", " ")
            raise self._fault(reason) from error

    def _fault(self, reason: str) -> Exception:
        return self._unavailable(
            f"Milvus at {self.name} cannot be used: {reason.rstrip('.')}.",
            "See that it runs, and that DETECTOR_INDEX_URL names it, with user and "
            "password if it asks for them; or unset that for an index in files.",
        )


def _split(url: str) -> tuple[str, str, str]:
    """Take address, token and database out of a URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            "expected http://host:19530, https://user:password@host/database or a file "
            "that ends in .db"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = 443 if parts.scheme == "https" else 19530
    names = (parts.username, parts.password)
    token = ":".join(unquote(name) for name in names if name)
    return f"{parts.scheme}://{host}:{port or default}", token, parts.path.strip("/")
