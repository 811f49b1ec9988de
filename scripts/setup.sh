#!/usr/bin/env bash
# Fill .venv with exactly what requirements.lock says, checksums verified, then with the project itself.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
inside=.venv/bin/python

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Il faut Python 3.11 ou plus récent ; « $python » ne l'est pas. Par exemple : make PYTHON=python3.12" >&2
    exit 1
fi

# Debian keeps what venv needs in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "Le module venv de Python manque : sudo apt-get install python3-venv" >&2
        exit 1
    fi
    echo "Installation du paquet python3-venv…"
    apt-get -o DPkg::Lock::Timeout=120 --quiet=2 update
    DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 --quiet=2 \
        install --yes --no-install-recommends python3-venv >/dev/null
fi

# An environment that was begun and not finished, or whose Python is gone, is made again.
"$inside" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv

pip() { "$inside" -m pip --disable-pip-version-check "$@"; }

# uv installs in seconds what takes pip half a minute. It is in the lock itself, and asks the index that pip is told to ask.
fast() {
    awk '/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }' requirements.lock >.venv/uv.lock
    pip install -qq --require-hashes --requirement .venv/uv.lock || return 1
    local index
    index=$(pip config list | sed -n "s/^[^=]*\.index-url='\(.*\)'\$/\1/p" | tail -n 1)
    if [ -n "$index" ]; then export UV_DEFAULT_INDEX=$index; fi
    .venv/bin/uv pip sync --quiet --python "$inside" --require-hashes requirements.lock
}

echo "Installation des dépendances verrouillées dans .venv…"
if ! fast; then
    echo "uv n'a pas abouti : pip prend le relais."
    pip install --quiet --require-hashes --requirement requirements.lock
fi
# No isolated build: its tools too come from the lock.
pip install --quiet --no-deps --no-build-isolation --no-index --editable .
