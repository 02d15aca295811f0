"""Add the record of everything that was done."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_REFUSE = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.at < now() - interval '5 years' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'audit_entry is append-only';
END
$$ LANGUAGE plpgsql
"""
_ON_CHANGE = """
CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()
"""
_ON_UPDATE = """
CREATE TRIGGER audit_entry_stays BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END
"""
_ON_DELETE = """
CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry
WHEN datetime(OLD.at) >= datetime('now', '-5 years')
BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "actor",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("principal", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=True),
        sa.Column("marketplace", sa.String(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor")),
        sa.UniqueConstraint(
            "principal", "role", "year", name=op.f("uq_actor_principal_role_year")
        ),
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=True),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("evidence_sha256", sa.String(), nullable=True),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("previous_sha256", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_audit_entry_actor_id_actor")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(
        op.f("ix_audit_entry_case_id"), "audit_entry", ["case_id"], unique=False
    )
    op.create_index(
        op.f("ix_audit_entry_subject_audit_entry_subject_id_audit_entry_seq"),
        "audit_entry",
        ["subject", "subject_id", "seq"],
        unique=False,
    )

    # What was done stays on record as it was: nobody changes it, by mistake or
    # otherwise, and nothing younger than the five years it is kept is deleted.
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        op.execute(_ON_CHANGE)
    else:
        op.execute(_ON_UPDATE)
        op.execute(_ON_DELETE)
