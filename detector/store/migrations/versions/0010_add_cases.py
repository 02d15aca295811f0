"""Add cases, decisions, questions and deadlines."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "review_case",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("listing_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("marketplace", sa.String(), nullable=False),
        sa.Column("seller_id", sa.String(), nullable=True),
        sa.Column("cluster_id", sa.String(), nullable=True),
        sa.Column("previous_id", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closure", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("is_random", sa.Boolean(), nullable=False),
        sa.Column("random_key", sa.Double(), nullable=False),
        sa.Column("risk", sa.Double(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("regime", sa.String(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("basis", sa.JSON(), nullable=False),
        sa.Column("images", sa.JSON(), nullable=False),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.Column("is_brand_silent", sa.Boolean(), nullable=False),
        sa.Column("is_litigated", sa.Boolean(), nullable=False),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("skipped_by", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_review_case_brand_id_brand")
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_review_case_listing_id_listing"),
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["review_case.id"],
            name=op.f("fk_review_case_previous_id_review_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_case")),
    )
    op.create_index(
        op.f("ix_review_case_brand_id_review_case_state"),
        "review_case",
        ["brand_id", "state"],
        unique=False,
    )
    op.create_index(
        op.f("ix_review_case_closed_at"), "review_case", ["closed_at"], unique=False
    )
    op.create_index(
        op.f("ix_review_case_cluster_id"), "review_case", ["cluster_id"], unique=False
    )
    op.create_index(
        op.f("ix_review_case_leased_until"),
        "review_case",
        ["leased_until"],
        unique=False,
    )
    op.create_index(
        op.f("ix_review_case_listing_id"), "review_case", ["listing_id"], unique=False
    )
    op.create_index(
        op.f("ix_review_case_marketplace_review_case_state"),
        "review_case",
        ["marketplace", "state"],
        unique=False,
    )
    op.create_index(
        op.f("ix_review_case_queue_review_case_state_review_case_due_at"),
        "review_case",
        ["queue", "state", "due_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_review_case_seller_id"), "review_case", ["seller_id"], unique=False
    )
    op.create_index(
        op.f("ix_review_case_updated_at"), "review_case", ["updated_at"], unique=False
    )
    op.create_table(
        "brand_question",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("explanation", sa.String(), nullable=True),
        sa.Column("statements", sa.JSON(), nullable=False),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_brand_question_brand_id_brand")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["review_case.id"],
            name=op.f("fk_brand_question_case_id_review_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brand_question")),
    )
    op.create_index(
        op.f("ix_brand_question_brand_id_brand_question_state_brand_question_due_at"),
        "brand_question",
        ["brand_id", "state", "due_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_brand_question_case_id"), "brand_question", ["case_id"], unique=False
    )
    op.create_table(
        "case_comment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["review_case.id"],
            name=op.f("fk_case_comment_case_id_review_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_comment")),
    )
    op.create_index(
        op.f("ix_case_comment_case_id"), "case_comment", ["case_id"], unique=False
    )
    op.create_table(
        "case_listing",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("listing_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("flag_id", sa.String(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_case_listing_brand_id_brand")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["review_case.id"],
            name=op.f("fk_case_listing_case_id_review_case"),
        ),
        sa.ForeignKeyConstraint(
            ["flag_id"], ["flag.id"], name=op.f("fk_case_listing_flag_id_flag")
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_case_listing_listing_id_listing"),
        ),
        sa.PrimaryKeyConstraint("case_id", "listing_id", name=op.f("pk_case_listing")),
    )
    op.create_index(
        op.f("ix_case_listing_listing_id"), "case_listing", ["listing_id"], unique=False
    )
    op.create_index(
        "uq_case_listing_open",
        "case_listing",
        ["listing_id", "brand_id"],
        unique=True,
        sqlite_where=sa.text("is_open = 1"),
        postgresql_where=sa.text("is_open"),
    )
    op.create_table(
        "deadline",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("start_event", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["review_case.id"],
            name=op.f("fk_deadline_case_id_review_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    op.create_index(op.f("ix_deadline_case_id"), "deadline", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_deadline_state_deadline_due_at"),
        "deadline",
        ["state", "due_at"],
        unique=False,
    )
    op.create_index(
        "uq_deadline_running",
        "deadline",
        ["case_id", "kind", "subject_id"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("opinion", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("right_id", sa.String(), nullable=True),
        sa.Column("corroboration", sa.JSON(), nullable=False),
        sa.Column("restriction", sa.JSON(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("likelihood", sa.Double(), nullable=True),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["review_case.id"],
            name=op.f("fk_decision_case_id_review_case"),
        ),
        sa.ForeignKeyConstraint(
            ["right_id"], ["ip_right.id"], name=op.f("fk_decision_right_id_ip_right")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(
        op.f("ix_decision_batch_id"), "decision", ["batch_id"], unique=False
    )
    op.create_index(op.f("ix_decision_case_id"), "decision", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_decision_decided_at"), "decision", ["decided_at"], unique=False
    )
    op.create_index(
        op.f("ix_decision_decided_by"), "decision", ["decided_by"], unique=False
    )
