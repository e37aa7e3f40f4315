"""Page, service and city as an engineer meets them: a real browser runs the flagship and shows its data."""

import datetime
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from api import graphiql
from api.application import create
from tests.api.client import settings, token
from tests.web.chromium import PROGRAM, chromium

pytestmark = [
    pytest.mark.skipif(not (graphiql.DIST / "index.html").exists(), reason="web/graphiql/build.sh has not been run"),
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine"),
]

RESULT = "(document.querySelector('.result-window')?.innerText ?? '').replace(/\\u00a0/g, ' ')"


@contextmanager
def listening(url: str) -> Iterator[str]:
    """The service over a database on a free port of this machine, by the machine's clock; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create(settings(url)), log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        finally:
            server.should_exit = True
            thread.join()


def test_a_browser_runs_the_flagship_and_shows_its_data(city_url: str, tmp_path: Path) -> None:
    bearer = token(now=datetime.datetime.now(datetime.UTC))
    with listening(city_url) as address, chromium(tmp_path) as browser:
        tab = browser.tab
        tab.open(f"{address}#token={bearer}")
        tab.wait_for("document.querySelector('[data-token=present]')")
        tab.wait_for("document.querySelector('.graphiql-query-editor')?.innerText.includes('siteVisitRoute')")
        tab.run("document.querySelector('.graphiql-execute-button').click()")
        tab.wait_for(f'/"(data|errors)"/.test({RESULT})')
        shown = tab.run(RESULT)
        assert '"errors"' not in shown
        assert '"basis": "STRAIGHT_LINE_ESTIMATE"' in shown
        assert '"type": "LineString"' in shown
        # The editor has the service's schema by now, and finds nothing wrong with the request.
        tab.wait_for("document.querySelector('.graphiql-query-editor .view-line')")
        assert tab.run("document.querySelectorAll('.graphiql-query-editor .squiggly-error').length") == 0
        assert tab.console == []


def test_a_browser_without_a_token_is_told_so(city_url: str, tmp_path: Path) -> None:
    with listening(city_url) as address, chromium(tmp_path) as browser:
        tab = browser.tab
        tab.open(address)
        tab.wait_for("document.querySelector('[data-token=missing]')")
        tab.wait_for("document.querySelector('.graphiql-execute-button')")
        tab.run("document.querySelector('.graphiql-execute-button').click()")
        tab.wait_for(f"{RESULT}.includes('UNAUTHENTICATED')")
