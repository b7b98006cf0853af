"""Templates and static files; the only Python here says where they are."""
