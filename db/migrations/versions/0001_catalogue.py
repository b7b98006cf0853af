"""The catalogue: titles and what belongs to them, vectors, popularity, the change log."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for extension in ("vector", "pg_trgm", "unaccent"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    op.create_table(
        "change",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column(
            "transaction",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("ix_change_order", "change", ["transaction", "position"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("folded"),
    )
    op.create_table(
        "title",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("movie", "series", "anime", name="kind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("original_title", sa.String(), nullable=True),
        sa.Column("original_language", sa.String(), nullable=True),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("release_date", sa.Date(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("end_year", sa.Integer(), nullable=True),
        sa.Column("runtime_minutes", sa.Integer(), nullable=True),
        sa.Column("episodes", sa.Integer(), nullable=True),
        sa.Column("tagline", sa.String(), nullable=True),
        sa.Column("format", sa.String(), nullable=True),
        sa.Column("adult", sa.Boolean(), nullable=False),
        sa.Column("certificate", sa.String(), nullable=True),
        sa.Column("minimum_age", sa.Integer(), nullable=True),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_title_identity", "title", ["folded", "year", "kind"], unique=False)
    op.create_index("ix_title_votes", "title", ["votes"], unique=False)
    op.create_table(
        "availability",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "provider", "region", "access"),
    )
    op.create_index("ix_availability_provider", "availability", ["provider"], unique=False)
    op.create_table(
        "content_warning",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("warning", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "warning"),
    )
    op.create_table(
        "credit",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("character", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "position"),
    )
    op.create_index("ix_credit_person_id", "credit", ["person_id"], unique=False)
    op.create_table(
        "external_id",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source", "value"),
    )
    op.create_index("ix_external_id_title_id", "external_id", ["title_id"], unique=False)
    op.create_table(
        "image",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "position"),
    )
    op.create_table(
        "popularity",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column(
            "scope_kind",
            sa.Enum(
                "global", "country", "language", name="scopekind", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "scope_kind", "scope"),
    )
    op.create_table(
        "rating",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("scale", sa.Float(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=True),
        sa.Column("popularity", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "source"),
    )
    op.create_table(
        "source_record",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "source"),
    )
    op.create_table(
        "synopsis",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "language"),
    )
    op.create_table(
        "title_country",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "country"),
    )
    op.create_table(
        "title_genre",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("genre", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "genre"),
    )
    op.create_index("ix_title_genre_genre", "title_genre", ["genre"], unique=False)
    op.create_table(
        "title_keyword",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("keyword", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "keyword"),
    )
    op.create_table(
        "title_language",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "language"),
    )
    op.create_index("ix_title_language_language", "title_language", ["language"], unique=False)
    op.create_table(
        "title_name",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("script", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "primary",
                "original",
                "translated",
                "alias",
                name="namekind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("folded", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "position"),
    )
    op.create_index("ix_title_name_folded", "title_name", ["folded"], unique=False)
    op.create_index(
        "ix_title_name_trigram",
        "title_name",
        ["folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.create_table(
        "title_vector",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column(
            "space",
            sa.Enum("content", "collab", "sequence", name="space", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("text_hash", sa.String(), nullable=False),
        sa.Column("vector", Vector(), nullable=False),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "space", "model"),
    )
    op.create_index("ix_title_vector_model", "title_vector", ["space", "model"], unique=False)
    op.create_table(
        "video",
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("title_id", "position"),
    )


def downgrade() -> None:
    op.drop_table("video")
    op.drop_index("ix_title_vector_model", table_name="title_vector")
    op.drop_table("title_vector")
    op.drop_index(
        "ix_title_name_trigram",
        table_name="title_name",
        postgresql_using="gin",
        postgresql_ops={"folded": "gin_trgm_ops"},
    )
    op.drop_index("ix_title_name_folded", table_name="title_name")
    op.drop_table("title_name")
    op.drop_index("ix_title_language_language", table_name="title_language")
    op.drop_table("title_language")
    op.drop_table("title_keyword")
    op.drop_index("ix_title_genre_genre", table_name="title_genre")
    op.drop_table("title_genre")
    op.drop_table("title_country")
    op.drop_table("synopsis")
    op.drop_table("source_record")
    op.drop_table("rating")
    op.drop_table("popularity")
    op.drop_table("image")
    op.drop_index("ix_external_id_title_id", table_name="external_id")
    op.drop_table("external_id")
    op.drop_index("ix_credit_person_id", table_name="credit")
    op.drop_table("credit")
    op.drop_table("content_warning")
    op.drop_index("ix_availability_provider", table_name="availability")
    op.drop_table("availability")
    op.drop_index("ix_title_votes", table_name="title")
    op.drop_index("ix_title_identity", table_name="title")
    op.drop_table("title")
    op.drop_table("person")
    op.drop_index("ix_change_order", table_name="change")
    op.drop_table("change")
