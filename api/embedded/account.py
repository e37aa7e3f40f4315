"""The user who runs PostgreSQL, which refuses root, and how programs are run as that user."""

import grp
import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.embedded.errors import EmbeddedDatabaseError

PREFERRED = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A user by name and numbers; ``switch`` says that the process must change to it (it is root now)."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run(
        self, command: Sequence[str], *, bindir: Path, given: str | None = None, timeout: float = 120.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, with ``given`` on its standard input; output and errors come joined.

        From ``/``, because this user may be unable to enter the folder the service was started in; with a clean
        environment, because ``PGPORT``, ``PGOPTIONS`` and their like would reach into a private server.
        """
        return subprocess.run(
            command,
            cwd="/",
            env={"PATH": f"{bindir}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            input="" if given is None else given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )


def choose_account(cluster: Path, *, wished: str | None, uid: int) -> Account:
    """Who runs PostgreSQL on ``cluster`` when the service's own user id is ``uid``.

    Root gives way to the cluster's owner, else to ``wished``, else to ``postgres`` or ``nobody``. Anyone else
    runs it as themselves. Raises ``EmbeddedDatabaseError``.
    """
    if uid != 0:
        return Account(_name(uid), uid, os.getegid(), switch=False)
    owner = cluster.stat().st_uid if cluster.exists() else 0
    if owner != 0:
        return _existing(_name(owner), owner)
    names = (wished,) if wished else PREFERRED
    for name in names:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid == 0:
            break
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
    raise EmbeddedDatabaseError(
        f"PostgreSQL refuses to run as root and no other user was found ({', '.join(names)}): "
        "set LUODI_POSTGRES_USER to a user without privileges, or start the service as one."
    )


def _existing(name: str, uid: int) -> Account:
    try:
        gid = pwd.getpwuid(uid).pw_gid
    except KeyError:
        gid = uid if _group_exists(uid) else 65_534
    return Account(name, uid, gid, switch=True)


def _group_exists(gid: int) -> bool:
    try:
        grp.getgrgid(gid)
    except KeyError:
        return False
    return True


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
