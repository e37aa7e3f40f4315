"""The same work through us, through a hand-written statement and through the ordinary way, in one run."""
