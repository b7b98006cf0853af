"""Enums, identifiers and value types that every layer shares; imports no other package of ours."""
