"""When a dismissal was taken back, so that a late dismissal does not hide the title again."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("standing", sa.Column("undismissed_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("standing", "undismissed_at")
