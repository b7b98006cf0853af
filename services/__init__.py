"""Use cases: what routes, pages, commands and jobs call. No HTTP and no templates here."""
