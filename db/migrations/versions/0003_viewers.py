"""Viewers: accounts, sign-ins, what they did and like, taste, reviews."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "viewer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "account",
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["viewer_id"], ["viewer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("viewer_id"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "interaction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("progress", sa.Float(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("device", sa.String(), nullable=True),
        sa.Column("row", sa.String(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["viewer_id"], ["viewer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_interaction_at", "interaction", ["at"], unique=False)
    op.create_index("ix_interaction_client", "interaction", ["viewer_id", "client_id"], unique=True)
    op.create_index("ix_interaction_title", "interaction", ["title_id", "at"], unique=False)
    op.create_index("ix_interaction_viewer", "interaction", ["viewer_id", "id"], unique=False)
    op.create_table(
        "profile",
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("display_language", sa.String(), nullable=True),
        sa.Column(
            "languages",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "favourite_genres",
            postgresql.ARRAY(sa.String()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "disliked_genres",
            postgresql.ARRAY(sa.String()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("personal_search", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["viewer_id"], ["viewer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("viewer_id"),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("spoiler", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["viewer_id"], ["viewer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_review_title", "review", ["title_id", "state", "created_at"], unique=False)
    op.create_index("ix_review_viewer_title", "review", ["viewer_id", "title_id"], unique=True)
    op.create_table(
        "standing",
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("progress", sa.Float(), nullable=True),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("liked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disliked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("favorite_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("watchlist_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("watched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("viewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["viewer_id"], ["viewer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("viewer_id", "title_id"),
    )
    op.create_table(
        "taste",
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("space", sa.String(32), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("numbers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["viewer_id"], ["viewer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("viewer_id", "space"),
    )
    op.create_table(
        "viewing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(), nullable=True),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["viewer_id"], ["viewer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_viewing_viewer", "viewing", ["viewer_id", "updated_at"], unique=False)
    op.create_table(
        "provider_identity",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["viewer_id"], ["account.viewer_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", "subject"),
    )
    op.create_index(
        "ix_provider_identity_viewer_id", "provider_identity", ["viewer_id"], unique=False
    )
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("viewer_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["viewer_id"], ["account.viewer_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_sign_in_viewer_id", "sign_in", ["viewer_id"], unique=False)
    op.create_table(
        "refresh_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sign_in_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_refresh_token_sign_in_id", "refresh_token", ["sign_in_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_refresh_token_sign_in_id", table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_index("ix_sign_in_viewer_id", table_name="sign_in")
    op.drop_table("sign_in")
    op.drop_index("ix_provider_identity_viewer_id", table_name="provider_identity")
    op.drop_table("provider_identity")
    op.drop_index("ix_viewing_viewer", table_name="viewing")
    op.drop_table("viewing")
    op.drop_table("taste")
    op.drop_table("standing")
    op.drop_index("ix_review_viewer_title", table_name="review")
    op.drop_index("ix_review_title", table_name="review")
    op.drop_table("review")
    op.drop_table("profile")
    op.drop_index("ix_interaction_viewer", table_name="interaction")
    op.drop_index("ix_interaction_title", table_name="interaction")
    op.drop_index("ix_interaction_client", table_name="interaction")
    op.drop_index("ix_interaction_at", table_name="interaction")
    op.drop_table("interaction")
    op.drop_table("account")
    op.drop_table("viewer")
