"""Those who watch: accounts, what they did, their taste, and how they are forgotten."""
