"""When keys were last used: kept in memory, and written once in a while."""

import logging
import threading
from datetime import datetime

from sqlalchemy import or_, update

from detector.access.principal import Principal
from detector.errors import DetectorError
from detector.store.access_tables import ApiKeyRow
from detector.store.database import Database
from detector.store.table import utc_now

log = logging.getLogger(__name__)

WRITE_EVERY_S = 60.0
KEY = "key:"


class KeyUse:
    """Writes the times in a thread of its own, so that no request waits for it.

    What was not written when a process is killed is lost; nothing rests on it.
    """

    def __init__(
        self, database: Database, *, write_every_s: float = WRITE_EVERY_S
    ) -> None:
        self._database = database
        self._write_every_s = write_every_s
        self._seen: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="key-use", daemon=True)
        self._thread.start()

    def note(self, principal: Principal) -> None:
        """Remember that a key is being used now."""
        if principal.id.startswith(KEY):
            with self._lock:
                self._seen[principal.id.removeprefix(KEY)] = utc_now()

    def close(self) -> None:
        """Write what is left."""
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.wait(self._write_every_s):
            self._write()
        self._write()

    def _write(self) -> None:
        with self._lock:
            seen, self._seen = self._seen, {}
        if not seen:
            return
        last = ApiKeyRow.last_used_at
        try:
            with self._database.write() as session:
                # In one order, so that two processes do not wait for each other.
                for prefix, time in sorted(seen.items()):
                    is_later = or_(last.is_(None), last < time)
                    session.execute(
                        update(ApiKeyRow)
                        .where(ApiKeyRow.prefix == prefix, is_later)
                        .values(last_used_at=time)
                    )
        except DetectorError as error:
            log.warning("when keys were last used is not written: %s", error)
