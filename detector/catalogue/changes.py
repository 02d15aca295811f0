"""The numbered record of what came and went, which the search indexes follow."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, true, update
from sqlalchemy.orm import Session

from detector.store.tables import CatalogueChangeRow, CatalogueClockRow


class ChangeKind(StrEnum):
    """What happened to a reference."""

    ADD = "add"
    REMOVE = "remove"


class ChangeLog:
    """Writes changes within one transaction.

    Making one locks the clock: until the transaction ends no other one changes the
    catalogue, so what is read after this stays true.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        clock = update(CatalogueClockRow).values(seq=CatalogueClockRow.seq)
        self._seq = session.execute(clock.returning(CatalogueClockRow.seq)).scalar_one()

    def note(self, reference_id: str, kind: ChangeKind) -> None:
        """Record a change under the next number."""
        self._seq += 1
        self._session.add(
            CatalogueChangeRow(seq=self._seq, reference_id=reference_id, kind=kind)
        )
        self._session.execute(update(CatalogueClockRow).values(seq=self._seq))


def last_change(session: Session) -> int:
    """Read the number of the newest change; 0 before the first."""
    return session.execute(select(CatalogueClockRow.seq)).scalar_one()


def waiting_since(session: Session, watermark: int) -> datetime | None:
    """Read when the first change after a change number was made; None if none was."""
    following = select(CatalogueChangeRow.at).where(CatalogueChangeRow.seq > watermark)
    return session.scalar(following.order_by(CatalogueChangeRow.seq).limit(1))


def changed_at(session: Session) -> datetime | None:
    """Read when the newest change was made; None before the first."""
    newest = select(CatalogueChangeRow.at).order_by(CatalogueChangeRow.seq.desc())
    return session.scalar(newest.limit(1))


def changed_since(
    session: Session, watermark: int, until: int | None = None
) -> list[str]:
    """List the references that changed after a change number, each once, sorted.

    Args:
        session: to read with.
        watermark: the change number.
        until: the last change to look at; all if None.
    """
    changed = (
        select(CatalogueChangeRow.reference_id)
        .where(CatalogueChangeRow.seq > watermark)
        .where(CatalogueChangeRow.seq <= until if until is not None else true())
        .distinct()
        .order_by(CatalogueChangeRow.reference_id)
    )
    return list(session.scalars(changed))


def catalogue_id(session: Session) -> str:
    """Read the name of the catalogue that change numbers belong to."""
    return session.execute(select(CatalogueClockRow.catalogue_id)).scalar_one()
