"""Titles found by their names and their people's names, in any script and spelling."""
