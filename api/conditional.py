"""Conditional requests (RFC 9110, section 13): an answer that has not changed is not made again.

The tag of an answer is a hash of all it is made from: the statement's text and the constants around its columns, which
hold the document's shape, the schema and the viewer's scope, the values it binds, the version of the data in the tables
it reads, the media type and the release. It is keyed, so that nobody can count the city's changes by trying versions
until the hash fits.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from api.encoding import Coding
from schema.compiler.engine import Answer

TAG_BYTES = 16
_CODINGS = frozenset(coding.value for coding in Coding if coding is not Coding.IDENTITY)
_ENTITY_TAG = re.compile(r'[\s,]*(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|\Z)')


@dataclass(frozen=True)
class Conditional:
    """What a conditional request comes to: the answer with its tag, if it has one, or the entity tag that is held."""

    answer: Answer | None
    tag: str | None
    held: str | None


class Tags:
    """Makes the tags of one service: the same ones in all processes that share its token key and release."""

    def __init__(self, key: bytes, release: str) -> None:
        self._key = hashlib.blake2b(key, person=b"luodi entity tag").digest()
        self._release = release

    def tag(self, media_type: str, statement: str, made_from: Sequence[Any], version: str | bytes) -> str:
        """The tag, without quotes, of an answer made from a statement's text, and by its values and constants."""
        all_of_it = repr((self._release, media_type, statement, made_from, version))
        digest = hashlib.blake2b(all_of_it.encode("utf-8", "surrogatepass"), key=self._key, digest_size=TAG_BYTES)
        return urlsafe_b64encode(digest.digest()).decode().rstrip("=")


def entity_tag(tag: str, coding: Coding) -> str:
    """The strong entity tag of an answer in a coding: other bytes, another tag."""
    return f'"{tag}"' if coding is Coding.IDENTITY else f'"{tag}.{coding}"'


def entity_tag_held(if_none_match: str, tag: str) -> str | None:
    """The entity tag under which the client holds an answer, in any of our codings; None when it holds it not.

    A cache finds what it keeps by the tag that comes back, so it is told the one it sent. Weak tags match, as they
    must (RFC 9110, 13.1.2); a list that cannot be read to its end matches by what was read.
    """
    if if_none_match.strip() == "*":
        return f'"{tag}"'
    place = 0
    while found := _ENTITY_TAG.match(if_none_match, place):
        base, _, coding = found[1].partition(".")
        if base == tag and (not coding or coding in _CODINGS):
            return f'"{found[1]}"'
        place = found.end()
    return None


def release() -> str:
    """The release of this software, with the last step of the database's shape and functions: another may answer
    otherwise."""
    steps = (step.name for step in files("migrations.versions").iterdir() if step.name.endswith(".py"))
    return f"{version('luodi')} {max(steps)}"
