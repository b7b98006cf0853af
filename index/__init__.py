"""Filtered, blended nearest-neighbour search: the one query that every feature is made of."""
