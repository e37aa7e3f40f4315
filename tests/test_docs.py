"""The documents say what the code does: names, numbers, links, and examples that run."""

import asyncio
import contextlib
import dataclasses
import datetime
import importlib.util
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import asyncpg
import pytest
from graphql import Node, OperationDefinitionNode, OperationType, parse, validate
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.schema import CreateTable

from api.graphql import Answering
from api.pool import open_database
from api.token import signing_key
from schema.access.rules import Role
from schema.access.visible import Viewer, visible
from schema.compiler.document import Refused
from schema.compiler.engine import Engine, Query
from schema.limits import Limits
from schema.problem import ProblemCode
from schema.root import model
from tests.conftest import TODAY, NewDatabase

HOUSE = Path(__file__).resolve().parents[1]
README = (HOUSE / "README.md").read_text()
COMPILER = (HOUSE / "schema" / "compiler" / "README.md").read_text()
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "schema/compiler/README.md"]
DOCUMENTS += [str(path.relative_to(HOUSE)) for path in sorted((HOUSE / "docs").glob("*.md"))]
MADE = {"bench/RESULTS.md", "bench/RESULTS-million.md"}
"""What the benchmark writes: it may not have run yet."""
NOW = datetime.datetime(2026, 6, 30, 4, tzinfo=datetime.UTC)
NEW_LINE = "# the one line"


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language, in order; an empty list would make a test of them empty, so it fails."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, f"no {language} block"
    return found


def prose(text: str) -> str:
    """A document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def table(text: str, heading: str) -> dict[str, list[str]]:
    """The rows of the first table under a heading, by the name in backquotes in their first cell."""
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if line[:3] == "| `"
    ]
    assert rows, f"no table under {heading}"
    return {first.strip("` "): rest for first, *rest in rows}


def test_every_setting_is_described_and_no_other() -> None:
    read = set(re.findall(r'"(LUODI_\w+)"', (HOUSE / "api" / "settings.py").read_text()))
    assert "LUODI_PORT" in read
    assert set(table(README, "Settings")) == read


def test_every_problem_code_is_described_and_no_other() -> None:
    assert set(table(README, "Errors")) == {code.value for code in ProblemCode}


def test_every_limit_is_stated_with_its_value() -> None:
    stated = {name: float(rest[0].replace(",", "")) for name, rest in table(README, "Limits").items()}
    assert stated == {name: float(value) for name, value in dataclasses.asdict(Limits()).items()}


def test_every_role_is_described() -> None:
    assert list(table(README, "Tokens and roles")) == [role.value for role in Role]


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^(\w+):.*## ", (HOUSE / "Makefile").read_text(), re.MULTILINE))
    for name in DOCUMENTS:
        text = (HOUSE / name).read_text()
        named = set(re.findall(r"(?:`|^)make (\w+)", text, re.MULTILINE))
        assert named <= targets, f"{name} names {named - targets}"
    assert set(re.findall(r"`make (\w+)", README)) >= {"test", "bench", "picture", "lint", "types"}


def test_every_command_named_exists() -> None:
    from api.command import main

    for name in DOCUMENTS:
        named = set(re.findall(r"(?:`|\.venv/bin/)luodi (\w+)", (HOUSE / name).read_text()))
        assert named <= set(main.commands), f"{name} names {named - set(main.commands)}"
    assert set(main.commands) == set(re.findall(r"`(\w+)`", README.split("The command line, ")[1].split("; each")[0]))


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_resolve(name: str) -> None:
    document = HOUSE / name
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(document.read_text())):
        if link.startswith(("https://", "http://")):
            continue
        path, _, fragment = link.partition("#")
        target = document.parent / path if path else document
        if str(target.resolve().relative_to(HOUSE)) in MADE:
            continue
        assert target.exists(), f"{name} links to {link}"
        if fragment:
            anchors = {anchor(one) for one in re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)}
            assert fragment in anchors, f"{name} links to {link}"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "schema/compiler/README.md"])
def test_files_named_in_prose_exist(name: str) -> None:
    written = re.findall(
        r"`([\w./-]+/[\w.-]+\.(?:py|graphql|svg|sql|sh|md|toml|txt|in))`", prose((HOUSE / name).read_text())
    )
    assert [path for path in written if path not in MADE and not (HOUSE / path).exists()] == []


def test_the_examples_are_valid() -> None:
    for text in blocks(README, "graphql"):
        assert validate(model().graphql, parse(text)) == [], text


def test_the_answer_shown_has_the_flagships_members() -> None:
    """Shortened or not, no member may stand in it that the request does not ask for, nor where it does not."""
    asked = parse((HOUSE / "api" / "flagship.graphql").read_text()).definitions[0]

    def compare(value: object, selection: dict[str, Node], path: str) -> None:
        if isinstance(value, list):
            for one in value:
                compare(one, selection, path)
        elif isinstance(value, dict) and selection:  # a scalar, GeoJSON among them, has no selection beneath
            for name, member in value.items():
                assert name in selection, f"{path}.{name}"
                compare(member, fields(selection[name]), f"{path}.{name}")

    def fields(node: Node) -> dict[str, Node]:
        selected = getattr(node, "selection_set", None)
        return {one.name.value: one for one in selected.selections} if selected else {}

    (shown,) = blocks(README, "json")
    compare(json.loads(shown)["data"], fields(asked), "data")


async def test_the_readmes_requests_are_answered(own_city_url: str) -> None:
    """Every example of the README, in its order, against the sample city."""
    connection = await asyncpg.connect(own_city_url)
    code = await connection.fetchval("SELECT code FROM project ORDER BY id LIMIT 1")
    await connection.close()
    given = {"code": code, "day": TODAY.isoformat()}
    database = await open_database(own_city_url, Limits())
    answering = Answering(Engine(model(), visible, Limits()), database)
    try:
        for text in blocks(README, "graphql"):
            (operation,) = parse(text).definitions
            assert isinstance(operation, OperationDefinitionNode)
            writes = operation.operation is OperationType.MUTATION
            names = {one.variable.name.value for one in operation.variable_definitions or ()}
            variables = {name: given[name] for name in names if name in given}
            viewer = Viewer("kim", Role.WRITER if writes else Role.READER)
            answer = json.loads((await answering.answer(Query(text, variables, None), viewer, NOW)).body())
            assert "errors" not in answer, (text, answer["errors"])
            assert all(answer["data"].values()), text
    finally:
        await database.close()


@contextlib.contextmanager
def module_of(source: str, path: Path) -> Iterator[ModuleType]:
    """A block as a module of its own: Strawberry looks annotations up by their module's name."""
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[path.stem]


