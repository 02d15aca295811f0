"""Rows that another process may be inserting at the same moment."""

from collections.abc import Mapping, Sequence

from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Session

from detector.store.table import Table


def insert_new(session: Session, table: type[Table], **values: object) -> bool:
    """Insert a row unless one with its key, or another unique value, is there.

    Returns:
        Whether it was inserted.
    """
    connection = session.connection()
    # Otherwise the count of PostgreSQL's driver is lost, and reads -1.
    options = {"preserve_rowcount": True}
    if session.get_bind().dialect.name == "sqlite":
        statement = insert_sqlite(table).values(values).on_conflict_do_nothing()
        done = connection.execute(statement, execution_options=options)
    else:
        upsert = insert_postgresql(table).values(values).on_conflict_do_nothing()
        done = connection.execute(upsert, execution_options=options)
    return done.rowcount == 1


def insert_missing(
    session: Session, table: type[Table], rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows, all of the same columns, but for those whose key is there already.

    Whoever inserts several should do so in the order of their keys: two who insert the
    same at the same time wait for one another.
    """
    if not rows:
        return
    if session.get_bind().dialect.name == "sqlite":
        statement = insert_sqlite(table).on_conflict_do_nothing()
        session.connection().execute(statement, [dict(row) for row in rows])
    else:
        upsert = insert_postgresql(table).on_conflict_do_nothing()
        session.connection().execute(upsert, [dict(row) for row in rows])
