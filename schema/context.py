"""What a request carries through the schema: who asks, when, and the way to the database."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from schema.access.visible import Viewer
from schema.compiler.engine import Engine, Reader
from schema.problem import Problem, ProblemCode


@dataclass(frozen=True)
class Context:
    """One request. ``now`` is its one instant; ``connection`` is the open transaction of a mutation."""

    viewer: Viewer
    now: datetime.datetime
    engine: Engine
    reader: Reader | None = None
    connection: AsyncConnection | None = None

    @property
    def read(self) -> Reader:
        """The connection to read by; ordinary resolvers have none."""
        if self.reader is None:
            raise Problem(ProblemCode.INTERNAL, "There is no database connection here.")
        return self.reader

    @property
    def transaction(self) -> AsyncConnection:
        """The open transaction; only a mutation has one."""
        if self.connection is None:
            raise Problem(ProblemCode.INTERNAL, "There is no transaction here: only mutations write.")
        return self.connection


Arguments = Mapping[str, Any]
