"""Finding the PostgreSQL that is installed on this machine."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from api.embedded.errors import PostgreSQLMissing

OLDEST_MAJOR = 15
# Debian, then the PostgreSQL project's own packages for Red Hat, then Alpine.
LAYOUTS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*")
ADVICE = (
    "apt-get install postgresql-15 postgresql-15-postgis-3 (Debian 12), "
    "or set LUODI_DATABASE_URL to a PostgreSQL elsewhere."
)


@dataclass(frozen=True, slots=True)
class Installation:
    """One installed PostgreSQL: the folder of its programs and its major version."""

    bindir: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.bindir / name)


def find_installation(*, major: int | None = None, candidates: Iterator[Path] | None = None) -> Installation:
    """The newest installed PostgreSQL (15 or newer) that has PostGIS; exactly ``major`` when given.

    Raises ``PostgreSQLMissing`` naming the package to install.
    """
    found = [
        installation
        for bindir in dict.fromkeys(bindir_candidates() if candidates is None else candidates)
        if (installation := _installation(bindir)) is not None
    ]
    fitting = [i for i in found if i.major >= OLDEST_MAJOR and major in (None, i.major)]
    for installation in sorted(fitting, key=lambda i: i.major, reverse=True):
        if _has_postgis(installation):
            return installation
    if fitting:
        version = max(i.major for i in fitting)
        raise PostgreSQLMissing(
            f"PostgreSQL {version} is installed, PostGIS for it is not: "
            f"apt-get install postgresql-{version}-postgis-3, or set LUODI_DATABASE_URL to a PostgreSQL elsewhere."
        )
    if major is not None:
        raise PostgreSQLMissing(
            f"The data folder was made by PostgreSQL {major}, which is not installed: "
            f"apt-get install postgresql-{major} postgresql-{major}-postgis-3, or choose another LUODI_DATA_DIR."
        )
    if found:
        raise PostgreSQLMissing(
            f"PostgreSQL {max(i.major for i in found)} is too old, {OLDEST_MAJOR} or newer is needed: {ADVICE}"
        )
    raise PostgreSQLMissing(f"PostgreSQL is not installed: {ADVICE}")


def bindir_candidates() -> Iterator[Path]:
    """Folders where PostgreSQL's programs may be: known layouts, then pg_config's word, then PATH."""
    for layout in LAYOUTS:
        yield from sorted(Path("/").glob(layout.removeprefix("/")), reverse=True)
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip():
            yield Path(answer.stdout.strip())
    if initdb := shutil.which("initdb"):
        # Resolved: a link in PATH points into the folder where the other programs are.
        yield Path(initdb).resolve().parent


def _installation(bindir: Path) -> Installation | None:
    if not all((bindir / name).is_file() for name in ("initdb", "pg_ctl", "postgres")):
        return None
    answer = subprocess.run([bindir / "postgres", "-V"], capture_output=True, text=True, check=False)
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return Installation(bindir, int(version[1])) if version else None


def _has_postgis(installation: Installation) -> bool:
    shares = [Path(f"/usr/share/postgresql/{installation.major}"), installation.bindir.parent / "share"]
    pg_config = installation.bindir / "pg_config"
    if pg_config.is_file():
        answer = subprocess.run([pg_config, "--sharedir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            shares.insert(0, Path(answer.stdout.strip()))
    return any((share / "extension" / "postgis.control").is_file() for share in shares)
