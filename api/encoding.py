"""Content codings of answers: negotiated by Accept-Encoding (RFC 9110, 12.5.3), at the levels that pay.

Level 1 of each, measured on 285 kB and 1.2 MB of GeoJSON in JSON (levels above cost twice the time for a few percent):
zstd 0.41 and 1.7 ms for 7.9 and 6.6 times less, brotli 0.52 and 2.8 for 7.7 and 6.2, gzip 1.2 and 5.1 for 6.7 and 5.4.
"""

import asyncio
import re
import threading
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import lru_cache

import brotli
import zstandard


class Coding(StrEnum):
    """What we send, in our order of preference."""

    ZSTD = "zstd"
    BROTLI = "br"
    GZIP = "gzip"
    IDENTITY = "identity"


SMALLEST = 1024
"""Bytes below which a coding saves no packet."""
OFF_LOOP: Mapping[Coding, int] = {Coding.ZSTD: 262_144, Coding.BROTLI: 262_144, Coding.GZIP: 65_536}
"""Bytes from which a thread pays: handing over costs 50 µs, and coding as much would stop all others for 300."""
THREADS = 2

_ALIASES = {"x-gzip": Coding.GZIP}  # RFC 9110, 8.4.1.3
_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z")
_GZIP_WINDOW = 31
_executor = ThreadPoolExecutor(THREADS, thread_name_prefix="encoding")
_own = threading.local()


def takes_a_coding(accept_encoding: str | None) -> bool:
    """Whether the client takes anything we have, be it no coding at all."""
    return accept_encoding is None or _accepted(accept_encoding)[0] is not None


async def encode(body: bytes, accept_encoding: str | None) -> tuple[bytes, Coding]:
    """The body as sent, and its coding; as it is for a client that takes nothing we have (``takes_a_coding``)."""
    if accept_encoding is None:  # whoever asks for no coding pays for none
        return body, Coding.IDENTITY
    best, plain_is_fine = _accepted(accept_encoding)
    if best is None or best is Coding.IDENTITY or (len(body) < SMALLEST and plain_is_fine):
        return body, Coding.IDENTITY
    compress = _COMPRESS[best]
    if len(body) < OFF_LOOP[best]:
        return compress(body), best
    return await asyncio.get_running_loop().run_in_executor(_executor, compress, body), best


@lru_cache(maxsize=256)
def _accepted(accept_encoding: str) -> tuple[Coding | None, bool]:
    """The coding the client likes best, ours among equals, None when it takes none; and whether it takes identity.

    What cannot be read is as if it were not there.
    """
    weights: dict[str, float] = {}
    for item in accept_encoding.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                value = value.strip()
                weight = float(value) if _WEIGHT.match(value) else -1.0
        if weight >= 0:
            weights.setdefault(_ALIASES.get(name, name), weight)
    others = weights.get("*")
    ranked = []
    for place, coding in enumerate(Coding):
        # identity is acceptable unless it is excluded, but less so than anything that is named
        unnamed = others if others is not None else 0.0001 if coding is Coding.IDENTITY else 0.0
        if (weight := weights.get(coding, unnamed)) > 0:
            ranked.append((-weight, place, coding))
    takes_identity = any(coding is Coding.IDENTITY for _, _, coding in ranked)
    return (min(ranked)[2] if ranked else None), takes_identity


def _zstd(body: bytes) -> bytes:
    compressor: zstandard.ZstdCompressor | None = getattr(
        _own, "zstd", None
    )  # kept: making one takes as long as coding 40 kB; not to be shared
    if compressor is None:
        compressor = _own.zstd = zstandard.ZstdCompressor(level=1)
    return compressor.compress(body)


def _brotli(body: bytes) -> bytes:
    coded: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=1)
    return coded


def _gzip(body: bytes) -> bytes:
    return zlib.compress(body, 1, _GZIP_WINDOW)  # no name and no time in its header: the same bytes each time


_COMPRESS: Mapping[Coding, Callable[[bytes], bytes]] = {
    Coding.ZSTD: _zstd,
    Coding.BROTLI: _brotli,
    Coding.GZIP: _gzip,
}
