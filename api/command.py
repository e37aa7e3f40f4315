"""The command line: ``luodi serve | migrate | seed | token | sdl | check | explain``.

What a command needs is imported when it runs, so that ``luodi token`` does not wait for a solver to load.
"""

import asyncio
import io
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import IO, Any, ParamSpec
from zoneinfo import ZoneInfo

import click

from api.settings import Settings
from schema.access.rules import Role

Arguments = ParamSpec("Arguments")

CITY_TIME = ZoneInfo("Asia/Shanghai")
TRIAL_DAYS = 30

# Each names its own fix in its message.
REFUSALS = (
    ("api.database", "DatabaseUnreachable"),
    ("api.embedded", "EmbeddedDatabaseError"),
    ("api.explain_command", "ExplainRefused"),
    ("api.listening", "PortUnusable"),
    ("api.settings", "SettingsError"),
    ("api.token", "TokenKeyError"),
    ("migrations.run", "MigrationError"),
    ("schema.compiler.trusted", "ManifestError"),
    ("schema.sample.load", "SampleRefused"),
)


class Refusal(click.ClickException):
    """Something on the machine has to be mended first: one message, no traceback, exit code 2."""

    exit_code = 2


def told_clearly(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Turn the refusals that name their own fix into the command line's answer; anything else passes through."""

    @wraps(command)
    def answered(*arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        try:
            command(*arguments, **named)
        except Exception as error:
            if isinstance(error, _refusals()):
                raise Refusal(str(error)) from error
            raise

    return answered


def _refusals() -> tuple[type[Exception], ...]:
    # Only a module that was imported can have raised its own; importing the others here would take seconds.
    return tuple(getattr(sys.modules[module], name) for module, name in REFUSALS if module in sys.modules)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Luodi (落地): a city's investment projects, on the map, through one GraphQL request.

    Settings come from LUODI_DATABASE_URL, LUODI_HOST, LUODI_PORT, LUODI_DATA_DIR, LUODI_PUBLIC_URL and LUODI_WORKERS.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without Chinese shows question marks; it must not end the command.
            stream.reconfigure(errors="replace")


@main.command()
@click.option(
    "--sample/--no-sample",
    default=None,
    help="Fill an empty database with the sample city. Default: only the embedded one.",
)
@told_clearly
def serve(sample: bool | None) -> None:
    """Start the database, bring it up to date and serve until stopped."""
    from api.announcement import Tokens, announcement
    from api.database import any_project_code
    from api.serving import serve as serve_until_stopped
    from api.token import issue_token, signing_key
    from api.trusted import check_manifest

    settings = _settings()
    check_manifest(settings)

    def trial_token(role: Role, now: datetime) -> str:
        key, lifetime = signing_key(settings), timedelta(days=TRIAL_DAYS)
        return issue_token(key, role=role, subject=f"trial-{role.lower()}", now=now, lifetime=lifetime)

    def ready(url: str) -> None:
        now = datetime.now(UTC)
        tomorrow = now.astimezone(CITY_TIME).date() + timedelta(days=1)
        tokens = Tokens(trial_token(Role.READER, now), trial_token(Role.WRITER, now))
        code = any_project_code(url)
        click.echo(announcement(settings.public_url, tokens, project_code=code, day=tomorrow))

    sys.exit(
        serve_until_stopped(
            settings,
            environ=os.environ,
            sample=settings.database_url is None if sample is None else sample,
            today=_today(),
            tell=click.echo,
            ready=ready,
        )
    )


@main.command()
@click.option("--to", "revision", default="head", show_default=True, help="Revision to end at; `base` empties.")
@click.option("--down", is_flag=True, help="Go back to that revision: what later ones added is lost.")
@told_clearly
def migrate(revision: str, down: bool) -> None:
    """Bring the database up to date, or take it back."""
    from api.database import database
    from migrations.run import downgrade, upgrade

    with database(_settings()) as url:
        (downgrade if down else upgrade)(url, revision)
    click.echo(f"The database is at {revision}.")


@main.command()
@click.option("--projects", default=3200, show_default=True, type=click.IntRange(min=1), help="How many projects.")
@click.option("--seed", "seed_number", type=int, help="Another number makes another city.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day the sample ends. Default: today.")
@click.option("--replace", is_flag=True, help="Remove the sample that is there first; real rows stay.")
@told_clearly
def seed(projects: int, seed_number: int | None, today: datetime | None, replace: bool) -> None:
    """Load the sample city: real boundaries of Dalian, made-up projects."""
    from api.database import database
    from migrations.run import upgrade
    from schema.sample.load import SEED
    from schema.sample.load import seed as load

    day = today.date() if today else _today()
    with database(_settings()) as url:
        upgrade(url)
        load(url, projects=projects, today=day, seed=SEED if seed_number is None else seed_number, replace=replace)


@main.command()
@click.option("--role", required=True, type=click.Choice([role.value for role in Role], case_sensitive=False))
@click.option("--subject", help="Who it is for. Default: the role's name.")
@click.option(
    "--days", default=TRIAL_DAYS, show_default=True, type=click.IntRange(1, 3650), help="How long it is good."
)
@told_clearly
def token(role: str, subject: str | None, days: int) -> None:
    """Print a bearer token, and nothing else."""
    from api.token import issue_token, signing_key

    lifetime = timedelta(days=days)
    chosen = Role(role.upper())
    name = (subject or "").strip() or chosen.lower()
    click.echo(
        issue_token(signing_key(_settings()), role=chosen, subject=name, now=datetime.now(UTC), lifetime=lifetime)
    )


@main.command()
def sdl() -> None:
    """Print the GraphQL schema."""
    from schema.root import sdl as schema_text

    click.echo(schema_text(), nl=False)


@main.command()
@told_clearly
def check() -> None:
    """Say what the database and the trusted documents lack and how to mend it; exit 1 when something is missing."""
    from api.checking import check as look
    from api.database import database
    from api.trusted import manifest_findings

    settings = _settings()
    with database(settings) as url:
        findings = look(url)
    findings += manifest_findings(settings)
    for finding in findings:
        click.echo(finding.line())
    sys.exit(0 if all(finding.fine for finding in findings) else 1)


@main.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--variables", default="{}", help="A JSON object, or @FILE that holds one.")
@click.option("--operation", help="The operation's name, where the file has several.")
@click.option(
    "--role",
    default="READER",
    show_default=True,
    type=click.Choice([role.value for role in Role], case_sensitive=False),
)
@click.option("--analyze", is_flag=True, help="Run it, and show times and buffers. Not for mutations.")
@click.option(
    "--generic", is_flag=True, help="The plan for any values, which PostgreSQL may change to after five runs."
)
@click.option("--json", "as_json", is_flag=True, help="For tools.")
@told_clearly
def explain(
    file: IO[str], variables: str, operation: str | None, role: str, analyze: bool, generic: bool, as_json: bool
) -> None:
    """Show the statement a GraphQL FILE becomes, its parameters and PostgreSQL's plan of it (`-`: standard input)."""
    from api.database import database
    from api.explain_command import Wish, explain_operation
    from api.explain_command import as_json as json_of
    from api.explain_command import as_text as text_of
    from schema.compiler.engine import Query

    if analyze and generic:
        raise click.UsageError("--analyze runs the plan made for the values, --generic is made for none: choose one.")
    settings = _settings()
    query = Query(file.read(), _variables(variables), operation)
    with database(settings) as url:
        wish = Wish(analyze, generic, as_json)
        found = asyncio.run(explain_operation(url, settings.limits, query, Role(role.upper()), datetime.now(UTC), wish))
    click.echo(json_of(found) if as_json else text_of(found))


def _variables(given: str) -> dict[str, Any]:
    try:
        value = json.loads(Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given)
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{given!r}: {error}", param_hint="--variables") from error
    if not isinstance(value, dict):
        raise click.BadParameter("it must be a JSON object", param_hint="--variables")
    return value


def _settings() -> Settings:
    return Settings.from_environment(os.environ)


def _today() -> date:
    return datetime.now(CITY_TIME).date()


if __name__ == "__main__":
    main()
