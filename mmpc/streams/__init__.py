"""Streams of either bitstream: an image to bytes and back, and what the bytes say.

Read ``compress``, ``reading``, ``info``, ``metadata``, ``report``, ``image``. Bitstreams know
neither each other nor this folder; each is imported when a stream of its version is met.
"""
