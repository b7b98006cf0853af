"""Searches that were asked, what was opened from them, and what many ask for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "popular_search",
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("region", "position"),
    )
    op.create_table(
        "search_query",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visitor_id", sa.Uuid(), nullable=True),
        sa.Column("recognised", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("results", sa.Integer(), nullable=False),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("relaxed", sa.Boolean(), nullable=False),
        sa.Column("took_ms", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_search_query_at", "search_query", ["at"], unique=False)
    op.create_index("ix_search_query_visitor", "search_query", ["visitor_id", "at"], unique=False)
    op.create_table(
        "search_click",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("search_id", sa.Uuid(), nullable=False),
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["search_id"], ["search_query.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_search_click_search_id", "search_click", ["search_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_search_click_search_id", table_name="search_click")
    op.drop_table("search_click")
    op.drop_index("ix_search_query_visitor", table_name="search_query")
    op.drop_index("ix_search_query_at", table_name="search_query")
    op.drop_table("search_query")
    op.drop_table("popular_search")
