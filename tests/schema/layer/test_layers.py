"""Declarations of layers: what they promise in GraphQL, in TileJSON and on tiles comes from one place."""

import pytest
from sqlalchemy import BigInteger, Table, column, literal_column

from schema.access.rules import Role
from schema.access.visible import Parameter, Row, Viewer
from schema.issue.types import Issue
from schema.layer import layer as declarations
from schema.layer.layer import AttributeType, MapLayer
from schema.layer.registry import LAYERS
from schema.layer.tile import LayerStatements
from schema.layer.types import layers
from schema.root import model

READER = Viewer("kim", Role.READER)


def test_the_contracts_layers_are_there() -> None:
    assert LAYERS.keys() == {"projects", "regions", "parcels", "inspections"}
    assert [one.name for one in layers()] == list(LAYERS)


def test_attributes_that_graphql_knows_have_its_names() -> None:
    for layer in LAYERS.values():
        fields = set(model().graphql.type_map[layer.entity.__name__].fields)  # type: ignore[attr-defined]
        assert layer.attributes.keys() - {"regionCode"} <= fields


def test_types_are_those_of_the_columns() -> None:
    attributes = LAYERS["projects"].attributes
    assert attributes["totalInvestment"].type is AttributeType.NUMBER
    assert attributes["name"].type is AttributeType.STRING


def test_what_is_summed_is_on_tiles_of_all_zooms() -> None:
    for layer in LAYERS.values():
        assert all(one.from_zoom == 0 for one in layer.attributes.values() if one.summed)


def test_an_entity_without_a_place_is_no_layer() -> None:
    with pytest.raises(TypeError, match="no place"):
        MapLayer("issues", "问题", "", Issue, {})


def test_statements_are_made_once_for_zooms_that_show_the_same() -> None:
    statements = LayerStatements(crowd=100)
    projects = LAYERS["projects"]
    assert statements.tile(projects, READER, 3) is statements.tile(projects, Viewer("lee", Role.WRITER), 11)
    assert statements.tile(projects, READER, 12) is statements.tile(projects, READER, 16)
    assert statements.tile(projects, READER, 11) is not statements.tile(projects, READER, 12)


def test_every_table_on_a_tile_passes_the_predicate_with_the_viewers_values(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()

    def visible(scope: str):  # type: ignore[no-untyped-def]
        def conditions(table: Table, row: Row, parameter: Parameter) -> list[object]:
            asked.add(table.name)
            return [row(table.c.id) != literal_column("7"), parameter("subject", "text") == column("seen_by")]

        return conditions

    monkeypatch.setattr(declarations, "visible", visible)
    for layer in LAYERS.values():
        asked.clear()
        statement = LayerStatements(crowd=100).tile(layer, READER, 10)
        assert asked == {table.name for table in layer.tables()}
        text = statement.text
        assert text.count(f"{layer.table.name}.id != 7") == text.count(" && ") >= 3
        for lookup in layer.lookups:
            name = lookup.table.name
            assert text.count(f"{name}.id != 7") == text.count(f"JOIN {name} ON") >= 3
        place = dict.fromkeys(set(statement.names), 0.0)
        assert "kim" in statement.arguments(READER, place)
        assert "kim" not in statement.text


def test_values_never_enter_the_text() -> None:
    for layer in LAYERS.values():
        statement = LayerStatements(crowd=100).tile(layer, READER, 10)
        assert {"west", "x_scale", "crowd_expected"} <= {*statement.names}
        assert isinstance(layer.table.c.id.type, BigInteger)
