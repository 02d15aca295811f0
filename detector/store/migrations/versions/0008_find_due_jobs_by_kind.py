"""Find due jobs by their kind, however many there are of another."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        op.f("ix_job_kind_job_state_job_run_at"), "job", ["kind", "state", "run_at"]
    )
    op.drop_index(op.f("ix_job_state_job_run_at"), table_name="job")
