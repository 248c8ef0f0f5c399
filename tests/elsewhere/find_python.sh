#!/usr/bin/env bash
# Print a Python that works, of the first of the given versions that is found:
#     find_python.sh 3.14 3.13
for version in "$@"; do
    for python in "python$version" "$HOME"/.pyenv/versions/"$version".*/bin/python; do
        if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            "$python" -c 'import sys; print(sys.executable)'
            exit
        fi
    done
done
echo "none of Python $* is here" >&2
exit 1
