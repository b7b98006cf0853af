"""The tables of PostgreSQL; importing the package registers all of them."""

from db.orm_states import guard_instance_states
from db.tables import change_log, searches, titles, users

__all__ = ["change_log", "searches", "titles", "users"]

guard_instance_states()
