"""Relay connections: the generic types, and the node interface they carry."""

from typing import Generic, TypeVar

import strawberry

from schema.compiler.entity import global_id

T = TypeVar("T")


@strawberry.interface(description="Anything with a global id.")
class Node:
    id: strawberry.ID = global_id()


@strawberry.type(description="Where a page lies in the whole; cursors are keyset, so pages stay true under changes.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="A node with its place in the order.")
class Edge(Generic[T]):
    cursor: str
    node: T
    distance_meters: float | None = strawberry.field(
        description="Metres on the ellipsoid from the point of `nearestTo`; null when not ordered by it."
    )


@strawberry.type(description="A page of nodes in a stated order.")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    nodes: list[T]
    page_info: PageInfo
    total_count: int = strawberry.field(
        description="All that match the filter, whatever the page. Counted only if asked."
    )


@strawberry.type(description="A node with its distance.")
class NearbyEdge(Generic[T]):
    cursor: str
    node: T
    distance_meters: float = strawberry.field(description="Metres on the ellipsoid, edge to edge; 0 where they touch.")


@strawberry.type(description="Nearest first, within a distance.")
class NearbyConnection(Generic[T]):
    edges: list[NearbyEdge[T]]
    nodes: list[T]
    page_info: PageInfo
    total_count: int = strawberry.field(
        description="All within the distance that match the filter. Counted only if asked."
    )
