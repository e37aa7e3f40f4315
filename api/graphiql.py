"""GraphiQL at ``/graphql`` for a browser: our own page and scripts, no other host.

``web/graphiql/build.sh`` makes ``web/graphiql/dist``: ``index.html``, and ``assets/`` whose file names carry
a hash of their content. The page names its assets relative to itself (``graphiql/…``), so it also works under
a path prefix.

Content-Security-Policy: https://www.w3.org/TR/CSP3/
"""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST: Final = Path(__file__).resolve().parent.parent / "web" / "graphiql" / "dist"

# The editor (Monaco) writes style elements and style attributes as it draws, without a nonce, so inline style
# must be allowed; its icon font and cursors are data: URLs inside its style sheet. Scripts are ours alone.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_PAGE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    # The page names hashed assets, so an old copy would ask for files that are gone after an upgrade.
    "Cache-Control": "no-cache",
    # The same address answers JSON to a client that does not ask for HTML.
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_NOT_BUILT: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>GraphiQL is not built</title></head>
<body><h1>GraphiQL is not built</h1>
<p>The service is running, but its GraphiQL page has not been made on this machine.
Run <code>web/graphiql/build.sh</code> in the project's folder (<code>make run</code> does) and reload.
The API itself needs no page: POST requests to this address.</p>
<p lang="zh-CN">页面尚未构建：请在项目目录运行 <code>web/graphiql/build.sh</code> 后刷新。</p></body></html>
"""


class _HashedAssets(StaticFiles):
    """Files whose name changes with their content: a browser may keep them for a year unasked."""

    async def check_config(self) -> None:
        """Nothing to check: the folder may be built after the service started, and until then all is 404."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def routes(dist: Path = DIST) -> list[BaseRoute]:
    """The page's scripts, styles and workers under ``/graphiql/``; all 404 while ``dist`` is not built."""
    return [Mount("/graphiql", _HashedAssets(directory=dist / "assets", check_dir=False), name="graphiql")]


async def page(request: Request, dist: Path = DIST) -> Response:
    """The HTML of ``GET /graphql`` for a browser; 503 with what to do while ``dist`` is not built."""
    try:
        html = (dist / "index.html").read_text(encoding="utf-8")  # under 1 kB: a thread would cost more
    except FileNotFoundError:
        return HTMLResponse(_NOT_BUILT, 503, {**_PAGE_HEADERS, "Cache-Control": "no-store"})
    return HTMLResponse(html, headers=_PAGE_HEADERS)
