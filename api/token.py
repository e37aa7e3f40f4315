"""Bearer tokens: signed JSON Web Tokens (HS256) that say who comes and in which role. RFC 7519, RFC 8725."""

import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt

from api.settings import Settings
from schema.access.rules import Role

ALGORITHM = "HS256"
ISSUER = AUDIENCE = "luodi"
KEY_BYTES = 32  # RFC 7518 section 3.2: no shorter than the hash
TOKEN_CHARACTERS = 4096  # ours have about 200
# A machine whose clock runs ahead of ours must not be refused; an expired token gets no such grace.
CLOCK_SKEW = timedelta(seconds=60)


class TokenRefused(Exception):
    """The token does not let its bearer in; the message says why and gives no secret away."""


class TokenKeyError(Exception):
    """The signing key cannot be read or made; the message names the file and the fix."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified token speaks for."""

    subject: str
    role: Role
    expires_at: datetime = field(default=datetime.max.replace(tzinfo=UTC), compare=False)


def issue_token(key: bytes, *, role: Role, subject: str, now: datetime, lifetime: timedelta) -> str:
    """A token for ``subject`` in ``role``, good from ``now`` (aware) for ``lifetime``.

    Raises ``ValueError`` when the subject is empty or the lifetime is not positive.
    """
    if not subject.strip():
        raise ValueError("A token needs a subject: the name of the person or program it is for.")
    if lifetime <= timedelta(0):
        raise ValueError("A token's lifetime must be longer than nothing.")
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "role": role.value,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
    }
    return jwt.encode(claims, _checked(key), algorithm=ALGORITHM)


def verify_token(key: bytes, token: str, now: datetime) -> Identity:
    """The identity in ``token``, judged at ``now`` (aware). Raises ``TokenRefused``."""
    if len(token) > TOKEN_CHARACTERS or not token.isascii():
        raise TokenRefused("The token cannot be used: it is not one of ours.")
    try:
        claims = jwt.decode(
            token,
            _checked(key),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            # The library would read the machine's clock; ours is an argument, judged below.
            options={
                "require": ["iss", "aud", "sub", "role", "iat", "exp"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidSignatureError:
        raise TokenRefused("The token was not signed by this service.") from None
    except jwt.InvalidTokenError as refusal:
        raise TokenRefused(f"The token cannot be used: {refusal}.") from None
    issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
    if now >= expires:
        raise TokenRefused(f"The token expired at {expires:%Y-%m-%dT%H:%M:%SZ}.")
    if issued > now + CLOCK_SKEW:
        raise TokenRefused(f"The token is good only from {issued:%Y-%m-%dT%H:%M:%SZ} on.")
    subject, role = claims["sub"], claims["role"]
    if not isinstance(subject, str) or not subject.strip():
        raise TokenRefused("The token names no subject.")
    if role not in Role.__members__.values():
        raise TokenRefused("The token names a role that does not exist here.")
    return Identity(subject, Role(role), expires)


def signing_key(settings: Settings) -> bytes:
    """The key this service signs and checks with. Raises ``TokenKeyError``."""
    return settings.token_key or load_or_create_key(settings.token_key_file)


def load_or_create_key(path: Path) -> bytes:
    """The signing key in ``path``, made once for its owner's eyes only (0600 in a 0700 folder).

    Two services that start at the same moment end with the same key. Raises ``TokenKeyError``.
    """
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create_once(path, secrets.token_hex(KEY_BYTES).encode())
        key = path.read_bytes().strip()
    except OSError as error:
        raise TokenKeyError(
            f"The token key {path} cannot be read or made ({error.strerror}): "
            "let this user read and write its folder, or set LUODI_TOKEN_KEY_FILE to another file."
        ) from error
    if len(key) < KEY_BYTES:
        raise TokenKeyError(
            f"The token key {path} is shorter than {KEY_BYTES} bytes: write a longer one, or delete it for a new one "
            "(tokens given out so far then end)."
        )
    return key


def _create_once(path: Path, content: bytes) -> None:
    # Written whole beside the place and linked into it: nobody ever reads half a key, and the first one wins.
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def _checked(key: bytes) -> bytes:
    if len(key) < KEY_BYTES:
        raise ValueError(f"A signing key needs at least {KEY_BYTES} bytes.")
    return key


def _instant(claims: dict[str, object], name: str) -> datetime:
    seconds = claims[name]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TokenRefused(f"The token's {name} is not a number of seconds.")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise TokenRefused(f"The token's {name} is not a time.") from None
