"""What a text says: its language, its own script, its English."""
