"""Runs migrations over the connection that `db.migrate` hands in."""

from alembic import context
from sqlmodel import SQLModel

from db.tables import titles as tables  # registers the tables
from db.tables import users as viewers

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
