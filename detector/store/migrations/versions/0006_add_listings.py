"""Add listings, their pictures and flags."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "listing",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("marketplace", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("seller_id", sa.String(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("removal", sa.String(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint(
            "marketplace",
            "external_id",
            name=op.f("uq_listing_marketplace_external_id"),
        ),
    )
    op.create_index(
        op.f("ix_listing_seller_id"), "listing", ["seller_id"], unique=False
    )
    op.create_index(
        op.f("ix_listing_state_listing_received_at"),
        "listing",
        ["state", "received_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_listing_updated_at"), "listing", ["updated_at"], unique=False
    )
    op.create_table(
        "listing_import",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("marketplace", sa.String(), nullable=True),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("num_rows", sa.Integer(), nullable=False),
        sa.Column("num_problems", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_import")),
    )
    op.create_index(
        op.f("ix_listing_import_marketplace"),
        "listing_import",
        ["marketplace"],
        unique=False,
    )
    op.create_table(
        "picture_bytes",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_picture_bytes")),
    )
    op.create_index(
        op.f("ix_picture_bytes_created_at"),
        "picture_bytes",
        ["created_at"],
        unique=False,
    )
    op.create_table(
        "picture_sender",
        sa.Column("marketplace", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "marketplace", "sha256", name=op.f("pk_picture_sender")
        ),
    )
    op.create_index(
        op.f("ix_picture_sender_sha256"), "picture_sender", ["sha256"], unique=False
    )
    op.create_table(
        "flag",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("listing_id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("marketplace", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=True),
        sa.Column("relation", sa.String(), nullable=True),
        sa.Column("images", sa.JSON(), nullable=False),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.Column("authorization", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_flag_brand_id_brand")
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_flag_listing_id_listing")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
        sa.UniqueConstraint(
            "listing_id", "brand_id", name=op.f("uq_flag_listing_id_brand_id")
        ),
    )
    op.create_index(op.f("ix_flag_brand_id"), "flag", ["brand_id"], unique=False)
    op.create_index(op.f("ix_flag_marketplace"), "flag", ["marketplace"], unique=False)
    op.create_index(op.f("ix_flag_updated_at"), "flag", ["updated_at"], unique=False)
    op.create_table(
        "listing_image",
        sa.Column("listing_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_listing_image_listing_id_listing"),
        ),
        sa.PrimaryKeyConstraint(
            "listing_id", "position", name=op.f("pk_listing_image")
        ),
    )
    op.create_index(
        op.f("ix_listing_image_sha256"), "listing_image", ["sha256"], unique=False
    )
    op.create_table(
        "listing_problem",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("pointer", sa.String(), nullable=True),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["listing_import.id"],
            name=op.f("fk_listing_problem_import_id_listing_import"),
        ),
        sa.PrimaryKeyConstraint("import_id", "seq", name=op.f("pk_listing_problem")),
    )
    op.create_table(
        "listing_version",
        sa.Column("listing_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("images", sa.JSON(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_listing_version_listing_id_listing"),
        ),
        sa.PrimaryKeyConstraint(
            "listing_id", "version", name=op.f("pk_listing_version")
        ),
    )
    op.create_table(
        "picture_cluster",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("num_pictures", sa.Integer(), nullable=False),
        sa.Column("num_listings", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_listing_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["first_listing_id"],
            ["listing.id"],
            name=op.f("fk_picture_cluster_first_listing_id_listing"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_cluster")),
    )
    op.create_table(
        "picture",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("weights_hash", sa.String(), nullable=True),
        sa.Column("vectors", sa.LargeBinary(), nullable=True),
        sa.Column("perceptual_hash", sa.LargeBinary(), nullable=True),
        sa.Column("thumbnail", sa.LargeBinary(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("result_scan_id", sa.String(), nullable=True),
        sa.Column("result_position", sa.Integer(), nullable=True),
        sa.Column("basis_id", sa.String(), nullable=True),
        sa.Column("watermark", sa.BigInteger(), nullable=True),
        sa.Column("same_as", sa.String(), nullable=True),
        sa.Column("cluster_id", sa.String(), nullable=True),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["basis_id"], ["basis.id"], name=op.f("fk_picture_basis_id_basis")
        ),
        sa.ForeignKeyConstraint(
            ["cluster_id"],
            ["picture_cluster.id"],
            name=op.f("fk_picture_cluster_id_picture_cluster"),
        ),
        sa.ForeignKeyConstraint(
            ["result_scan_id", "result_position"],
            ["scan_image.scan_id", "scan_image.position"],
            name=op.f("fk_picture_result_scan_id_result_position_scan_image"),
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_picture")),
        sa.UniqueConstraint("seq", name=op.f("uq_picture_seq")),
    )
    op.create_index(
        op.f("ix_picture_cluster_id_picture_seq"),
        "picture",
        ["cluster_id", "seq"],
        unique=False,
    )
    op.create_index(
        op.f("ix_picture_last_listed_at"), "picture", ["last_listed_at"], unique=False
    )
    op.create_table(
        "sighting",
        sa.Column("picture_sha256", sa.String(), nullable=False),
        sa.Column("listing_id", sa.String(), nullable=False),
        sa.Column("seller_id", sa.String(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_sighting_listing_id_listing")
        ),
        sa.ForeignKeyConstraint(
            ["picture_sha256"],
            ["picture.sha256"],
            name=op.f("fk_sighting_picture_sha256_picture"),
        ),
        sa.PrimaryKeyConstraint(
            "picture_sha256", "listing_id", name=op.f("pk_sighting")
        ),
    )
    op.create_index(
        op.f("ix_sighting_listing_id"), "sighting", ["listing_id"], unique=False
    )
    op.create_table(
        "watched_picture",
        sa.Column("picture_sha256", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("listing_id", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_watched_picture_brand_id_brand")
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listing.id"],
            name=op.f("fk_watched_picture_listing_id_listing"),
        ),
        sa.ForeignKeyConstraint(
            ["picture_sha256"],
            ["picture.sha256"],
            name=op.f("fk_watched_picture_picture_sha256_picture"),
        ),
        sa.PrimaryKeyConstraint(
            "picture_sha256", "brand_id", name=op.f("pk_watched_picture")
        ),
    )
    op.create_index(
        op.f("ix_watched_picture_created_at"),
        "watched_picture",
        ["created_at"],
        unique=False,
    )
