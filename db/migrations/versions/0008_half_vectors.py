"""Vectors in half precision: half the disk, and what every engine can hold exactly."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE title_vector ALTER COLUMN vector TYPE halfvec USING vector::halfvec")
    # The copies that engines made hold the vectors as they were: everything is loaded anew.
    op.execute("INSERT INTO change (title_id) SELECT 0 WHERE EXISTS (SELECT FROM title_vector)")


def downgrade() -> None:
    op.execute("ALTER TABLE title_vector ALTER COLUMN vector TYPE vector USING vector::vector")
