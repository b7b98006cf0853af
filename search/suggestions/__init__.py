"""Suggestions while someone types."""
