"""Give the catalogue states, rights, sellers and products with details."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("brand") as batch_op:
        batch_op.add_column(
            sa.Column("state", sa.String(), server_default="active", nullable=False)
        )

    with op.batch_alter_table("product") as batch_op:
        batch_op.add_column(sa.Column("gtin", sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column("details", sa.JSON(), server_default="{}", nullable=False)
        )
        batch_op.add_column(
            sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False)
        )
        batch_op.create_index(batch_op.f("ix_product_gtin"), ["gtin"])

    with op.batch_alter_table("reference") as batch_op:
        batch_op.add_column(
            sa.Column("role", sa.String(), server_default="official", nullable=False)
        )
        batch_op.add_column(
            sa.Column(
                "image_rights", sa.String(), server_default="unknown", nullable=False
            )
        )
        batch_op.add_column(
            sa.Column("state", sa.String(), server_default="active", nullable=False)
        )
        batch_op.add_column(
            sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.create_index(batch_op.f("ix_reference_expires_at"), ["expires_at"])
        batch_op.drop_constraint(
            batch_op.f("fk_reference_product_id_product"), type_="foreignkey"
        )
        batch_op.drop_column("product_id")

    op.create_table(
        "ip_right",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_ip_right_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ip_right")),
        sa.UniqueConstraint(
            "brand_id", "external_id", name=op.f("uq_ip_right_brand_id_external_id")
        ),
    )
    op.create_table(
        "authorized_seller",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("marketplace", sa.String(), nullable=False),
        sa.Column("seller_id", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("product_scope", sa.JSON(), nullable=False),
        sa.Column("countries", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("evidence_ref", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brand.id"], name=op.f("fk_authorized_seller_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorized_seller")),
        sa.UniqueConstraint(
            "brand_id",
            "marketplace",
            "seller_id",
            name=op.f("uq_authorized_seller_brand_id_marketplace_seller_id"),
        ),
    )
    op.create_table(
        "reference_product",
        sa.Column("reference_id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
            name=op.f("fk_reference_product_product_id_product"),
        ),
        sa.ForeignKeyConstraint(
            ["reference_id"],
            ["reference.id"],
            name=op.f("fk_reference_product_reference_id_reference"),
        ),
        sa.PrimaryKeyConstraint(
            "reference_id", "product_id", name=op.f("pk_reference_product")
        ),
    )
    op.create_index(
        op.f("ix_reference_product_product_id"), "reference_product", ["product_id"]
    )
