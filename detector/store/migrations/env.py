"""What alembic runs: the migrations, inside the transaction that the caller holds."""

from alembic import context

from detector.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
context.run_migrations()
