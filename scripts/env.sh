# Sourced by make's recipes and by scripts: puts Node 24 and the project's tools on the PATH. Needs no argument.
MAILMART_CACHE="${MAILMART_CACHE:-$HOME/.cache/mailmart}"
export MAILMART_CACHE
if ! command -v node >/dev/null 2>&1 || [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 24')" != true ]; then
  for dir in "$MAILMART_CACHE"/node/node_modules/node-*/bin; do
    [ -x "$dir/node" ] && PATH="$dir:$PATH"
  done
fi
PATH="$PWD/node_modules/.bin:$MAILMART_CACHE/sqlfluff/bin:$PATH"
export PATH
