"""Measure codecs on images: error, rate, time, region by region, beside the standards.

In the order in which data flows: ``inputs`` and ``regions`` say what is measured, ``codecs``
(ours), ``peers``, ``hevc`` and ``v1_variants`` what is compared, ``metrics`` and ``blocking``
how; ``slices`` measures one image at every operating point; ``scheduler`` does so for many,
``table_files`` keeps the rows; ``aggregates``, ``bd_rate`` and ``comparison`` sum up;
``pictures``, ``plots`` and ``readme`` show it. The tool on top is ``mmpc.evaluate``.
"""
