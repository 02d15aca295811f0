"""Add policies, standing, calibrations and what decisions taught."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "case_policy",
        sa.Column("marketplace", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("marketplace", "version", name=op.f("pk_case_policy")),
    )
    op.create_table(
        "standing",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing")),
    )
    op.create_index(
        op.f("ix_standing_subject_standing_subject_id_standing_created_at"),
        "standing",
        ["subject", "subject_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "likelihood_calibration",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("applied_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"],
            ["brand.id"],
            name=op.f("fk_likelihood_calibration_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_likelihood_calibration")),
    )
    op.create_index(
        op.f("ix_likelihood_calibration_brand_id_likelihood_calibration_state"),
        "likelihood_calibration",
        ["brand_id", "state"],
        unique=False,
    )
    op.create_table(
        "dismissed_likeness",
        sa.Column("picture_sha256", sa.String(), nullable=False),
        sa.Column("reference_id", sa.String(), nullable=False),
        sa.Column("cluster_id", sa.String(), nullable=True),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["review_case.id"],
            name=op.f("fk_dismissed_likeness_case_id_review_case"),
        ),
        sa.ForeignKeyConstraint(
            ["reference_id"],
            ["reference.id"],
            name=op.f("fk_dismissed_likeness_reference_id_reference"),
        ),
        sa.PrimaryKeyConstraint(
            "picture_sha256", "reference_id", name=op.f("pk_dismissed_likeness")
        ),
    )
    op.create_index(
        op.f("ix_dismissed_likeness_case_id"),
        "dismissed_likeness",
        ["case_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_dismissed_likeness_cluster_id"),
        "dismissed_likeness",
        ["cluster_id"],
        unique=False,
    )
    op.create_table(
        "reference_record",
        sa.Column("reference_id", sa.String(), nullable=False),
        sa.Column("num_confirmed", sa.Integer(), nullable=False),
        sa.Column("num_dismissed", sa.Integer(), nullable=False),
        sa.Column("is_quarantined", sa.Boolean(), nullable=False),
        sa.Column("quarantine_reason", sa.String(), nullable=True),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference_id"],
            ["reference.id"],
            name=op.f("fk_reference_record_reference_id_reference"),
        ),
        sa.PrimaryKeyConstraint("reference_id", name=op.f("pk_reference_record")),
    )
