"""Tell of each result whether it was taken over, as pictures are scanned again."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("scan_image", sa.Column("same_as", sa.String(), nullable=True))
    op.execute(
        "UPDATE scan_image SET same_as = picture.same_as FROM picture"
        " WHERE picture.same_as IS NOT NULL"
        " AND picture.result_scan_id = scan_image.scan_id"
        " AND picture.result_position = scan_image.position"
    )
