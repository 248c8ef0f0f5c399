"""Coding with a promised largest error: sample by sample, predict and quantize.

A transform spreads the error of a coefficient over a block, so its codec can promise
nothing of a single sample. Here each sample is predicted from decoded neighbours, and
what is left is quantized with the step ``2 E + 1``: no decoded sample is off by more
than E, by construction; with E = 0 the coding is lossless. The idea is that of
JPEG-LS near-lossless (ITU-T T.87); prediction and context modelling are stronger.

Read ``prediction``, ``taps``, ``syntax``, ``plane_coder``.
"""