async def test_one_annotated_line_adds_a_column(new_database: NewDatabase, tmp_path: Path) -> None:
    """The compiler's README, run: without the line there are no heights, with it there are."""
    whole, request = blocks(COMPILER, "python")[0], blocks(COMPILER, "graphql")[0]
    without = "".join(line for line in whole.splitlines(keepends=True) if NEW_LINE not in line)
    assert whole.count("\n") - without.count("\n") == 1
    viewer = Viewer("kim", Role.READER)

    def engine(module: ModuleType) -> Engine:
        return Engine(module.model, lambda _: lambda table, row, parameter: [], Limits())

    with module_of(without, tmp_path / "docs_without_line.py") as module:
        assert "height" not in module.schema.as_str().lower()
        with pytest.raises(Refused, match="height"):
            engine(module).operation(Query(request, {}, None))

    with module_of(whole, tmp_path / "docs_with_line.py") as module:
        connection = await asyncpg.connect(await new_database())
        try:
            await connection.execute(str(CreateTable(module.tree).compile(dialect=dialect())))  # type: ignore[no-untyped-call]
            rows = [(1, "银杏", 12.5), (2, "国槐", 9.0), (3, "雪松", 21.0), (4, "法桐", None), (5, "刺槐", 15.25)]
            await connection.executemany("INSERT INTO tree VALUES ($1, $2, $3)", rows)
            compiler = engine(module)
            document, operation = compiler.operation(Query(request, {}, None))
            variables = compiler.variables(document, operation, {})
            (compiled,) = compiler.compile(document, operation, variables, viewer)
            (data,) = await compiler.read(compiled, variables, viewer, connection, [])
        finally:
            await connection.close()
    assert json.loads(data)["data"] == {
        "trees": {
            "totalCount": 3,
            "nodes": [{"species": "雪松", "heightMeters": 21.0}, {"species": "刺槐", "heightMeters": 15.25}],
            "pageInfo": {"hasNextPage": True},
        }
    }


def test_the_stages_can_be_printed(tmp_path: Path) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), module_of(blocks(COMPILER, "python")[1], tmp_path / "docs_stages.py"):
        pass
    selection, plan, *statement, parameters = said.getvalue().splitlines()
    assert selection.startswith("(Selected(key='projects'")
    assert plan.startswith("Plan(roots=(('projects', ReadConnection(")
    assert "FROM project AS project_1" in "\n".join(statement)
    assert parameters == "[2]"


async def test_the_token_of_the_readme_is_the_services(tmp_path: Path) -> None:
    """`luodi token` signs with the key the service of the same data folder checks with."""
    from api.settings import Settings
    from api.token import verify_token

    environment = {"LUODI_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "api.command", "token", "--role", "READER"]
    made = await asyncio.to_thread(
        subprocess.run, command, cwd=HOUSE, env=environment, capture_output=True, text=True, check=True
    )
    key = signing_key(Settings.from_environment(environment))
    identity = verify_token(key, made.stdout.strip(), datetime.datetime.now(datetime.UTC))
    assert identity.role is Role.READER
