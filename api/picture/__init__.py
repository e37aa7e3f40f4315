"""A picture of the flagship request: one day's site visits drawn on the map, as a static SVG.

``python -m api.picture --token … --day 2026-12-01`` asks a running service as any client would, so the picture shows
what its API answers and nothing else. ``request`` asks, ``frame`` projects, ``spread`` keeps markers apart, ``ground``
draws land and sea, ``round_trip`` the route, ``panel`` the words beside it, ``sheet`` puts them on one page.
"""
