#!/bin/sh
# Everything Luodi needs on this machine, installed once: `sh setup.sh run` or `sh setup.sh test`.
# Idempotent: what is there already is left alone, and a finished set-up is recognised by its stamp.
set -eu
cd "$(dirname "$0")"
purpose=${1:-run}
case $purpose in run | test) ;; *) echo "usage: sh setup.sh run|test" >&2; exit 2 ;; esac

say() { echo "set-up: $*" >&2; }
fail() { say "$*"; exit 1; }

# Two of us in one folder at once take turns. The lock ends with this script.
if command -v flock >/dev/null 2>&1; then
    exec 9>.setup.lock
    flock 9
fi

# --- Debian packages, by name, only those that are missing -------------------------------------------------

find_python() {
    for candidate in python3.11 python3 python3.12 python3.13; do
        path=$(command -v "$candidate" 2>/dev/null) || continue
        if "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$path"
            return
        fi
    done
}

has_postgis() {
    for bin in /usr/lib/postgresql/*/bin; do
        version=$(basename "$(dirname "$bin")")
        case $version in '' | *[!0-9]*) continue ;; esac
        [ "$version" -ge 15 ] && [ -x "$bin/postgres" ] &&
            [ -f "/usr/share/postgresql/$version/extension/postgis.control" ] && return
    done
    # Not Debian's layout: whatever pg_config speaks of. It also comes with the client's headers, without a server.
    bin=$(pg_config --bindir 2>/dev/null) && [ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] &&
        [ -f "$(pg_config --sharedir)/extension/postgis.control" ]
}

apt() { # apt PACKAGE… — false when they cannot be installed
    if ! command -v apt-get >/dev/null 2>&1; then
        say "this is not Debian; install what corresponds to: $*"
        return 1
    fi
    as_root=
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            say "these packages are missing and neither root nor sudo is here: apt-get install $*"
            return 1
        fi
        as_root=sudo
    fi
    say "installing $*"
    if [ -z "${apt_updated:-}" ]; then
        # A machine just switched on refreshes its lists by itself and holds their lock: those will do.
        $as_root apt-get update -qq </dev/null >&2 || say "the package lists could not be refreshed; taking those here"
        apt_updated=yes
    fi
    # Automatic upgrades may be at work: wait for them. No pseudo-terminal: its progress fills a log with percents.
    # shellcheck disable=SC2086 # $as_root is empty or one word
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@" </dev/null >&2
}

[ -f /etc/ssl/certs/ca-certificates.crt ] || apt ca-certificates || fail "cannot go on without certificates"

python=$(find_python)
if [ -z "$python" ]; then
    apt python3 python3-venv || fail "Python 3.11 or newer is needed"
    python=$(find_python)
    [ -n "$python" ] || fail "Python 3.11 or newer is needed; this system's own is older"
fi
if ! .venv/bin/python -c 'import pip' 2>/dev/null && ! "$python" -c 'import venv, ensurepip; ensurepip.version()' 2>/dev/null
then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    apt "python$version-venv" || fail "Python's venv is needed"
fi

# Somebody else's database needs no server here; the tests always start their own.
if { [ "$purpose" = test ] || [ -z "${LUODI_DATABASE_URL:-}" ]; } && ! has_postgis; then
    apt postgresql-15 postgresql-15-postgis-3 ||
        fail "PostgreSQL 15 or newer with PostGIS is needed, or LUODI_DATABASE_URL for one elsewhere"
    say "Debian sets up a PostgreSQL of its own with the package (port 5432); Luodi starts a private one beside it"
fi

if [ "$purpose" = test ] && ! command -v chromium >/dev/null 2>&1; then
    apt chromium || say "without chromium the browser tests are skipped"
fi

# --- Python packages, by hash -------------------------------------------------------------------------------

requirements="requirements.txt requirements-build.txt"
[ "$purpose" = run ] || requirements="$requirements requirements-dev.txt"
place=$(pwd -P)

# A virtual environment carries its own path; one that was moved or whose Python is gone is made anew.
if ! .venv/bin/python -c 'import pip' 2>/dev/null ||
    [ "$(.venv/bin/python -c 'import os, sys; print(os.path.realpath(sys.prefix))')" != "$place/.venv" ] ||
    [ "$(cat .venv/.place 2>/dev/null || echo "$place")" != "$place" ]; then
    say "making .venv with $python"
    "$python" -m venv --clear .venv
fi
echo "$place" >.venv/.place

# shellcheck disable=SC2086 # a list of names without spaces
wanted=$({ .venv/bin/python -V; cat $requirements requirements.in pyproject.toml; } | sha256sum | cut -d' ' -f1)
stamp=.venv/.stamp-$purpose
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || [ ! -x .venv/bin/luodi ]; then
    say "installing Python packages"
    files=
    for file in $requirements; do files="$files -r $file"; done
    # shellcheck disable=SC2086
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: \
        --require-hashes $files </dev/null >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation \
        --editable . </dev/null >&2
    echo "$wanted" >"$stamp"
fi

# --- The page in the browser --------------------------------------------------------------------------------

if [ -f web/graphiql/build.sh ]; then
    sh web/graphiql/build.sh </dev/null >&2 ||
        say "GraphiQL could not be built (see above): everything else works, /graphql says so in a browser"
fi
