"""What one request may ask for. Beyond a limit the answer is a clear refusal, never a silent cut."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings of one request.

    ``page_*`` count rows of one connection, ``cost_ceiling`` counts rows the whole operation may touch,
    ``depth`` and ``filter_depth`` count levels, ``selected_fields`` and ``filter_members`` what an operation selects
    and compares once its fragments and variables stand in their places (about a second of compiling, in which the
    process answers nobody else), ``tokens`` and ``aliases`` count in the document,
    ``prepared_fields`` counts root fields of a query that occupy a solver, ``geometry_vertices`` counts positions in
    one GeoJSON input. ``waiting_*`` bound the line for a database connection, in each process, and
    ``waiting_requests`` the one for a solver: beyond it the answer is UNAVAILABLE, at once or when the wait is over.
    ``tile_features`` counts the features of a tile: a crowd beyond it is
    shown by counted points, the one limit that refuses nothing.
    """

    page_default: int = 50
    page_ceiling: int = 10_000
    cost_ceiling: int = 250_000
    depth: int = 30
    filter_depth: int = 12
    selected_fields: int = 2_000
    filter_members: int = 1_000
    prepared_fields: int = 3
    tokens: int = 5_000
    aliases: int = 100
    body_bytes: int = 1_000_000
    geometry_vertices: int = 20_000
    statement_timeout_seconds: float = 10.0
    waiting_requests: int = 500
    waiting_seconds: float = 2.0
    tile_features: int = 20_000
