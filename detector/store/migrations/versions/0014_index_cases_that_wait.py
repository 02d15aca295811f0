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
        name = op.f(f"ix_review_case_{'_'.join(columns)}")
        op.create_index(name, "review_case", list(columns))
