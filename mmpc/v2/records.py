"""Records: what a kernel reads and writes by name, and of fixed size.

To numba a record is one pointer, where a tuple of arrays is ten numbers for each array at each
call. Kernels read ``record.name`` compiled and not; what has the size of the picture stands in
arrays instead.
"""

import numpy as np


def new_record(kind: np.dtype) -> np.record:
    """Return a record of a structured type, all zeros."""
    return np.zeros(1, kind).view(np.recarray)[0]
