#!/usr/bin/env bash
# Build the wheel, install it in a fresh environment, and use the tools there from another folder.
set -euo pipefail
python=${PYTHON:-python3}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m build --wheel --outdir "$work/dist" "$root" >"$work/build.log" 2>&1 ||
    { cat "$work/build.log"; exit 1; }
"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile \
    "$work"/dist/*.whl pydicom-data
mkdir "$work/elsewhere"
cd "$work/elsewhere"
PATH="$work/venv/bin:$PATH"
python -m mmpc.samples --data data
for input in data/abdomen_ct.dcm data/head_ct.dcm; do
    python -m mmpc.encode "$input" scan.mmpc --bitstream 1 --quality 30 --verify
    python -m mmpc.encode "$input" scan.mmpc --quality 30 --verify
    mmpc-info scan.mmpc
    for output in scan.npy scan.dcm; do
        python -m mmpc.decode scan.mmpc "$output"
    done
done
mmpc-encode scan.dcm again.mmpc --rmse 5 --json
python - <<'END'
import mmpc, numpy, pydicom

array = numpy.load("scan.npy")
assert (pydicom.dcmread("scan.dcm").pixel_array == array).all()
print(f"the wheel works: {array.shape} {array.dtype}, mmpc {mmpc.__version__}")
END
