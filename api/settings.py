"""Settings: every environment variable the service reads, read once, at the edge, never at import time."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from schema.limits import Limits

DEFAULT_PORT = 8000
ROOT_DATA_DIR = Path("/var/lib/luodi")


class SettingsError(ValueError):
    """An environment variable cannot be used; the message names it and says how to mend it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a service needs to know before it starts.

    ``database_url`` is ``None`` when the service runs its own PostgreSQL inside ``data_dir``.
    ``public_url`` is the address clients see, without a trailing slash; links are built from it, never from
    a request's ``Host`` header. ``token_key`` signs tokens; without one
    the key is kept in ``token_key_file``.
    ``postgres_user`` is the unprivileged user that runs the embedded PostgreSQL when root starts the service.
    ``metrics_dir`` is where the processes of one service keep their counts for each other, None for one process alone.
    ``trusted_documents`` is the manifest of documents to keep ready; ``trusted_documents_only`` answers no others.
    """

    host: str
    port: int
    public_url: str
    data_dir: Path
    database_url: str | None = field(repr=False)  # may hold a password
    token_key: bytes | None = field(repr=False)
    token_key_file: Path
    workers: int = 1
    postgres_user: str | None = None
    metrics_dir: Path | None = None
    trusted_documents: Path | None = None
    trusted_documents_only: bool = False
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], *, uid: int | None = None) -> "Settings":
        """Settings from ``LUODI_*`` variables; an empty variable counts as unset.

        ``uid`` decides the default data folder (0 is root) and defaults to the process's own.
        Raises ``SettingsError``.
        """
        host = environ.get("LUODI_HOST") or "127.0.0.1"
        port = _whole_number(environ, "LUODI_PORT", DEFAULT_PORT, 1, 65_535)
        data_dir = _data_dir(environ, os.geteuid() if uid is None else uid)
        key_file = environ.get("LUODI_TOKEN_KEY_FILE")
        return cls(
            host=host,
            port=port,
            public_url=_public_url(environ, host, port),
            data_dir=data_dir,
            database_url=_database_url(environ),
            token_key=_token_key(environ),
            token_key_file=Path(key_file) if key_file else data_dir / "secrets" / "token.key",
            workers=_whole_number(environ, "LUODI_WORKERS", 1, 1, 128),
            postgres_user=environ.get("LUODI_POSTGRES_USER") or None,
            metrics_dir=Path(environ["LUODI_METRICS_DIR"]) if environ.get("LUODI_METRICS_DIR") else None,
            trusted_documents=Path(environ["LUODI_TRUSTED_DOCUMENTS"])
            if environ.get("LUODI_TRUSTED_DOCUMENTS")
            else None,
            trusted_documents_only=_trusted_only(environ),
        )


def masked(url: str) -> str:
    """The URL with its password, in the authority or in the query, replaced by stars: for people's eyes."""
    # Up to the last @ there is: a password with an unescaped @ or / in it must not peep out either.
    url = re.sub(r"(?<=://)([^/?#@:]*):.*@", r"\1:***@", url)
    return re.sub(r"(?i)([?&](?:\w*password|sslkey)=)[^&#]*", r"\1***", url)


def _trusted_only(environ: Mapping[str, str]) -> bool:
    text = environ.get("LUODI_TRUSTED_DOCUMENTS_ONLY") or "false"
    if text not in ("true", "false"):
        raise SettingsError(f"LUODI_TRUSTED_DOCUMENTS_ONLY={text!r} is neither true nor false: set it to one of them.")
    if text == "true" and not environ.get("LUODI_TRUSTED_DOCUMENTS"):
        raise SettingsError(
            "LUODI_TRUSTED_DOCUMENTS_ONLY is true, but no document is trusted: "
            "name the manifest in LUODI_TRUSTED_DOCUMENTS."
        )
    return text == "true"


def _whole_number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name)
    if not text:
        return default
    # int() alone would take "٣", "+1" and " 1".
    if not re.fullmatch(r"[0-9]{1,6}", text) or not low <= int(text) <= high:
        raise SettingsError(f"{name}={text!r} is not a whole number from {low} to {high}: set it to one or unset it.")
    return int(text)


def _data_dir(environ: Mapping[str, str], uid: int) -> Path:
    text = environ.get("LUODI_DATA_DIR")
    if text:
        return Path(os.path.abspath(text))
    if uid == 0:
        return ROOT_DATA_DIR
    base = environ.get("XDG_DATA_HOME")
    if base and os.path.isabs(base):
        return Path(base) / "luodi"
    home = environ.get("HOME")
    if not home:
        raise SettingsError("LUODI_DATA_DIR is not set and neither is HOME: set LUODI_DATA_DIR to a folder of yours.")
    return Path(home) / ".local" / "share" / "luodi"


def _public_url(environ: Mapping[str, str], host: str, port: int) -> str:
    text = environ.get("LUODI_PUBLIC_URL")
    if not text:
        # Nobody can open 0.0.0.0; the machine's own name for itself is the honest default.
        reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        return f"http://{reachable}:{port}"
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(
            f"LUODI_PUBLIC_URL={text!r} is not an address clients can open: write it like https://map.example.cn"
        )
    return text.rstrip("/")


def _token_key(environ: Mapping[str, str]) -> bytes | None:
    text = environ.get("LUODI_TOKEN_KEY")
    if not text:
        return None
    if len(text.encode()) < 32:
        raise SettingsError("LUODI_TOKEN_KEY is shorter than 32 bytes: use the output of `openssl rand -hex 32`.")
    return text.encode()


def _database_url(environ: Mapping[str, str]) -> str | None:
    text = environ.get("LUODI_DATABASE_URL")
    if not text:
        return None
    scheme, separator, rest = text.partition("://")
    if not separator or not re.fullmatch(r"postgres(ql)?(\+\w+)?", scheme):
        raise SettingsError(
            "LUODI_DATABASE_URL is not a PostgreSQL address: write it like postgresql://user:password@host:5432/name"
        )
    # The driver is our choice: one spelling for asyncpg, SQLAlchemy and psql alike.
    return f"postgresql://{rest}"
