"""GraphiQL at /graphql: what is served, under which headers, and what a real browser does with it."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

import httpx
import pytest
import uvicorn
from graphql import build_schema, graphql_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api import graphiql
from tests.web.chromium import PROGRAM, chromium

built = pytest.mark.skipif(not (graphiql.DIST / "index.html").exists(), reason="web/graphiql/build.sh has not been run")
in_a_browser = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine")

SCHEMA = build_schema('"落地" type Query { sampleCity: String }')


@dataclass
class Service:
    """A stand-in for Luodi: our page, and an endpoint that answers introspection and remembers who asked."""

    dist: Path = graphiql.DIST
    authorizations: list[str | None] = field(default_factory=list)

    def app(self) -> Starlette:
        async def graphql(request: Request) -> Response:
            if request.method == "GET":
                return await graphiql.page(request, self.dist)
            asked = await request.json()
            self.authorizations.append(request.headers.get("Authorization"))
            answer = graphql_sync(SCHEMA, asked["query"], variable_values=asked.get("variables"))
            return JSONResponse(answer.formatted)

        return Starlette(routes=[Route("/graphql", graphql, methods=["GET", "POST"]), *graphiql.routes(self.dist)])


def client_of(service: Service) -> httpx.AsyncClient:
    """A client that speaks to the service inside this process."""
    transport = httpx.ASGITransport(app=service.app())
    return httpx.AsyncClient(transport=transport, base_url="http://luodi.test")


@contextmanager
def listening(service: Service) -> Iterator[str]:
    """The service on a free port of this machine; the address of its ``/graphql``."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(service.app(), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        finally:
            server.should_exit = True
            thread.join()


@built
async def test_the_page_is_served_under_a_policy_that_lets_only_our_own_scripts_run() -> None:
    async with client_of(Service()) as client:
        answer = await client.get("/graphql", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["worker-src"] == policy["connect-src"] == "'self'"
    assert not re.search(r"https?:|\*|unsafe-eval", answer.headers["content-security-policy"])
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["vary"] == "Accept"
    assert "<script>" not in answer.text
    assert not re.search(r"""(src|href)=["'](https?:)?//""", answer.text)


@built
async def test_every_asset_the_page_names_exists_and_may_be_kept_for_ever() -> None:
    async with client_of(Service()) as client:
        named = re.findall(r'(?:src|href)="(graphiql/[^"]+)"', (await client.get("/graphql")).text)
        assets = {name: await client.get(f"/{name}") for name in named}
    assert {name.rsplit(".", 1)[1] for name in assets} == {"js", "css", "svg"}
    for name, asset in assets.items():
        assert asset.status_code == 200, name
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert asset.headers["x-content-type-options"] == "nosniff"
        assert re.search(r"-[0-9A-Za-z]{8}\.", name), f"{name} carries no hash, so it must not be kept"


@built
async def test_assets_end_at_their_folder() -> None:
    async with client_of(Service()) as client:
        for path in ("none.js", "", "%2e%2e/index.html", "..%2findex.html", "..%2f..%2fbuild.sh"):
            missing = await client.get(f"/graphiql/{path}")
            assert missing.status_code == 404, path
            assert "cache-control" not in missing.headers


async def test_a_machine_that_has_not_built_the_page_says_how_to(tmp_path: Path) -> None:
    async with client_of(Service(dist=tmp_path / "dist")) as client:
        answer = await client.get("/graphql")
        asset = await client.get("/graphiql/app.js")
    assert answer.status_code == 503
    assert "web/graphiql/build.sh" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert asset.status_code == 404


EDITOR = "(document.querySelector('.graphiql-query-editor')?.innerText ?? '').replace(/\\u00a0/g, ' ')"
VARIABLES = "(document.querySelector('.graphiql-editor-tool')?.innerText ?? '').replace(/\\u00a0/g, ' ')"


@built
@in_a_browser
def test_a_browser_opens_the_flagship_request_with_its_token_and_asks_no_other_host(tmp_path: Path) -> None:
    service = Service()
    with listening(service) as address, chromium(tmp_path) as browser:
        tab = browser.tab
        tab.open(f"{address}#token=abc.def.secret42")
        tab.wait_for(f"{EDITOR}.includes('query Flagship($start: GeoJSON!, $day: Date!)')")
        tab.wait_for(f"/\\d{{4}}-\\d\\d-\\d\\d/.test({VARIABLES}) && {VARIABLES}.includes('121.6147')")
        tab.wait_for("document.querySelector('[data-token=present]')")
        assert tab.run("location.href") == address, "the token must leave the address bar"
        assert tab.run("sessionStorage.getItem('luodi.token')") == "abc.def.secret42"
        assert "secret42" not in tab.run("JSON.stringify(localStorage)")
        # The schema has arrived and the language worker has judged the request by it.
        tab.wait_for("document.querySelector('.graphiql-query-editor .squiggly-error')")
        tab.run("document.querySelector('.graphiql-execute-button').click()")
        tab.wait_for("document.querySelector('.result-window').innerText.includes('siteVisitRoute')")
        tab.run_and_load("document.querySelector('[data-token] button').click()")
        tab.wait_for("document.querySelector('[data-token=missing]')")
        tab.wait_for("document.body.innerText.includes('.venv/bin/luodi token --role READER')")
        tab.wait_for(f"{EDITOR}.includes('query Flagship')")
        assert tab.run("sessionStorage.getItem('luodi.token')") is None
        assert tab.console == []
    assert service.authorizations[0] == "Bearer abc.def.secret42"
    assert service.authorizations[-1] is None
    # The fragment is recorded by the browser and never sent.
    asked = {urldefrag(url).url for url in browser.addresses() if not url.startswith(("data:", "blob:", "about:"))}
    assert address in asked
    assert sum(url.endswith(".js") for url in asked) > 3, "the record must hold the bundle and its workers"
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(address).netloc}
    assert not [url for url in asked if "secret42" in url]
