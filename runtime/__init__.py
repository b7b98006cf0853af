"""What a serving process holds in memory, and how it follows PostgreSQL."""
