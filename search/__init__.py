"""Understanding a query: names, romanisation, spelling, fusion with meaning."""
