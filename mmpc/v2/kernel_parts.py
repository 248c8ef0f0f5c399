"""A kernel that another one calls becomes a part of it: machine code is made once, of the whole.

numba optimises each function with all that it calls and makes machine code of it, then the same
again for its caller with all that this one calls, and so on: of some hundred kernels that call
each other, half of the time went into code that nobody runs. Here a kernel that is compiled for
another one stops before that. The outermost one, which Python calls, links all of its parts and
optimises them together; it is also told that nobody else calls them.

Python may call a part, too, as tests and lessons do: it is then compiled once more, as a whole.
"""

from collections.abc import Iterable, Iterator

from numba.core import config
from numba.core.codegen import CodeLibrary, JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.dispatcher import Dispatcher

# Kernels that are packed into vectors when they are compiled for Python.
packed: set = set()


class Part:
    """Stands for the entry point of a kernel that Python cannot call."""


class PartLibrary(JITCodeLibrary):
    """The intermediate code of one part, not linked with what it calls."""

    def _optimize_functions(self, ll_module) -> None:
        """Only say how data lies: a part is optimised within what it is a part of."""
        ll_module.data_layout = self._codegen._data_layout

    def finalize(self) -> None:
        """Make no machine code, for the same reason."""
        self._finalized = True


class WholeLibrary(JITCodeLibrary):
    """The code of a kernel that Python calls, and of all its parts."""

    def finalize(self) -> None:
        """Link all parts, optimise them, and make machine code."""
        self._linking_libraries = list(_reachable(self._linking_libraries))
        super().finalize()

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage.name == "linkonce_odr":
                function.linkage = "internal"
        super()._optimize_final_module()


class PackedLibrary(WholeLibrary):
    """The same, where operations on neighbours may become one on a vector of them."""

    def _optimize_final_module(self) -> None:
        usual = config.SLP_VECTORIZE
        config.SLP_VECTORIZE = 1  # under numba's compiler lock
        try:
            super()._optimize_final_module()
        finally:
            config.SLP_VECTORIZE = usual


def _reachable(libraries: Iterable[CodeLibrary]) -> Iterator[CodeLibrary]:
    """Yield libraries and what they call, each of them once."""
    seen = set()
    waiting = list(libraries)
    while waiting:
        library = waiting.pop()
        if library not in seen:
            seen.add(library)
            yield library
            if isinstance(library, PartLibrary):
                waiting.extend(library._linking_libraries)


class WholeCompiler(Compiler):
    """Compiles a kernel that Python calls."""

    library_class = WholeLibrary

    def define_pipelines(self) -> list:
        """Return numba's own passes, for a library of our own."""
        whole = self.library_class(self.state["targetctx"].codegen(), "whole")
        whole.enable_object_caching()
        self.state["library"] = whole
        self.state["flags"].no_cfunc_wrapper = True  # only kernels as arguments need one
        return super().define_pipelines()


class PackingCompiler(WholeCompiler):
    """Does so for a kernel that is packed into vectors."""

    library_class = PackedLibrary


class PartCompiler(Compiler):
    """Compiles a kernel that only another one calls."""

    def define_pipelines(self) -> list:
        """Return numba's own passes, which here make no code that can be called from outside."""
        context = self.state["targetctx"]  # a copy, for this compilation
        context.get_executable = lambda library, description, environment: Part()
        self.state["library"] = PartLibrary(context.codegen(), "part")
        self.state["flags"].no_cpython_wrapper = True
        self.state["flags"].no_cfunc_wrapper = True
        return super().define_pipelines()


def is_part(compiled) -> bool:
    """Tell whether a compiled kernel cannot be called from Python."""
    return isinstance(compiled.entry_point, Part)


def compile_in_parts(kernel: Dispatcher) -> None:
    """Let a kernel be compiled as a part where it is one."""
    add = kernel.add_overload

    def add_overload(compiled) -> None:
        if is_part(compiled):
            kernel.overloads[tuple(compiled.signature.args)] = compiled
            return
        for environment in compiled._find_referenced_environments():
            compiled.codegen.set_env(environment.env_name, environment)
        add(compiled)

    kernel.add_overload = add_overload


def choose_compiler(kernel: Dispatcher, arguments: tuple, for_another: bool) -> None:
    """Choose how a kernel is to be compiled next, ``for_another`` one or for Python."""
    whole = PackingCompiler if kernel.py_func in packed else WholeCompiler
    kernel._compiler.pipeline_class = PartCompiler if for_another else whole
    compiled = kernel.overloads.get(arguments)
    if not for_another and compiled is not None and is_part(compiled):
        del kernel.overloads[arguments]
