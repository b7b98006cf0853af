"""What is under way of viewers who were forgotten; indexes of viewings and reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forgotten",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.drop_index("ix_viewing_viewer", table_name="viewing")
    op.create_index("ix_viewing_viewer", "viewing", ["viewer_id", "started_at"], unique=False)
    op.create_index(
        "ix_viewing_open",
        "viewing",
        ["updated_at"],
        unique=False,
        postgresql_where=sa.text("stopped_at IS NULL"),
    )
    op.create_index("ix_viewing_started_at", "viewing", ["started_at"], unique=False)
    op.create_index("ix_review_state", "review", ["state", "updated_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_review_state", table_name="review")
    op.drop_index("ix_viewing_started_at", table_name="viewing")
    op.drop_index("ix_viewing_open", table_name="viewing")
    op.drop_index("ix_viewing_viewer", table_name="viewing")
    op.create_index("ix_viewing_viewer", "viewing", ["viewer_id", "updated_at"], unique=False)
    op.drop_table("forgotten")
