"""Geometry, coordinate systems and routes. Knows none of our concepts: no project, no region, no table."""
