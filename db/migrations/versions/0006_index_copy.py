"""How far the engines that several processes share have followed the change log."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "index_copy",
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("built_from", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("engine"),
    )


def downgrade() -> None:
    op.drop_table("index_copy")
    # The engine's own, see db.pgvector_store.
    for schema in ("vector_search", "vector_search_next"):
        op.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
