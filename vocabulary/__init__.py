"""Enums, identifiers and plain value types that every layer shares; imports nothing of the project."""
