#!/usr/bin/env bash
# Run the suite where something is different:
#     run_suite.sh ascii|no-home|windows-like|sdist|umlauts|nobody [ARGUMENTS OF PYTEST]
set -euo pipefail
condition=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
python=$("${PYTHON:-python3}" -c 'import sys; print(sys.executable)')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=$root
sources=$root
with=(env)

unpack_sdist() {  # into the folder $1
    "$python" -m build --sdist --outdir "$work/dist" "$root" >"$work/build.log" 2>&1 ||
        { cat "$work/build.log"; exit 1; }
    mkdir -p "$1"
    tar xzf "$work"/dist/*.tar.gz -C "$1" --strip-components 1
    folder=$1
    sources=$1
}

case $condition in
    ascii)  # no UTF-8, neither for files nor for the terminal
        with=(env PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 LC_ALL=C) ;;
    no-home)
        with=(env -u HOME -u XDG_CACHE_HOME) ;;
    windows-like)
        sources=$root/tests/elsewhere/windows_like:$root ;;
    sdist)
        unpack_sdist "$work/mmpc"
        if git -C "$root" rev-parse --git-dir >/dev/null 2>&1; then
            git -C "$root" ls-files | while IFS= read -r file; do
                [ -e "$folder/$file" ] || { echo "not in the sdist: $file"; exit 1; }
            done
        fi ;;
    umlauts)
        unpack_sdist "$work/Räume und Übungen/mmpc" ;;
    nobody)  # may write nowhere but in one folder, has no home and no entry among the users
        unpack_sdist "$work/mmpc"
        mkdir "$work/tmp"
        chown 54321:54321 "$work/tmp"
        chmod a+rx "$work"
        with=(setpriv --reuid 54321 --regid 54321 --clear-groups)
        "${with[@]}" env "$python" -c "" 2>/dev/null ||  # it is in a folder of root's alone
            with+=(--inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search)
        with+=(env -u HOME -u XDG_CACHE_HOME TMPDIR="$work/tmp") ;;
    *)
        echo "what is $condition?" >&2
        exit 2 ;;
esac

cd "$folder"
export PYTHONPATH=$sources PYTHONDONTWRITEBYTECODE=1
"${with[@]}" "$python" -m pytest -n "${JOBS:-2}" --dist loadfile -p no:cacheprovider "$@"
