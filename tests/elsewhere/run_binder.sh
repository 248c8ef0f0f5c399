#!/usr/bin/env bash
# Make the environment that binder/ asks for, as Binder would, and run lessons in it. This is
# not Binder, where nobody has tried it yet.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
python=$("$root/tests/elsewhere/find_python.sh" "$(sed 's/python-//' "$root/binder/runtime.txt")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet "$root" "$work/mmpc"
cd "$work/mmpc"
"$python" -m venv "$work/venv"
PATH=$work/venv/bin:$PATH
python -m pip install --quiet --disable-pip-version-check -r binder/requirements.txt
binder/postBuild
cd notebooks
for lesson in 00 08 16 20; do
    jupyter nbconvert --to notebook --execute --output-dir "$work" "$lesson"_*.ipynb
done
echo "binder/ makes an environment in which lessons run"
