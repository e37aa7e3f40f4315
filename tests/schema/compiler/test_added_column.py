"""One annotated line makes a column part of the API: in answers, in filters and in orders."""

import json

import asyncpg
import strawberry
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text
from strawberry.schema.config import StrawberryConfig

from schema.access.rules import Role
from schema.access.visible import Viewer
from schema.compiler.connection import Connection, Node
from schema.compiler.engine import Engine, Query
from schema.compiler.entity import binding_of, column, connection, entity
from schema.compiler.inputs import give_arguments, make_inputs
from schema.compiler.model import Model
from schema.compiler.naming import Names
from schema.limits import Limits
from schema.scalars import SCALARS

lamp = Table(
    "lamp",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("street", Text, nullable=False),
    Column("watts", Integer, nullable=True),
)


@entity(lamp, prefix="lmp", description="A street lamp.")
class Lamp(Node):
    street: str = column(lamp.c.street, "The street it lights.")
    watts: int | None = column(lamp.c.watts, "The line that this test is about.")


@strawberry.type
class LampQuery:
    lamps: Connection[Lamp] = connection("All lamps.")


def lamps_engine() -> Engine:
    inputs = make_inputs((Lamp,))
    for cls in (Lamp, LampQuery):
        give_arguments(cls, inputs)
    config = StrawberryConfig(name_converter=Names(), scalar_map=SCALARS)
    schema = strawberry.Schema(query=LampQuery, types=(Lamp,), config=config)
    return Engine(Model(schema, (Lamp,)), lambda _: lambda *_: [], Limits())


async def test_the_column_is_shown_filtered_and_ordered_by(connection: asyncpg.Connection) -> None:
    await connection.execute("CREATE TABLE lamp (id bigint PRIMARY KEY, street text NOT NULL, watts int)")
    await connection.execute("INSERT INTO lamp VALUES (1, 'A', 60), (2, 'B', NULL), (3, 'C', 90), (4, 'D', 20)")
    engine = lamps_engine()
    request = """{ lamps(filter: { watts: { ne: 20 } }, orderBy: [{ field: WATTS, direction: DESC }]) {
        nodes { id street watts } } }"""
    document, operation = engine.operation(Query(request, {}, None))
    variables = engine.variables(document, operation, {})
    viewer = Viewer("kim", Role.READER)
    (compiled,) = engine.compile(document, operation, variables, viewer)
    (data,) = await engine.read(compiled, variables, viewer, connection, [])
    assert json.loads(data)["data"]["lamps"]["nodes"] == [
        {"id": "lmp_3", "street": "C", "watts": 90},
        {"id": "lmp_1", "street": "A", "watts": 60},
        {"id": "lmp_2", "street": "B", "watts": None},
    ]


def test_the_line_is_all_there_is() -> None:
    watts = next(one for one in Lamp.__strawberry_definition__.fields if one.python_name == "watts")  # type: ignore[attr-defined]
    assert binding_of(watts) is not None
    sdl = str(lamps_engine().graphql.type_map["LampFilter"].fields["watts"].type)  # type: ignore[attr-defined]
    assert sdl == "IntFilter"
