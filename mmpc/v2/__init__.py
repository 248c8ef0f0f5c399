"""Bitstream version 2: the pipeline of version 1 grown up, in compiled Python.

Its kernels are compiled by numba when they first run and kept, see `mmpc.v2.kernel_cache`.
"""

from mmpc.v2.kernel_cache import share_kernels

share_kernels()

from mmpc.v2.codec import compress, decompress  # noqa: E402

__all__ = ["compress", "decompress"]
