"""Measure codecs on images: error, rate, time, region by region, beside the standards.

In the order in which data flows: ``codec`` says what a codec is; ``our_codecs``, ``peers``,
``ffmpeg_peers`` and ``v1_variants`` are the codecs, ``catalogue`` the table of all;
``metrics`` and ``blocking`` say what is measured, ``slices`` does so on one image
at every operating point, ``experiment`` on many (``mmpc.batch``); ``aggregates``, ``bd_rate``
and ``comparison`` sum up; ``reports``, ``pictures``, ``plots`` and ``readme`` show it. The tool
on top is ``mmpc.evaluate``.
"""
