"""Runs migrations over the connection that `db.migrate` hands in."""

from alembic import context
from sqlmodel import SQLModel

from db import tables as tables  # registers the tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
