"""When a title was taken off a list, so that what is told late does not put it back."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("standing", sa.Column("unfavorite_at", sa.DateTime(timezone=True)))
    op.add_column("standing", sa.Column("unwatchlist_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("standing", "unwatchlist_at")
    op.drop_column("standing", "unfavorite_at")
