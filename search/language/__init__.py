"""The language, script and English reading of a text."""
