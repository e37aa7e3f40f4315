"""A made-up city on real ground: the boundaries of Dalian, and projects, issues, inspections and land invented on them.

Everything is drawn from one seeded generator: the same seed, size and day give the same rows, ids included.
"""
