"""Lay out the tables."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "basis",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("recipe", sa.String(), nullable=False),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basis")),
    )
    op.create_table(
        "brand",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brand")),
        sa.UniqueConstraint("key", name=op.f("uq_brand_key")),
    )
    op.create_table(
        "catalogue_change",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reference_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_catalogue_change")),
    )
    op.create_table(
        "catalogue_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("catalogue_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_clock")),
    )
    op.create_table(
        "image",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("num_bytes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_image")),
    )
    op.create_table(
        "scan",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
    )
    op.create_table(
        "description",
        sa.Column("image_sha256", sa.String(), nullable=False),
        sa.Column("recipe", sa.String(), nullable=False),
        sa.Column("votes", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_sha256"],
            ["image.sha256"],
            name=op.f("fk_description_image_sha256_image"),
        ),
        sa.PrimaryKeyConstraint("image_sha256", "recipe", name=op.f("pk_description")),
    )
    op.create_table(
        "embedding",
        sa.Column("image_sha256", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("weights_hash", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_sha256"],
            ["image.sha256"],
            name=op.f("fk_embedding_image_sha256_image"),
        ),
        sa.PrimaryKeyConstraint(
            "image_sha256", "model", "weights_hash", name=op.f("pk_embedding")
        ),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_product_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint(
            "brand_id", "external_id", name=op.f("uq_product_brand_id_external_id")
        ),
    )
    op.create_table(
        "scan_image",
        sa.Column("scan_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("image", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan.id"], name=op.f("fk_scan_image_scan_id_scan")
        ),
        sa.PrimaryKeyConstraint("scan_id", "position", name=op.f("pk_scan_image")),
    )
    op.create_index(op.f("ix_scan_image_sha256"), "scan_image", ["sha256"])

    op.create_table(
        "reference",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=True),
        sa.Column("image_sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_reference_brand_id_brand")
        ),
        sa.ForeignKeyConstraint(
            ["image_sha256"],
            ["image.sha256"],
            name=op.f("fk_reference_image_sha256_image"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_reference_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference")),
        sa.UniqueConstraint(
            "brand_id", "external_id", name=op.f("uq_reference_brand_id_external_id")
        ),
    )
    op.create_index(op.f("ix_reference_image_sha256"), "reference", ["image_sha256"])

    op.create_table(
        "scan_match",
        sa.Column("scan_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reference_id", sa.String(), nullable=False),
        sa.Column("reference_sha256", sa.String(), nullable=False),
        sa.Column("basis_id", sa.String(), nullable=False),
        sa.Column("watermark", sa.BigInteger(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("likelihood", sa.Double(), nullable=True),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("mirrored", sa.Boolean(), nullable=False),
        sa.Column("num_inliers", sa.Integer(), nullable=False),
        sa.Column("query_region", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reference_region", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("query_overlap", sa.Double(), nullable=False),
        sa.Column("reference_overlap", sa.Double(), nullable=False),
        sa.Column("homography", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["basis_id"], ["basis.id"], name=op.f("fk_scan_match_basis_id_basis")
        ),
        sa.ForeignKeyConstraint(
            ["scan_id", "position"],
            ["scan_image.scan_id", "scan_image.position"],
            name=op.f("fk_scan_match_scan_id_position_scan_image"),
        ),
        sa.PrimaryKeyConstraint(
            "scan_id", "position", "rank", name=op.f("pk_scan_match")
        ),
    )
    op.create_index(op.f("ix_scan_match_reference_id"), "scan_match", ["reference_id"])

    clock = sa.table(
        "catalogue_clock",
        sa.column("id"),
        sa.column("seq"),
        sa.column("catalogue_id"),
    )
    op.bulk_insert(clock, [{"id": 1, "seq": 0, "catalogue_id": uuid.uuid4().hex}])
