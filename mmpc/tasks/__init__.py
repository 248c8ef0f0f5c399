"""Does the diagnosis survive? Tasks that are done with an image, measured before and after.

Arrays of Hounsfield units and distances in mm go in, small dataclasses come out; no codec and no
file is known here. In reading order: ``lesions`` and ``phantoms`` make what is looked for and what
hides it, ``observers`` look, ``detectability`` says how well; ``noise_spectrum`` and ``sharpness``
say what changed; ``masks``, ``overlap`` and ``measurements`` are what a doctor would measure, and
``agreement`` compares two series of measurements.

A model observer is no radiologist and a threshold is no diagnosis. SciPy and scikit-image are
needed: the extra ``evaluation``.
"""
