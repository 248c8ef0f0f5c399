"""What the DICOM modules share: one value of a dataset, and a text fit for a message."""

import contextlib
import logging
import math
import warnings

# In WHITELIST: the element stands in the functional group itself and not in a sequence of it.
IN_GROUP = ""


def integer(dataset, keyword: str, default: int | None = None) -> int | None:
    """Return an integer element, or `default` where it is absent or empty."""
    value = dataset.get(keyword)
    return default if value is None or value == "" else int(value)


def frame_element(dataset, index: int, sequence: str | None, keyword: str):
    """Look an element up at the top, else in the frame's or the shared functional group.

    Enhanced multi-frame objects keep it there (PS3.3 C.7.6.16).

    Parameters
    ----------
    dataset : pydicom.Dataset
    index : int
        The frame, counted from 0.
    sequence : str or None
        Keyword of the sequence in a functional group that may hold it; ``IN_GROUP`` where
        it is a sequence of the group itself.
    keyword : str
        Of the element.

    Returns
    -------
    pydicom.DataElement or None
        None where there is none, or it has no value.
    """
    holders = [dataset]
    if sequence is not None and dataset.get(keyword) is None:
        per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
        shared = dataset.get("SharedFunctionalGroupsSequence") or []
        for group in [*per_frame[index : index + 1], *shared[:1]]:
            holders += [group] if sequence == IN_GROUP else group.get(sequence) or []
    for holder in holders:
        if holder.get(keyword) is not None:
            return holder[keyword]
    return None


def frame_value(dataset, index: int, sequence: str | None, keyword: str):
    """Return the value of :func:`frame_element`, or None."""
    element = frame_element(dataset, index, sequence, keyword)
    return None if element is None else element.value


def number(value) -> float | None:
    """Return the first (or only) value as a float; None where there is none.

    Raises
    ------
    ValueError
        It is no number, or not finite.
    """
    if hasattr(value, "__iter__") and not isinstance(value, str):
        value = value[0] if len(value) else None
    if value is None or value == "":
        return None
    if not math.isfinite(float(value)):
        raise ValueError(f"{value} is not a finite number")
    return float(value)


def pair(value) -> tuple[float, float] | None:
    """Return two values as floats; None where there are none.

    Raises
    ------
    ValueError
        There are not two, or one is no finite number.
    """
    if value is None or value == "" or (hasattr(value, "__len__") and len(value) == 0):
        return None
    first, second = (number(one) for one in value)
    if first is None or second is None:
        raise ValueError("one of two values is empty")
    return first, second


def printable(text: str) -> str:
    """Return a text on one line, without what a terminal would act on."""
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))


def reason_of(error: Exception) -> str:
    """Return what an exception of a library says, on one line and without its traceback."""
    text = printable(str(error).split("Traceback (most recent call last)")[0])
    return text[:200] or type(error).__name__


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
