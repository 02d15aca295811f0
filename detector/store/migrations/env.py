"""What alembic runs: the migrations, inside the transaction that the caller holds."""

from alembic import context

from detector.store.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
)
context.run_migrations()
