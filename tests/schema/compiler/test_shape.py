"""A plan is shared by all requests of a shape, so it may be made only by values that belong to the shape."""

import pytest
from graphql import GraphQLBoolean, GraphQLInputType, GraphQLInt, GraphQLString

from schema.compiler.arguments import Value, decides_statement, shape_of
from schema.root import schema


@pytest.mark.parametrize("type_", [GraphQLInt, GraphQLString])
def test_an_ordinary_value_makes_no_plan(type_: GraphQLInputType) -> None:
    assert not decides_statement(type_)
    assert shape_of(1, type_) == shape_of(2, type_)
    with pytest.raises(AssertionError, match="no part of the shape"):
        Value(lambda _: 1, "first", decides_statement(type_)).structural({})


def test_values_that_make_a_plan_tell_shapes_apart() -> None:
    types = schema()._schema.type_map
    for name in ("CoordinateSystem", "OrderDirection", "ProjectDimension", "ProjectOrderField"):
        assert decides_statement(types[name]), name  # type: ignore[arg-type]
    assert shape_of(True, GraphQLBoolean) != shape_of(False, GraphQLBoolean)
    assert not decides_statement(types["ProjectStage"])  # type: ignore[arg-type]
