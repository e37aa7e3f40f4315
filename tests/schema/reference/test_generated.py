"""Generated requests, on which the compiler and the reference must agree.

``LUODI_EXAMPLES=5000 make test ARGS="-k generated"`` draws more of each kind, anew each time; the suite draws the same
few.
"""

import os

import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.schema.reference.conftest import Both
from tests.schema.reference.drawing import Values
from tests.schema.reference.requests import Request, filters, requests, windows

ASKED = os.environ.get("LUODI_EXAMPLES")


def all_agree(both: Both, drawn: st.SearchStrategy[Request], number: int) -> None:
    """So many requests, the same in every run, unless another number is asked for by the environment."""

    @settings(
        max_examples=int(ASKED or number),
        deadline=None,
        derandomize=ASKED is None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn)
    def agree(request: Request) -> None:
        errors = validate(both.reference.schema, parse(request.document))
        assert errors == [], "the generator drew an invalid document"
        both.agree(request.document, request.variables, role=request.role)

    agree()


@pytest.fixture(scope="session")
def values(both: Both) -> Values:
    return Values(both.city, both.postgis)


def test_generated_requests_agree(both: Both, values: Values) -> None:
    all_agree(both, requests(both.reference.schema, values), 150)


def test_generated_filters_agree(both: Both, values: Values) -> None:
    all_agree(both, filters(both.reference.schema, values), 500)


def test_generated_windows_agree(both: Both, values: Values) -> None:
    all_agree(both, windows(both.reference.schema, values), 250)
