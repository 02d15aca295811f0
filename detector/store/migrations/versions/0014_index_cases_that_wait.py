"""Index what the pages of queues ask for: who holds what, what waits since when."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INDEXES = (("leased_by",), ("state", "due_at"), ("queue", "state", "opened_at"))


def upgrade() -> None:
    """Apply."""
    for columns in INDEXES:
        label = "_".join(f"review_case_{column}" for column in columns)
        op.create_index(op.f(f"ix_{label}"), "review_case", list(columns))
