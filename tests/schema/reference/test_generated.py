"""Generated requests, on which the compiler and the reference must agree.

``LUODI_EXAMPLES=5000 make test ARGS="-k generated"`` draws more, anew each time; the suite draws the same few.
"""

import os

import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.schema.reference.conftest import Both
from tests.schema.reference.drawing import Values
from tests.schema.reference.requests import requests

EXAMPLES = int(os.environ.get("LUODI_EXAMPLES", "150"))
DEFAULT = "LUODI_EXAMPLES" not in os.environ


@pytest.fixture(scope="session")
def drawn(both: Both) -> Values:
    return Values(both.city, both.postgis)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=DEFAULT,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_generated_requests_agree(both: Both, drawn: Values, data: st.DataObject) -> None:
    request = data.draw(requests(both.reference.schema, drawn))
    errors = validate(both.reference.schema, parse(request.document))
    assert errors == [], "the generator drew an invalid document"
    both.agree(request.document, request.variables, role=request.role)
