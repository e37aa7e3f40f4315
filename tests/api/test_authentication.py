"""Who is asking is found out once for each token."""

import datetime

import pytest

from api.authentication import Authentication
from api.token import Identity, verify_token
from schema.problem import Problem
from tests.api.client import KEY, NOW, token


def test_a_token_is_checked_once_however_it_is_spaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or whoever holds one could have it remembered thousands of times, each with other spaces."""
    checked: list[str] = []

    def verify(key: bytes, given: str, now: datetime.datetime) -> Identity:
        checked.append(given)
        return verify_token(key, given, now)

    monkeypatch.setattr("api.authentication.verify_token", verify)
    authentication, one = Authentication(KEY), token()
    for spaces in (" " * number for number in range(5)):
        assert authentication.viewer(f"Bearer {spaces}{one}{spaces}", NOW).subject == "kim"
    assert checked == [one]


def test_spaces_are_no_token() -> None:
    with pytest.raises(Problem, match="Send a token"):
        Authentication(KEY).viewer("Bearer   ", NOW)
