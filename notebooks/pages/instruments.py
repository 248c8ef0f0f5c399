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
# Each tab is one instrument; it is set up when the tab is opened. Tab and the arrow keys steer all
# of them.

# %% tags=["nbval-ignore-output"]
from mmpc.explore.instruments.page import instruments

instruments()
