"""Version 1 of the bitstream: the class report's codec, byte for byte.

Read the files in the order in which data flows: ``blocks``, ``dct``,
``quantizer``, ``rle``, ``bitstream``, ``trailer``, ``codec``.
"""
