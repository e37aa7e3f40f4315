"""Revisions, oldest first by their number. Each one goes up and down."""
