"""Settings for ``pytest --nbval notebooks``, which compares the notebooks' outputs strictly.

They are set here and not as command-line defaults, because pytest refuses options of a
plugin that is not installed.
"""

import os

SECONDS_PER_CELL = 600


def pytest_configure(config):
    """Prepare the kernels that nbval starts."""
    if not (config.getoption("nbval", False) or config.getoption("nbval_lax", False)):
        return
    # The kernel is this interpreter, whatever kernels the user has registered.
    config.option.nbval_current_env = not config.option.nbval_kernel_name
    config.option.nbval_cell_timeout = SECONDS_PER_CELL
    # A backend from the environment would keep the figures out of the outputs.
    os.environ.pop("MPLBACKEND", None)
    if hasattr(config, "workerinput"):
        return  # the process that started this one has done the rest
    # Built here once; a notebook that builds them would print a warning into a cell.
    import matplotlib.font_manager  # noqa: F401

    from mmpc.explore.kernels import compile_kernels

    compile_kernels()
