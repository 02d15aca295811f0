"""Roles as an admin has edited them; those that nobody edited are as shipped."""

import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.access.principal import Principal
from detector.access.roles import BEYOND, SHIPPED, Capability, Role, RoleBundle
from detector.errors import Escalation, InvalidInput
from detector.store.access_tables import RoleRow
from detector.store.database import Database

KEPT_BY_ADMIN = frozenset(
    {Capability.ROLES_MANAGE, Capability.KEYS_MANAGE, Capability.USERS_MANAGE}
)
"""Without these nobody could give back what an edit has taken."""

MAX_AGE_S = 2.0

Bundles = Mapping[Role, RoleBundle]


def read_roles(session: Session) -> Bundles:
    """Read what each role allows now."""
    stored = {row.name: row.capabilities for row in session.scalars(select(RoleRow))}
    return {
        role: shipped
        if role not in stored
        else replace(shipped, capabilities=_known(stored[role]) - BEYOND[shipped.reach])
        for role, shipped in SHIPPED.items()
    }


def change_role(
    database: Database,
    role: Role,
    *,
    capabilities: Collection[Capability],
    by: Principal,
) -> RoleBundle:
    """Say what a role allows from now on, for all keys and users that have it.

    Raises:
        InvalidInput: a role of that reach cannot have it, or an admin needs it.
        Escalation: something is added that the caller does not have.
    """
    wanted, shipped = frozenset(capabilities), SHIPPED[role]
    if too_far := wanted & BEYOND[shipped.reach]:
        raise InvalidInput(
            f"The role {role} sees one {shipped.reach}'s data and cannot have "
            f"{listed(too_far)}.",
            remedy="Leave it out: it would show others' data.",
        )
    if role is Role.ADMIN and (lost := KEPT_BY_ADMIN - wanted):
        raise InvalidInput(
            f"The role admin cannot do without {listed(lost)}.",
            remedy="Keep it: nobody could give it back otherwise.",
        )
    with database.write() as session:
        row = session.get(RoleRow, role, with_for_update=True)
        current = read_roles(session)[role].capabilities
        if beyond := wanted - current - by.capabilities:
            raise Escalation(
                f"You do not have {listed(beyond)}, so you cannot give it to a role.",
                remedy="Ask somebody who has it.",
            )
        if row is not None and wanted == shipped.capabilities:
            session.delete(row)
        elif row is not None:
            row.capabilities, row.updated_by = sorted(wanted), by.id
        elif wanted != shipped.capabilities:
            edited = RoleRow(name=role, capabilities=sorted(wanted), updated_by=by.id)
            session.add(edited)
    return replace(shipped, capabilities=wanted)


def listed(capabilities: Collection[Capability]) -> str:
    """Name capabilities in a sentence."""
    return ", ".join(sorted(capabilities))


class RoleCache:
    """Roles as they were a moment ago, for the path of every request."""

    def __init__(self, database: Database, *, max_age_s: float = MAX_AGE_S) -> None:
        self._database = database
        self._max_age_s = max_age_s
        self._lock = threading.Lock()
        self._bundles: Bundles = {}
        self._read_at = float("-inf")

    def bundles(self) -> Bundles:
        """What each role allows, no older than `max_age_s`."""
        with self._lock:
            now = time.monotonic()
            if now - self._read_at >= self._max_age_s:
                with self._database.read() as session:
                    self._bundles = read_roles(session)
                self._read_at = now
            return self._bundles

    def forget(self) -> None:
        """Read again next time: this process has edited a role."""
        with self._lock:
            self._read_at = float("-inf")


def _known(names: Collection[str]) -> frozenset[Capability]:
    """Take what this version knows; another one may have written more."""
    return frozenset(each for each in Capability if each in names)
