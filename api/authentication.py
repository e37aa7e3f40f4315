"""Who is asking: the bearer token of a request, checked once and remembered until it expires."""

import datetime

from api.token import Identity, TokenRefused, verify_token
from schema.access.visible import Viewer
from schema.problem import Problem, ProblemCode

VERIFIED_CEILING = 10_000
"""Tokens remembered as verified until they expire: checking a signature costs as much as a small query."""


class Authentication:
    """Turns ``Authorization`` headers into viewers; every surface of a process shares one."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._verified: dict[str, Identity] = {}

    def viewer(self, authorization: str, now: datetime.datetime) -> Viewer:
        """Who the bearer token says is asking, judged at ``now`` (aware). Raises Problem UNAUTHENTICATED."""
        scheme, _, rest = authorization.partition(" ")
        token = rest.strip()  # one token is remembered once, however many spaces stand around it
        if scheme.lower() != "bearer" or not token:
            raise Problem(
                ProblemCode.UNAUTHENTICATED, "Send a token as `Authorization: Bearer …`; `luodi token` makes one."
            )
        identity = self._verified.get(token)
        if identity is None or now >= identity.expires_at:
            try:
                identity = verify_token(self._key, token, now)
            except TokenRefused as refused:
                self._verified.pop(token, None)
                raise Problem(ProblemCode.UNAUTHENTICATED, f"The token is refused: {refused}") from refused
            if len(self._verified) >= VERIFIED_CEILING:
                self._verified.clear()
            self._verified[token] = identity
        return Viewer(identity.subject, identity.role)
