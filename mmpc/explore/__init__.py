"""What the notebooks need beside the codec: windows, figures, the slider, exercise checks.

Nothing else in the package imports this folder; matplotlib and ipywidgets are in the
extra ``mmpc[notebooks]``.
"""
