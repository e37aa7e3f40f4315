"""Generated requests, on which the compiler and the reference must agree.

``LUODI_EXAMPLES=5000 make test ARGS="-k generated"`` draws more of each kind, anew each time; the suite draws the same
few.
"""

import os

import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.schema.reference.conftest import Both
from tests.schema.reference.drawing import Values
from tests.schema.reference.requests import Request, filters, requests, windows

ASKED = os.environ.get("LUODI_EXAMPLES")


def examples(number: int) -> settings:
    """So many, the same in every run, unless another number is asked for by the environment."""
    return settings(
        max_examples=int(ASKED or number),
        deadline=None,
        derandomize=ASKED is None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="session")
def drawn(both: Both) -> Values:
    return Values(both.city, both.postgis)


def check(both: Both, request: Request) -> None:
    errors = validate(both.reference.schema, parse(request.document))
    assert errors == [], "the generator drew an invalid document"
    both.agree(request.document, request.variables, role=request.role)


@examples(150)
@given(data=st.data())
def test_generated_requests_agree(both: Both, drawn: Values, data: st.DataObject) -> None:
    check(both, data.draw(requests(both.reference.schema, drawn)))


@examples(500)
@given(data=st.data())
def test_generated_filters_agree(both: Both, drawn: Values, data: st.DataObject) -> None:
    check(both, data.draw(filters(both.reference.schema, drawn)))


@examples(200)
@given(data=st.data())
def test_generated_windows_agree(both: Both, drawn: Values, data: st.DataObject) -> None:
    check(both, data.draw(windows(both.reference.schema, drawn)))
