"""The database's history: each revision is frozen text of its time and imports nothing of today's tables."""
