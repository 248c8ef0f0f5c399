"""Print how many signatures each kernel of version 2 is compiled for, as JSON.

Everything is coded once, with kernels as users have them: that gives the signatures with which
Python calls kernels. What these call is then found by numba's type inference alone, without
making code of it again, which takes a minute.
"""

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator

import numpy as np
from numba.core.compiler import CompilerBase, DefaultPassBuilder, compile_result
from numba.core.compiler_machinery import FunctionPass, PassManager, register_pass
from numba.core.dispatcher import Dispatcher
from numba.core.typing import signature

import mmpc.v2
from mmpc.request import Region
from mmpc.v2 import kernel_cache
from mmpc.v2.codec import decompress
from mmpc.v2.kernel_parts import Part
from tests.v2.coding import compress


@register_pass(mutates_CFG=False, analysis_only=True)
class KeepSignature(FunctionPass):
    """Ends a compilation with the types and without code."""

    _name = "keep_signature"

    def __init__(self):
        super().__init__()

    def run_pass(self, state) -> bool:
        state.cr = compile_result(
            signature=signature(state.return_type, *state.args),
            typing_context=state.typingctx,
            target_context=state.targetctx,
            entry_point=Part(),
        )
        return False


class TypeInference(CompilerBase):
    """Finds the types in a kernel, and so the signatures of all kernels that it calls."""

    def define_pipelines(self) -> list[PassManager]:
        manager = DefaultPassBuilder.define_untyped_pipeline(self.state)
        manager.passes.extend(DefaultPassBuilder.define_typed_pipeline(self.state).passes)
        manager.add_pass(KeepSignature, "keep the signature")
        manager.finalize()
        return [manager]


def kernels() -> Iterator[tuple[str, Dispatcher]]:
    """Yield each kernel of version 2 with its name, some of them more than once."""
    for module in pkgutil.walk_packages(mmpc.v2.__path__, "mmpc.v2."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Dispatcher):
                yield f"{value.py_func.__module__}.{value.py_func.__name__}", value


def code_in_every_way() -> None:
    """Compress and decompress a slice and a volume, lossy and with a promise, small and padded."""
    image = np.arange(72 * 80, dtype=np.int16).reshape(72, 80) % 97
    is_padding = np.add.outer(np.arange(72), np.arange(80)) < 60
    padded = np.where(is_padding, -2000, image).astype(np.int16)
    region = Region(image > 90, 2.0)
    for options in ({"step": 70.0}, {"step": 20.0, "region": region}, {"max_error": 1}):
        decompress(compress(image, **options))
    decompress(compress(padded, max_error=1))
    for options in ({"step": 20.0}, {"max_error": 1}):
        decompress(compress(np.stack([image, image // 2, image]), **options))


def infer_types(signatures: dict[Dispatcher, list[tuple]]) -> None:
    """Let the kernels that Python calls and all that they call know their signatures anew."""

    def choose_compiler(kernel: Dispatcher, arguments: tuple, for_another: bool) -> None:
        kernel._compiler.pipeline_class = TypeInference

    kernel_cache.choose_compiler = choose_compiler
    kernel_cache.KernelCache.load_overload = lambda cache, arguments, context: None
    for kernel in signatures:
        kernel.overloads.clear()
    for kernel, of_kernel in signatures.items():
        for arguments in of_kernel:
            kernel.compile(arguments)


def count_signatures(code: Callable[[], None]) -> dict[str, int]:
    """Return the number of signatures of each kernel that ``code`` needs."""
    code()
    found = dict(kernels())
    infer_types({kernel: kernel.signatures for kernel in found.values()})
    return {name: len(kernel.signatures) for name, kernel in found.items()}


if __name__ == "__main__":
    print(json.dumps(count_signatures(code_in_every_way)))
