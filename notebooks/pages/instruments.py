# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Instruments
#
# Each tab is one instrument, steered by the mouse or by Tab and the arrow keys. It is set up when
# it is opened; the first one appears below as soon as Python has started, in a few seconds. Not for
# diagnosis.

# %% tags=["nbval-ignore-output"]
from mmpc.explore.instruments.page import instruments

instruments()
