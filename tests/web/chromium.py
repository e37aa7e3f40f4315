"""A headless Chromium driven over its DevTools protocol, with a record of every address it asked for."""

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# Chromium itself must be silent, so that whatever is recorded was asked for by the page.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--window-size=1440,900",
    "--no-first-run",
    "--no-pings",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication",
    "--disable-sync",
)


class Tab:
    """One page. ``console`` collects what the page logged as an error and what its security policy refused."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self.console: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of https://chromedevtools.github.io/devtools-protocol/ and its result."""
        sent = next(self._ids)
        self._socket.send(json.dumps({"id": sent, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=60))
            if message.get("id") == sent:
                assert "error" not in message, message["error"]
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.console.append(params["entry"]["text"])
        elif event.get("method") == "Runtime.exceptionThrown":
            self.console.append(str(params["exceptionDetails"].get("exception", {}).get("description")))

    def run(self, script: str) -> Any:
        """The JSON value of a JavaScript expression; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def open(self, url: str) -> None:
        """Goes to an address and returns when the page and its scripts have loaded."""
        self._loading("Page.navigate", url=url)

    def run_and_load(self, script: str) -> None:
        """Runs a script that leaves the page, and returns when the next one has loaded."""
        self._loading("Runtime.evaluate", expression=script)

    def _loading(self, method: str, **params: Any) -> None:
        self._socket.send(json.dumps({"id": next(self._ids), "method": method, "params": params}))
        while (message := json.loads(self._socket.recv(timeout=60))).get("method") != "Page.loadEventFired":
            self._note(message)

    def wait_for(self, condition: str, seconds: float = 30) -> None:
        """Returns as soon as a JavaScript condition holds; fails, showing the page's text, when it never does."""
        held = self.run(
            f"""new Promise(done => {{
                const end = performance.now() + {seconds * 1000};
                const look = () => ({condition}) ? done(true)
                    : performance.now() > end ? done(false) : setTimeout(look, 50);
                look();
            }})"""
        )
        assert held, f"never true: {condition}\n{self.run('document.body.innerText')}\n{self.console}"


class Browser:
    """A running Chromium with one tab and a profile folder of its own."""

    def __init__(self, tab: Tab, net_log: Path) -> None:
        self.tab = tab
        self._net_log = net_log

    def addresses(self) -> set[str]:
        """Every URL that pages and their workers asked of the network; complete once the browser has closed.

        What Chromium asks on its own account (updates, the time) has neither a page nor a script behind it.
        """
        log = json.loads(self._net_log.read_text(encoding="utf-8"))
        started = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
        requests = (event.get("params", {}) for event in log["events"] if event["type"] == started)
        return {
            request["url"]
            for request in requests
            if "url" in request  # the event that ends a request has the same type, and no address
            and (request["request_type"] == "main frame" or request["initiator"] != "not an origin")
        }


def _first_page(browser: ClientConnection) -> str:
    browser.send(json.dumps({"id": 1, "method": "Target.getTargets"}))
    while (message := json.loads(browser.recv(timeout=30))).get("id") != 1:
        pass
    return next(str(t["targetId"]) for t in message["result"]["targetInfos"] if t["type"] == "page")


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Chromium with an empty profile in ``folder``; closed in good order so that its network log is whole."""
    assert PROGRAM is not None
    profile, net_log = folder / "profile", folder / "net.json"
    process = subprocess.Popen(
        [
            PROGRAM,
            *FLAGS,
            f"--user-data-dir={profile}",
            f"--log-net-log={net_log}",
            "--remote-debugging-port=0",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing leaves this machine
            "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        browser_address = ""
        for line in process.stderr:  # ends at once if Chromium cannot start
            if "DevTools listening on " in line:
                browser_address = line.rsplit(" ", 1)[1].strip()
                break
        assert browser_address, "Chromium did not start"
        with connect(browser_address, max_size=None) as browser, process.stderr:
            host = browser_address.split("/")[2]
            target = _first_page(browser)
            with connect(f"ws://{host}/devtools/page/{target}", max_size=None) as socket:
                yield Browser(Tab(socket), net_log)
            browser.send(json.dumps({"id": 2, "method": "Browser.close"}))
            process.wait(timeout=30)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
