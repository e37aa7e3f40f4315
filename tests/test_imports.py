"""Imports go one way, api -> schema -> geo, and our top-level names are nobody else's."""

import ast
import os
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[1]
ROOMS = ("api", "schema", "geo", "migrations")
# What each room may import of ours, besides itself.
ALLOWED = {
    "api": {"schema", "geo", "migrations"},
    "schema": {"geo"},
    "geo": set(),
    # Migrations write down the tables of their day and compare them with the declared ones.
    "migrations": {"schema", "geo"},
}
# The compiler knows tables and bindings as values; concepts are handed to it.
COMPILER_ALLOWED = {"schema.compiler", "schema.limits", "schema.problem", "schema.scalars", "schema.database", "geo"}


def imports(source: str, package: str) -> Iterator[str]:
    """Full names of the modules that ``source``, a module directly in ``package``, imports anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                base = ".".join([*parents[: len(parents) - node.level + 1], *([base] if base else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def modules(room: str) -> Iterator[tuple[Path, list[str]]]:
    for path in sorted((HOUSE / room).rglob("*.py")):
        package = ".".join(path.relative_to(HOUSE).parent.parts)
        yield path.relative_to(HOUSE), list(imports(path.read_text(), package))


@pytest.mark.parametrize("room", ROOMS)
def test_no_arrow_points_back(room: str) -> None:
    seen = list(modules(room))
    assert seen, f"the room {room} is empty: this test looks at nothing"
    # Tests and benchmarks may look into every room; no room may lean on them.
    others = {*ROOMS, "tests", "bench", "web"} - ALLOWED[room] - {room}
    wrong = [f"{path} imports {name}" for path, names in seen for name in names if name.split(".")[0] in others]
    assert wrong == []


def test_the_compiler_imports_no_concept() -> None:
    seen = list(modules("schema/compiler"))
    assert seen
    wrong = [
        f"{path} imports {name}"
        for path, names in seen
        for name in names
        if name.split(".")[0] == "schema"
        and name != "schema"
        and not any(name == allowed or name.startswith(f"{allowed}.") for allowed in COMPILER_ALLOWED)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import api.settings", "api.settings"),
        ("from api import settings", "api.settings"),
        ("def f():\n    from api.x import y", "api.x.y"),
        ("from ..issue import rules", "schema.issue.rules"),
        ("from . import plan", "schema.compiler.plan"),
    ],
)
def test_the_walk_sees_every_kind_of_import(line: str, name: str) -> None:
    assert name in list(imports(line, "schema.compiler"))


def test_our_names_are_taken_by_no_dependency_and_not_by_the_standard_library() -> None:
    owners = {
        f"{name} is also in {distribution.metadata['Name']}"
        for distribution in distributions()
        if distribution.metadata["Name"] != "luodi"
        for file in distribution.files or []
        for name in ROOMS
        if file.parts[0] in (name, f"{name}.py")
    }
    assert owners == set()
    assert not sys.stdlib_module_names & set(ROOMS)
    for site in (path for path in sys.path if path.endswith("-packages")):
        assert not {name.removesuffix(".py") for name in os.listdir(site)} & set(ROOMS)
