"""Bitstream version 2: the pipeline of version 1 grown up, in compiled Python.

Its kernels are compiled by numba when they first run and kept, see `mmpc.v2.kernel_cache`.
"""

from mmpc.v2.codec import compress, decompress, read_header
from mmpc.v2.parameters import Tools

__all__ = ["Tools", "compress", "decompress", "read_header"]
