"""What the DICOM modules share: one value of a dataset, and a text fit for a message."""

import contextlib
import logging
import warnings


def integer(dataset, keyword: str, default: int | None = None) -> int | None:
    """Return an integer element, or `default` where it is absent or empty."""
    value = dataset.get(keyword)
    return default if value is None or value == "" else int(value)


def frame_value(dataset, index: int, sequence: str | None, keyword: str):
    """Look an element up at the top, else in the frame's or the shared functional group.

    Enhanced multi-frame objects keep it there (PS3.3 C.7.6.16).
    """
    if dataset.get(keyword) is not None or sequence is None:
        return dataset.get(keyword)
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    for group in [*per_frame[index : index + 1], *shared[:1]]:
        for item in group.get(sequence) or []:
            if item.get(keyword) is not None:
                return item.get(keyword)
    return None


def optional_value(dataset, index: int, sequence: str | None, keyword: str):
    """Like :func:`frame_value`; None also for a value that cannot be parsed.

    For what an image can be used without. Never for the rescale: without it the numbers
    would mean something else.
    """
    with contextlib.suppress(Exception):
        return frame_value(dataset, index, sequence, keyword)
    return None


def number(value) -> float | None:
    """Return the first (or only) value as a float; None where there is none."""
    if value is None or value == "":
        return None
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return float(value[0]) if len(value) else None
    return float(value)


def pair(value) -> tuple[float, float] | None:
    """Return two values as floats; None where there are not two."""
    if value is None or isinstance(value, str) or not hasattr(value, "__len__") or len(value) != 2:
        return None
    return float(value[0]), float(value[1])


def printable(text: str) -> str:
    """Return a text on one line, without what a terminal would act on."""
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))


@contextlib.contextmanager
def quiet_pydicom():
    """Keep pydicom's warnings and log lines from the user's terminal."""
    logger = logging.getLogger("pydicom")
    disabled = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = disabled
