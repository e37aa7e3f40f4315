"""``luodi explain``: an operation's statements, their parameters and PostgreSQL's plans, without a service."""

import datetime
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graphql import OperationType

from api.explain import Recording, Sent, plan_of
from api.pool import Database, open_database
from api.readers import Connection
from schema.access.rules import Role
from schema.access.visible import Viewer, visible
from schema.compiler.document import Refused
from schema.compiler.engine import Compiled, Engine, Query
from schema.context import Context
from schema.limits import Limits
from schema.problem import Problem
from schema.root import model

CANDIDATES = "what a field reads before the answer, such as a route's sites"
UNMADE = "what a mutation would answer, read from an empty record; nothing was changed, so nothing was run"


class ExplainRefused(Exception):
    """The operation cannot be explained; the message says why, by code, place and argument."""


@dataclass(frozen=True)
class Parameter:
    """One bind parameter: its place from 1, PostgreSQL's type and the value that is sent."""

    position: int
    type: str
    value: Any


@dataclass(frozen=True)
class Explanation:
    """One statement; ``plan`` is PostgreSQL's, as lines or as the object of ``FORMAT JSON``."""

    about: str
    statement: str
    parameters: tuple[Parameter, ...]
    plan: Any


@dataclass(frozen=True)
class Wish:
    """How to explain: run it too (``analyze``), as planned for any values (``generic``), plans ``as_json``."""

    analyze: bool = False
    generic: bool = False
    as_json: bool = False


async def explain_operation(
    url: str, limits: Limits, query: Query, role: Role, now: datetime.datetime, wish: Wish
) -> list[Explanation]:
    """The statements of one operation as a viewer of a role would send them, in their order.

    What must be read before the last statement can be written is read, so a route is solved; the last one is run only
    with ``analyze``. Mutations are neither made nor run. Raises ExplainRefused, and what the driver raises.
    """
    engine = Engine(model(), visible, limits)
    database = await open_database(url, limits)
    try:
        return await _explained(engine, database, query, Viewer("luodi explain", role), now, wish)
    except Refused as refused:
        raise ExplainRefused("\n".join(map(_told, refused.problems))) from refused
    except Problem as problem:
        raise ExplainRefused(_told(problem)) from problem
    finally:
        await database.close()


async def _explained(
    engine: Engine, database: Database, query: Query, viewer: Viewer, now: datetime.datetime, wish: Wish
) -> list[Explanation]:
    document, operation = engine.operation(query)
    variables = engine.variables(document, operation, query.variables)
    changes = operation.operation is not OperationType.QUERY
    if changes and wish.analyze:
        raise ExplainRefused("A mutation is not made to be looked at: leave out --analyze.")
    found: list[Explanation] = []
    compiled = engine.compile(document, operation, variables, viewer)
    for one in compiled:
        engine.check_cost(one.plan, variables.coerced)
        recording = Recording(database)
        context = Context(viewer, now, engine, recording)
        records = [
            "{}" if changes else await engine.prepare(prepared, variables, context) for prepared in one.plan.prepared
        ]
        async with database.read() as connection:
            found += [await _explanation(connection, CANDIDATES, sent, wish) for sent in recording.sent]
            if one.statement is not None:
                values = engine.parameters(one.statement, variables.coerced, viewer, records)
                about = UNMADE if changes else _about(one)
                found.append(await _explanation(connection, about, Sent(one.statement.text, values), wish))
    return found


def _about(compiled: Compiled) -> str:
    beside = ", ".join(one.key for one in compiled.plan.resolved)
    return f"the answer, without {beside}, which no statement answers" if beside else "the whole answer"


async def _explanation(connection: Connection, about: str, sent: Sent, wish: Wish) -> Explanation:
    types = (await connection.prepare(sent.text)).get_parameters()
    parameters = tuple(
        Parameter(place, type_.name, value)
        for place, (type_, value) in enumerate(zip(types, sent.values, strict=True), 1)
    )
    plan = await plan_of(connection, sent, analyze=wish.analyze, generic=wish.generic, as_json=wish.as_json)
    return Explanation(about, sent.text, parameters, plan)


def as_text(explanations: Sequence[Explanation]) -> str:
    """For people: each statement, its parameters and its plan."""
    if not explanations:
        return "-- No statement: it is answered without the database."
    return "\n".join(line for number, one in enumerate(explanations, 1) for line in _lines(number, one))


def _lines(number: int, one: Explanation) -> Iterator[str]:
    yield from (f"-- Statement {number}: {one.about}", one.statement.strip(), "")
    if one.parameters:
        yield "-- Parameters"
        yield from (f"${each.position} {each.type} = {_json(each.value)}" for each in one.parameters)
        yield ""
    yield from ("-- Plan", *one.plan, "")


def as_json(explanations: Sequence[Explanation]) -> str:
    """For tools: a list of objects with ``about``, ``statement``, ``parameters`` and ``plan``."""
    return _json([asdict(one) for one in explanations], indent=2)


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, indent=indent)


def _told(problem: Problem) -> str:
    place = "".join(f"line {at['line']}, column {at['column']}: " for at in problem.locations[:1])
    where = f" ({problem.argument})" if problem.argument else ""
    return f"{problem.code}: {place}{problem.message}{where}"
