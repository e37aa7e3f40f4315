"""What the terminal says once the service answers: where it is, who may enter, what to try."""

import json
import shlex
from dataclasses import dataclass
from datetime import date

PROJECTS = """
{ projects(first: 3, filter: { region: { under: "210200" } }, orderBy: [{ field: TOTAL_INVESTMENT, direction: DESC }])
  { totalCount nodes { code name stage totalInvestment location region { name } } } }
"""
ROUTE = """
query ($start: GeoJSON!, $day: Date!) {
  siteVisitRoute(input: { limit: 8, start: $start, date: $day, sites: { filter: {
    region: { under: "210200" }, issues: { some: { status: { in: [OPEN] } } } } } })
  { basis meters seconds stops { sequence arrival project { code name issues(first: 2) { nodes { title } } } } } }
"""
REPORT = """
mutation ($project: String!) {
  reportIssue(input: {
    idempotencyKey: "first-try", project: { code: $project }, title: "施工用电未接入", severity: MAJOR
  })
  { issue { id title status level project { code name } } } }
"""
# Zhongshan Square, WGS 84, the middle of Dalian.
START = {"type": "Point", "coordinates": [121.6392, 38.9206]}


@dataclass(frozen=True, slots=True)
class Tokens:
    """One token for looking, one for writing."""

    reader: str
    writer: str


def announcement(address: str, tokens: Tokens, *, project_code: str | None, day: date) -> str:
    """The text to print: address, tokens, GraphiQL's link and three requests that work as they stand.

    ``project_code`` is a project to report an issue on, ``None`` when the database holds none yet.
    ``day`` is the day of the site visits.
    """
    requests = [
        ("the city's largest projects", _curl(address, tokens.reader, PROJECTS, {})),
        (
            "tomorrow's round trip through sites with open issues",
            _curl(address, tokens.reader, ROUTE, {"start": START, "day": day.isoformat()}),
        ),
    ]
    if project_code is not None:
        report = _curl(address, tokens.writer, REPORT, {"project": project_code})
        requests.append(("report an issue; sent twice it is still one issue", report))
    lines = [
        "",
        f"Luodi serves on {address}",
        "",
        f"Reader's token: {tokens.reader}",
        f"Writer's token: {tokens.writer}",
        "",
        # Behind #, so the token is never sent to a server or written to its log.
        f"In a browser:   {address}/graphql#token={tokens.reader}",
        "",
        "To try:",
    ]
    for title, request in requests:
        lines += [f"# {title}", request]
    return "\n".join([*lines, ""])


def _curl(address: str, token: str, document: str, variables: dict[str, object]) -> str:
    body = json.dumps({"query": " ".join(document.split()), "variables": variables}, ensure_ascii=False)
    return " ".join(
        [
            "curl -s",
            shlex.quote(f"{address}/graphql"),
            f"-H {shlex.quote(f'Authorization: Bearer {token}')}",
            "-H 'Content-Type: application/json'",
            f"-d {shlex.quote(body)}",
        ]
    )
