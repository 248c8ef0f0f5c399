"""Bitstream version 2: the pipeline of version 1 grown up, in compiled Python.

Start at ``codec``; ``header`` says what the bytes around the payload mean. The kernels are
compiled by numba when they first run and kept, see ``kernel_cache``.
"""
