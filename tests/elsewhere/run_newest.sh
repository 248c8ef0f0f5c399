#!/usr/bin/env bash
# Run tests on the newest Python that is here, in an environment kept for the next time; where
# none is newer than $PYTHON there is nothing to run:
#     run_newest.sh [ARGUMENTS OF PYTEST]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
mine=$("${PYTHON:-python3}" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
newer=()
for version in 3.14 3.13 3.12; do
    [ "$version" = "$mine" ] && break
    newer+=("$version")
done
if ! python=$("$root/tests/elsewhere/find_python.sh" "${newer[@]}" 2>/dev/null); then
    echo "no Python newer than $mine is here: nothing more to run"
    exit
fi
cd "$root"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
pins=$(cat requirements.txt pyproject.toml | cksum | cut -d " " -f 1)
venv=${XDG_CACHE_HOME:-$HOME/.cache}/mmpc/venv-$version-$pins
if [ ! -e "$venv/ready" ]; then
    rm -rf "$venv"
    "$python" -m venv "$venv"
    grep -v '^-e' requirements.txt >"$venv/pins.txt"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --constraint \
        "$venv/pins.txt" "$root[evaluation]" pydicom-data pytest pytest-xdist hypothesis
    touch "$venv/ready"
fi
echo "on $("$venv/bin/python" -V)"
PYTHONPATH=$root "$venv/bin/python" -m pytest -n "${JOBS:-2}" --dist loadfile "$@"
