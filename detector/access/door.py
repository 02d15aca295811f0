"""The one door: who shows a key, the token of a session, or a password."""

from detector.access.attempts import Attempts
from detector.access.edited_roles import RoleCache
from detector.access.key_use import WRITE_EVERY_S, KeyUse
from detector.access.keys import find_key
from detector.access.links import use_link
from detector.access.principal import Principal
from detector.access.sessions import UserSession, find_session, log_in
from detector.access.users import User, change_password
from detector.store.database import Database


class Door:
    """Finds out who asks; opened once per process."""

    def __init__(
        self, database: Database, *, write_use_every_s: float = WRITE_EVERY_S
    ) -> None:
        self.roles = RoleCache(database)
        self._database = database
        self._attempts = Attempts()
        self._use = KeyUse(database, write_every_s=write_use_every_s)

    def find_principal(self, token: str) -> Principal | None:
        """Find out who shows a key, or the token of a session."""
        found = find_key(self._database, token) or find_session(self._database, token)
        if found is None:
            return None
        principal = found.principal(self.roles.bundles())
        self._use.note(principal)
        return principal

    def log_in(
        self, email: str, password: str, *, address: str
    ) -> tuple[str, UserSession]:
        """Begin a session, unless there were too many attempts; see `log_in`."""
        self._attempts.take(email, address)
        return log_in(self._database, email, password)

    def use_link(self, link: str, *, address: str) -> tuple[str, UserSession]:
        """Begin a session with a link, unless there were too many attempts."""
        self._attempts.take(link, address)
        return use_link(self._database, link)

    def change_password(
        self, user_id: str, *, old: str, new: str, address: str
    ) -> User:
        """Let somebody change their own password; guesses of the old one count."""
        self._attempts.take(user_id, address)
        return change_password(self._database, user_id, old=old, new=new)

    def close(self) -> None:
        """Write what is left to be written."""
        self._use.close()
