#!/usr/bin/env bash
# Run the suite on the newest Python that is here, in an environment kept for the next time:
#     run_newest.sh [ARGUMENTS OF PYTEST]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
minor() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }
python=$("$root/tests/elsewhere/find_python.sh" 3.14 3.13 3.12 3.11)
version=$(minor "$python")
if [ "$version" = "$(minor "${PYTHON:-python3}")" ]; then
    echo "no Python newer than $version is here: nothing more to run"
    exit
fi
cd "$root"
pins=$(cksum <requirements.txt | cut -d " " -f 1)
venv=${XDG_CACHE_HOME:-$HOME/.cache}/mmpc/venv-$version-$pins
if [ ! -e "$venv/ready" ]; then
    rm -rf "$venv"
    "$python" -m venv "$venv"
    grep -v '^-e' requirements.txt >"$venv/requirements.txt"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        -r "$venv/requirements.txt"
    touch "$venv/ready"
fi
echo "on $("$venv/bin/python" -V)"
PYTHONPATH=$root "$venv/bin/python" -m pytest -n "${JOBS:-2}" --dist loadfile "$@"
