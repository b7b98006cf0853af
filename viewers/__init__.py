"""Viewers: accounts, logins, interactions, tastes and data exports."""
