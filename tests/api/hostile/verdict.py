"""What every answer must be, whatever the request was."""

import json
import re
from typing import Any

import httpx

from schema.problem import ProblemCode

CODES = {code.value for code in ProblemCode} - {"INTERNAL"}
BYTES_OF_A_REFUSAL = 40_000
LEAKS = re.compile(
    r"Traceback|\.py\b|File \"|site-packages|asyncpg|sqlalchemy|psycopg|sqlstate|strawberry|graphql-core"
    r"|/usr/lib|/home/|/tmp/|SELECT .* FROM|\$\d+::|st_[a-z]+\(|KeyError|TypeError|AttributeError|<object"
    r"|pg_[a-z_]+\(|relation \"|syntax error at or near",
    re.IGNORECASE,
)


def judged(answer: httpx.Response, *, sent: str = "") -> dict[str, Any]:
    """The body of an answer that is fit to be sent: JSON, no fault of ours, each error with a code, nothing leaked.

    ``sent`` is what the request held; an error may quote that.
    """
    assert answer.status_code < 500, (answer.status_code, answer.text[:500])
    assert "json" in answer.headers["content-type"], answer.headers
    body = json.loads(answer.content)
    assert isinstance(body, dict)
    assert "data" in body or "errors" in body
    for error in body.get("errors", ()):
        assert error["extensions"]["code"] in CODES, error
        assert error["message"].strip(), error
        quoted = LEAKS.search(error["message"])
        assert quoted is None or quoted.group() in sent, error["message"][:500]
    if "errors" in body:
        assert len(answer.content) < BYTES_OF_A_REFUSAL, f"a refusal of {len(answer.content)} bytes"
    return body


def judged_in_place(answer: httpx.Response, root: str, *, sent: str = "") -> dict[str, Any]:
    """The same, and each error says at which field it belongs and which argument is at fault.

    Apart from those about the request as such: a document that cannot be read, variables beyond all measure.
    """
    body = judged(answer, sent=sent)
    for error in body.get("errors", ()):
        if error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED" or "in variables" in error["message"]:
            continue
        assert error.get("path", [None])[0] == root, error
        if error["extensions"]["code"] in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "LIMIT_EXCEEDED"):
            assert error["extensions"].get("argument"), error
    return body
