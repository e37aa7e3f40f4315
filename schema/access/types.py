"""The viewer in the API: an ordinary resolver, answered without the database."""

import strawberry
from strawberry.types.info import Info

from schema.access.rules import Role
from schema.compiler.entity import graphql_enum
from schema.context import Context

graphql_enum(Role)


@strawberry.type(description="当前访问者: who the token says is asking.")
class Viewer:
    subject: str
    role: Role


def viewer(info: Info[Context, None]) -> Viewer:
    """The viewer of this request."""
    return Viewer(subject=info.context.viewer.subject, role=info.context.viewer.role)
