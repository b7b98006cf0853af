"""PostgreSQL tells whoever listens that the change log has grown, or an engine was fed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = {"change": "INSERT", "index_copy": "INSERT OR UPDATE OR DELETE"}


def upgrade() -> None:
    # What an engine holds is known again by the line of the log that it has reached.
    op.add_column("index_copy", sa.Column("seal", sa.String(), server_default="", nullable=False))
    # A log with a line, so that whoever reads it stands on one (see db.changes).
    op.execute("INSERT INTO change (title_id) SELECT 0 WHERE NOT EXISTS (SELECT FROM change)")
    op.execute(
        """
        CREATE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('rasika_change', ''); RETURN NULL; END $$
        """
    )
    for table, events in TABLES.items():
        op.execute(
            f"CREATE TRIGGER tell_{table} AFTER {events} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION tell_change()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER tell_{table} ON {table}")
    op.execute("DROP FUNCTION tell_change()")
    op.drop_column("index_copy", "seal")
