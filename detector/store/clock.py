"""Numbers in the order of commits, which a database's sequences do not promise."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.store.event_tables import ClockRow
from detector.store.inserting import insert_new


def next_seq(session: Session, name: str, count: int = 1) -> int:
    """Take `count` numbers in a row; return the first.

    Whoever takes one holds the name's row until the transaction ends: who reads up to
    a number has missed nothing below it. It also keeps others out of what goes with
    it, so take it before deciding what depends on what others have written.
    """
    insert_new(session, ClockRow, name=name, seq=0)
    row = session.get_one(ClockRow, name, with_for_update=True, populate_existing=True)
    row.seq += count
    session.flush()
    return row.seq - count + 1


def last_seq(session: Session, name: str) -> int:
    """Read the last number that was taken; 0 if none was."""
    return session.scalar(select(ClockRow.seq).where(ClockRow.name == name)) or 0
