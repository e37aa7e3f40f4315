"""Variables read plainly are what graphql-core reads; what it refuses is never read plainly."""

from typing import Any

from graphql import OperationDefinitionNode, VariableDefinitionNode, build_schema, get_variable_values, parse
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.compiler.variables import read_plainly

SCHEMA = build_schema("""
    enum Stage { STARTED FINISHED }
    input Filter { name: String, sizes: [Int!], not: Filter, stage: Stage = STARTED }
    input Key @oneOf { id: ID, code: String }
    type Query { a(float: Float, id: ID, boolean: Boolean, filter: Filter, key: Key): Int }
""")
TYPES = ["Int", "Float", "String", "ID", "Boolean", "Stage", "Filter", "Key"]
types = st.sampled_from(TYPES).flatmap(
    lambda name: st.sampled_from([name, f"{name}!", f"[{name}]", f"[{name}!]!", f"[[{name}]!]"])
)
leaves: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**33), max_value=2**33)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["STARTED", "a", "", "1", 1.0, 2**31 - 1, -(2**31), 2**31])
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "sizes", "not", "stage", "id", "code", "other"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def definition(type_: str, default: str) -> VariableDefinitionNode:
    (operation,) = parse(f"query ($v: {type_}{default}) {{ a }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation.variable_definitions[0]


@settings(max_examples=600)
@given(types, st.dictionaries(st.sampled_from(["v", "unknown"]), values), st.sampled_from(["", " = null"]))
def test_the_same_is_read_or_left_to_be_refused(type_: str, raw: dict[str, Any], default: str) -> None:
    node = definition(type_, "" if type_.endswith("!") else default)
    signature = get_variable_signature(SCHEMA, node)
    assert isinstance(signature, GraphQLVariableSignature)
    plain, whole = read_plainly((signature,), raw), get_variable_values(SCHEMA, [node], dict(raw))
    if plain is not None:
        assert isinstance(whole, VariableValues)
        assert repr(plain.coerced) == repr(whole.coerced), "1 and 1.0 and True are not the same"
        assert {name: one.value for name, one in plain.sources.items()} == {
            name: one.value for name, one in whole.sources.items()
        }


def test_what_clients_send_is_read_plainly() -> None:
    for type_, value in (("[Float!]!", [121.5, 38.9]), ("Int!", 1000), ("ID!", "prj_1"), ("Stage!", "STARTED")):
        signature = get_variable_signature(SCHEMA, definition(type_, ""))
        assert isinstance(signature, GraphQLVariableSignature)
        assert read_plainly((signature,), {"v": value}) is not None
