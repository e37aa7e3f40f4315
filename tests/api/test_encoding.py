"""Content codings: the header is read by its letter, decoded bytes are the same, who asks for none pays for none."""

import gzip
import threading
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

import api.encoding as encoding
from api.encoding import OFF_LOOP, SMALLEST, Coding, encode, takes_a_coding
from schema.access.rules import Role
from tests.api.client import Client, token

BODY = b'{"data":{"projects":[' + b'{"id":"prj_1","stage":"STARTED"},' * 100 + b"]}}"
MANY = "{ projects(first: 400) { nodes { id code name stage location } } }"
FEW = "{ projects(first: 1) { nodes { code } } }"


def decoded(body: bytes, coding: str | None) -> bytes:
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompress(body)
    if coding == "br":
        plain: bytes = brotli.decompress(body)
        return plain
    return gzip.decompress(body) if coding == "gzip" else body


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (None, Coding.IDENTITY),
        ("", Coding.IDENTITY),
        ("identity", Coding.IDENTITY),
        ("gzip", Coding.GZIP),
        ("x-gzip", Coding.GZIP),
        ("GZIP;Q=1", Coding.GZIP),
        ("gzip, deflate, br, zstd", Coding.ZSTD),
        ("gzip, deflate, br", Coding.BROTLI),
        ("zstd;q=0.5, br;q=0.8, gzip;q=0.8", Coding.BROTLI),
        ("gzip;q=1.0, zstd;q=0.999", Coding.GZIP),
        ("zstd;q=0, *", Coding.BROTLI),
        ("*", Coding.ZSTD),
        ("*;q=0.1, gzip;q=0.2", Coding.GZIP),
        ("identity, gzip", Coding.GZIP),
        ("identity;q=1, gzip;q=0.5", Coding.IDENTITY),
        ("identity;q=0, gzip;q=0.001", Coding.GZIP),
        ("gzip;q=0", Coding.IDENTITY),
        ("deflate, compress", Coding.IDENTITY),
        ("deflate;q=1, *;q=0.5", Coding.ZSTD),
        ("gzip;q=2", Coding.IDENTITY),
        ("gzip;q=-1", Coding.IDENTITY),
        ("gzip;q=nan, br;q=0.1", Coding.BROTLI),
        ("gzip;q=, br;q=0.5x", Coding.IDENTITY),
        ("gzip;q=0.1234", Coding.IDENTITY),
        ("gzip;level=9", Coding.GZIP),
        (" , ;q=1,,gzip ;  q=0.5 ,", Coding.GZIP),
        ("zstd;q=0, zstd;q=1", Coding.IDENTITY),
    ],
)
async def test_the_header_is_read_by_its_letter(header: str | None, coding: Coding) -> None:
    assert takes_a_coding(header)
    body, chosen = await encode(BODY, header)
    assert chosen is coding
    assert decoded(body, chosen) == BODY


@pytest.mark.parametrize("header", ["identity;q=0", "*;q=0", "identity;q=0, gzip;q=0, deflate", "deflate, *;q=0"])
async def test_a_client_may_take_nothing_we_have(service: Client, header: str) -> None:
    assert not takes_a_coding(header)
    answer = await service.post(b'{"query": "{ __typename }"}', accept_encoding=header)
    assert answer.status_code == 406
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"


@given(st.text(alphabet=" ,;=*.q01gzipbrstd-\t", max_size=40))
def test_no_header_is_too_odd(header: str) -> None:
    takes_a_coding(header)


async def test_short_bodies_stay_as_they_are_unless_the_client_forbids_it() -> None:
    short = BODY[: SMALLEST - 1]
    assert await encode(short, "gzip") == (short, Coding.IDENTITY)
    assert (await encode(BODY[:SMALLEST], "gzip"))[1] is Coding.GZIP
    body, coding = await encode(short, "gzip, identity;q=0")
    assert coding is Coding.GZIP
    assert decoded(body, coding) == short


@pytest.mark.parametrize("coding", [Coding.ZSTD, Coding.BROTLI, Coding.GZIP])
async def test_long_bodies_are_coded_off_the_loop(coding: Coding, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    compress = encoding._COMPRESS[coding]

    def watched(body: bytes) -> bytes:
        threads.append(threading.current_thread())
        return compress(body)

    monkeypatch.setitem(encoding._COMPRESS, coding, watched)  # type: ignore[arg-type]
    for size in (OFF_LOOP[coding] - 1, OFF_LOOP[coding]):
        plain = (BODY * (size // len(BODY) + 1))[:size]
        body, chosen = await encode(plain, coding)
        assert chosen is coding
        assert decoded(body, chosen) == plain
    on_loop, off_loop = threads
    assert on_loop is threading.main_thread()
    assert off_loop is not threading.main_thread()


def test_gzip_says_neither_when_nor_what() -> None:
    once, again = (encoding._gzip(BODY) for _ in range(2))
    assert once == again
    assert once[3:8] == b"\0\0\0\0\0", "flags and time of the gzip header (RFC 1952)"
    assert zlib.decompress(once, 31) == BODY


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_answers_come_coded(service: Client, coding: str, method: str) -> None:
    headers = {"authorization": f"Bearer {token()}", "accept-encoding": coding}
    given = {"params": {"query": MANY}} if method == "GET" else {"json": {"query": MANY}}
    async with service.http.stream(method, "/graphql", headers=headers, **given) as answer:
        body = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["content-length"] == str(len(body))
    assert "Accept-Encoding" in answer.headers["vary"]
    plain = await service.ask(MANY, role=Role.WRITER)
    assert decoded(body, coding) == plain.content
    assert len(body) < len(plain.content) / 3


async def test_who_asks_for_no_coding_gets_none(service: Client) -> None:
    request = service.http.build_request(
        "POST", "/graphql", json={"query": MANY}, headers={"authorization": f"Bearer {token()}"}
    )
    del request.headers["accept-encoding"]
    answer = await service.http.send(request)
    assert "content-encoding" not in answer.headers
    assert len(answer.content) > SMALLEST
    short = await service.http.post("/graphql", json={"query": FEW}, headers={"authorization": f"Bearer {token()}"})
    assert "content-encoding" not in short.headers
