"""Finding the project a mutation is about."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from schema.access.visible import Viewer, visible_to
from schema.compiler.values import check_text, decode_global_id
from schema.problem import Problem, ProblemCode
from schema.project.table import project


class FoundProject(NamedTuple):
    id: int
    region_id: int
    version: int


async def find_project(
    connection: AsyncConnection, viewer: Viewer, key: Mapping[str, Any], argument: str
) -> FoundProject:
    """The visible project of a ``ProjectKey``, kept from being changed until the transaction ends.

    Raises Problem NOT_FOUND, alike for what is absent and for what may not be seen.
    """
    if key.get("id") is not None:
        wanted = project.c.id == decode_global_id(str(key["id"]), f"{argument}.id", "prj")[1]
    else:
        wanted = project.c.code == check_text(key["code"], f"{argument}.code")
    row = (
        await connection.execute(
            select(project.c.id, project.c.region_id, project.c.version)
            .where(wanted, *visible_to(viewer, project))
            .with_for_update(read=True)
        )
    ).first()
    if row is None:
        raise Problem(ProblemCode.NOT_FOUND, "There is no such project.", argument=argument)
    return FoundProject(*row)
