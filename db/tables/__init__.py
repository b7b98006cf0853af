"""What PostgreSQL holds: titles and what belongs to them, users, and searches."""
