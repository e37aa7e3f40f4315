"""Tokens let in whom we signed for, as long as we said, and nobody else."""

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from api.settings import Settings
from api.token import (
    Identity,
    TokenKeyError,
    TokenRefused,
    issue_token,
    load_or_create_key,
    signing_key,
    verify_token,
)
from schema.access.rules import Role

KEY = b"k" * 32
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
CLAIMS = {"iss": "luodi", "aud": "luodi", "sub": "li", "role": "READER", "iat": NOW.timestamp(), "exp": 2e9}


def signed(key: bytes = KEY, algorithm: str = "HS256", **changes: object) -> str:
    return jwt.encode({**CLAIMS, **changes}, key, algorithm=algorithm)


@pytest.mark.parametrize("role", list(Role))
def test_whom_we_signed_for_comes_in(role: Role) -> None:
    token = issue_token(KEY, role=role, subject="李", now=NOW, lifetime=DAY)
    assert verify_token(KEY, token, NOW + DAY - timedelta(seconds=1)) == Identity("李", role)


def test_an_expired_token_is_refused() -> None:
    token = issue_token(KEY, role=Role.READER, subject="li", now=NOW, lifetime=DAY)
    with pytest.raises(TokenRefused, match="expired at 2026-11-24T08:00:00Z"):
        verify_token(KEY, token, NOW + DAY)


def test_a_token_from_the_future_is_refused_but_a_fast_clock_is_not() -> None:
    token = issue_token(KEY, role=Role.READER, subject="li", now=NOW, lifetime=DAY)
    assert verify_token(KEY, token, NOW - timedelta(seconds=60))
    with pytest.raises(TokenRefused, match="good only from"):
        verify_token(KEY, token, NOW - timedelta(seconds=61))


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (signed(b"x" * 32), "not signed by this service"),
        (signed(b"k" * 64, "HS512"), "cannot be used"),
        (jwt.encode(CLAIMS, None, algorithm="none"), "cannot be used"),
        (signed(iss="other"), "cannot be used"),
        (signed(aud="other"), "cannot be used"),
        (signed(role="GOD"), "role that does not exist"),
        (signed(role=["READER"]), "role that does not exist"),
        (signed(sub=" "), "no subject"),
        (signed(exp="2027"), "not a number"),
        (signed(exp=1e300), "not a time"),
        (signed(exp=True), "not a number"),
        (jwt.encode({k: v for k, v in CLAIMS.items() if k != "exp"}, KEY, algorithm="HS256"), "exp"),
        ("", "cannot be used"),
        ("a.b.c", "cannot be used"),
        (base64.urlsafe_b64encode(b"[" * 2500).decode() + ".e30.e30", "cannot be used"),
        ("\ud800", "cannot be used"),
        ("x" * 100_000, "cannot be used"),
    ],
)
def test_everybody_else_is_refused_with_a_reason(token: str, reason: str) -> None:
    with pytest.raises(TokenRefused, match=reason):
        verify_token(KEY, token, NOW)


def test_tokens_that_make_no_sense_are_not_issued() -> None:
    with pytest.raises(ValueError, match="subject"):
        issue_token(KEY, role=Role.READER, subject=" ", now=NOW, lifetime=DAY)
    with pytest.raises(ValueError, match="lifetime"):
        issue_token(KEY, role=Role.READER, subject="li", now=NOW, lifetime=timedelta(0))
    with pytest.raises(ValueError, match="32 bytes"):
        issue_token(b"short", role=Role.READER, subject="li", now=NOW, lifetime=DAY)


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secrets" / "token.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_or_create_key(path), range(8)))
    assert len(keys) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == ["token.key"]


def test_a_key_that_cannot_be_used_names_its_file(tmp_path: Path) -> None:
    short = tmp_path / "short.key"
    short.write_bytes(b"short")
    with pytest.raises(TokenKeyError, match=r"short\.key is shorter than 32 bytes"):
        load_or_create_key(short)
    with pytest.raises(TokenKeyError, match="LUODI_TOKEN_KEY_FILE"):
        load_or_create_key(short / "token.key")


def test_the_environments_key_comes_before_the_file(tmp_path: Path) -> None:
    environ = {"LUODI_DATA_DIR": str(tmp_path), "LUODI_TOKEN_KEY": "e" * 32}
    assert signing_key(Settings.from_environment(environ, uid=0)) == b"e" * 32
    assert not (tmp_path / "secrets").exists()
