"""Check the answers to exercises without giving them away.

A number is compared by a salted hash of its rounded value, a function by properties that
every right solution has. What is still ``...`` is reported as not yet solved, so that a
lesson runs from top to bottom before anything is filled in.
"""

import dis
import hashlib
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import numpy as np

Property = Callable[[Any], bool]


def check(
    number: int,
    answer: Any,
    expected: str | Mapping[str, Property],
    *,
    digits: int = 0,
    hint: str = "",
) -> None:
    """Print whether the answer to an exercise is right.

    Parameters
    ----------
    number : int
        Of the exercise.
    answer : number, str, bytes, function or anything
        ``...``, or a function that does nothing, means: not yet solved.
    expected : str or mapping of str to function
        What `fingerprint` returned for the right answer, or properties: a sentence that
        is true of a right answer, and a function that takes the answer and tests it.
    digits : int
        For numbers: decimals that are compared, give or take one unit of the last.
    hint : str
        Printed with a wrong answer.
    """
    if is_unsolved(answer):
        print(f"Exercise {number}: not yet solved. Put your answer in the place of the dots.")
        return
    problem = (
        _wrong_value(number, answer, expected, digits)
        if isinstance(expected, str)
        else _broken_property(answer, expected)
    )
    if problem:
        print(f"Exercise {number}: not right yet: {problem}" + (f"\nHint: {hint}" if hint else ""))
    else:
        print(f"Exercise {number}: right.")


def fingerprint(number: int, answer: Any, digits: int = 0) -> str:
    """Return the salted hash of an answer that `check` compares with."""
    return _hash(number, _rounded(answer, digits))


def is_unsolved(answer: Any) -> bool:
    """Whether an answer is still the dots, or a function that reads no variable."""
    if isinstance(answer, FunctionType):
        reads = ("LOAD_FAST", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF")
        return not any(step.opname.startswith(reads) for step in dis.get_instructions(answer))
    return answer is ...


def _wrong_value(number: int, answer: Any, expected: str, digits: int) -> str:
    try:
        value = _rounded(answer, digits)
    except (TypeError, ValueError):
        return f"the answer is {type(answer).__name__}, and a single number or text is wanted"
    tolerance = (-1, 0, 1) if isinstance(value, int) and digits else (0,)
    hashes = (_hash(number, value + step if step else value) for step in tolerance)
    return "" if expected in hashes else "the value is another one."


def _broken_property(answer: Any, properties: Mapping[str, Property]) -> str:
    for sentence, holds in properties.items():
        try:
            if not holds(answer):
                return f"it should be true that {sentence}."
        except Exception as error:
            # Whatever a student's code raises is news for the student, not a crash.
            return f"testing that {sentence} raised {type(error).__name__}: {error}"
    return ""


def _rounded(answer: Any, digits: int) -> int | str:
    """Bring an answer to the form that is hashed: numbers as multiples of 10**-digits."""
    if isinstance(answer, bytes):
        return answer.hex()
    if isinstance(answer, str):
        return answer.strip().lower()
    return round(float(np.asarray(answer).item()) * 10**digits)


def _hash(number: int, value: int | str) -> str:
    return hashlib.sha256(f"mmpc exercise {number}: {value}".encode()).hexdigest()[:12]
