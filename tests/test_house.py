"""The rules of the house that a machine can watch over."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[1]

# Long for a reason each; anything else past 400 lines wants to be two files.
LONG_FOR_A_REASON = {
    "requirements.txt": "generated",
    "requirements-dev.txt": "generated",
    "web/graphiql/package-lock.json": "generated",
    "schema.graphql": "generated: the published schema",
    "docs/flagship.svg": "generated: the picture in the README",
}
# Where packages come from is the machine's setting, not the project's. Split, or this file would break its own rule.
REGISTRIES = [
    "py" + "pi.org",
    "files.python" + "hosted.org",
    "registry.np" + "mjs.org",
    "registry.ya" + "rnpkg.com",
    "npm" + "mirror.com",
    "tsinghua" + ".edu.cn",
    "proxy.gol" + "ang.org",
    "deb.deb" + "ian.org",
]
FORBIDDEN_DRAWERS = {"utils", "helpers", "common", "services", "managers", "util", "helper", "misc"}


def tracked() -> list[Path]:
    answer = subprocess.run(
        ["git", "-c", f"safe.directory={HOUSE}", "ls-files", "-z", "--cached"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        pytest.skip("not a git clone: there is no list of files to look at")
    return [path for name in answer.stdout.split("\0") if name and (path := HOUSE / name).is_file()]


def texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found.append((str(path.relative_to(HOUSE)), content.decode("utf-8")))
    assert found
    return found


def test_no_registry_is_named() -> None:
    wrong = [f"{name} names {host}" for name, text in texts() for host in REGISTRIES if host in text.lower()]
    assert wrong == []


def test_no_lock_file_says_where_to_download() -> None:
    locks = [(n, t) for n, t in texts() if n.endswith(("package-lock.json", ".txt"))]
    assert any(name == "requirements.txt" for name, _ in locks)
    wrong = [name for name, text in locks if re.search(r'"resolved": "https?:|--(extra-)?index-url|--find-links', text)]
    assert wrong == []


def test_every_requirement_is_pinned_with_a_hash() -> None:
    for name in ("requirements.txt", "requirements-build.txt", "requirements-dev.txt"):
        entries = re.split(r"\n(?=\S)", (HOUSE / name).read_text().strip())
        assert len(entries) >= 2
        assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_every_direct_requirement_has_its_reason() -> None:
    for name in ("requirements.in", "requirements-build.in", "requirements-dev.in"):
        lines = (HOUSE / name).read_text().splitlines()
        direct = [i for i, line in enumerate(lines) if line and line[0] not in "#-"]
        assert direct
        assert [lines[i] for i in direct if not lines[i - 1].startswith("# ")] == []


def test_no_file_grows_past_four_hundred_lines() -> None:
    long = {name: lines for name, text in texts() if (lines := text.count("\n")) > 400}
    assert {name: lines for name, lines in long.items() if name not in LONG_FOR_A_REASON} == {}


def test_no_drawer_for_everything() -> None:
    wrong = [name for name, _ in texts() if FORBIDDEN_DRAWERS & {Path(p).stem for p in Path(name).parts}]
    assert wrong == []


def test_the_licence_is_the_one_we_declare() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (HOUSE / "LICENSE").read_text()


def test_the_commands_are_there() -> None:
    answer = subprocess.run(["make", "-s"], cwd=HOUSE, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^  make (\w+)", answer.stdout, re.MULTILINE))
    assert {"run", "test", "lint", "types", "bench", "web", "picture", "help"} <= listed


def test_scripts_are_sound() -> None:
    for name, shell in (("setup.sh", "sh"), (".ci/run", "bash")):
        subprocess.run([shell, "-n", str(HOUSE / name)], check=True)
        assert (HOUSE / name).stat().st_mode & 0o111, f"{name} must be executable"
