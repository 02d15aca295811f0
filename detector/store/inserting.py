"""Rows that another process may be inserting at the same moment."""

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
