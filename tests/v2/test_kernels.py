"""Each kernel is compiled once, whoever calls it: a second signature is half a minute lost."""

import json
import operator
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import njit, types
from numba.core import config
from numba.core.codegen import CPUCodegen as Codegen
from numba.core.errors import TypingError
from numba.core.registry import cpu_target

from mmpc.v2.kernel import kernel
from mmpc.v2.kernel_parts import is_part
from mmpc.v2.type_memory import types_remembered

ROOT = Path(__file__).resolve().parents[2]


def test_each_kernel_has_one_signature():
    # In a process of its own: elsewhere other tests called kernels with arrays of their own.
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
    run = subprocess.run(
        [sys.executable, "-m", "tests.v2.signatures"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    counts = json.loads(run.stdout)
    assert len(counts) > 80
    assert {name: n for name, n in counts.items() if n != 1} == {}


@kernel
def _double(value):
    return 2 * value


@njit
def _call_with_many_types(flag, small):
    return _double(3) + _double(flag) + _double(small)


def test_integers_of_every_kind_are_one_type():
    assert _call_with_many_types(True, np.uint8(5)) == 18
    assert _double.signatures == [(types.int64,)]


def test_a_part_can_be_called_from_python_as_well(monkeypatch, tmp_path):
    # Loaded from its file, a kernel would have no parts.
    monkeypatch.setattr("mmpc.v2.kernel_cache.kernel_folder", lambda: tmp_path)

    @kernel
    def part(values):
        return 3 * values[0]

    @kernel
    def whole(values):
        return part(values) + part(values)

    values = np.array([7])
    assert whole(values) == 42
    (compiled,) = part.overloads.values()
    assert is_part(compiled)
    assert part(values) == 21
    (compiled,) = part.overloads.values()
    assert not is_part(compiled)
    assert whole(values) == 42


def test_a_packed_kernel_alone_is_compiled_with_neighbours_in_vectors(monkeypatch, tmp_path):
    monkeypatch.setattr("mmpc.v2.kernel_cache.kernel_folder", lambda: tmp_path)
    seen = []
    build = Codegen._pass_builder

    def note(codegen, **options):
        seen.append(options.get("slp_vectorize", config.SLP_VECTORIZE))
        return build(codegen, **options)

    monkeypatch.setattr(Codegen, "_pass_builder", note)

    @kernel(packs=True)
    def packed(values):
        return values[0] + 1

    @kernel
    def plain(values):
        return values[0] + 1

    assert packed(np.array([1])) == 2
    assert 1 in seen
    seen.clear()
    assert plain(np.array([1])) == 2
    assert seen
    assert 1 not in seen
    assert config.SLP_VECTORIZE == 0


def test_numbas_own_functions_are_typed_once_and_as_without_a_memory(monkeypatch):
    typed = []
    find = types.Function.get_call_type

    def get_call_type(function, context, args, kws):
        typed.append(args)
        return find(function, context, args, kws)

    monkeypatch.setattr(types.BaseFunction, "get_call_type", get_call_type)
    add = cpu_target.typing_context.resolve_value_type(operator.add)
    asked = [(types.int64, types.int64), (types.int64, types.float64), (types.int64, types.int64)]
    without = [add.get_call_type(cpu_target.typing_context, args, {}) for args in asked]
    typed.clear()
    with types_remembered():
        assert [add.get_call_type(cpu_target.typing_context, args, {}) for args in asked] == without
        assert typed == asked[:2]
        with pytest.raises(TypingError):
            add.get_call_type(cpu_target.typing_context, (types.int64, types.none), {})
    add.get_call_type(cpu_target.typing_context, asked[0], {})
    assert typed[-1] == asked[0]  # forgotten


@kernel
def _quotient(dividend, divisor):
    return dividend // divisor


@kernel
def _remainder_of(dividend, divisor):
    return dividend - divisor * _quotient(dividend, divisor)


def test_an_error_in_a_part_reaches_python():
    assert _remainder_of(17, 5) == 2
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        _remainder_of(17, 0)
