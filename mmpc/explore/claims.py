"""Claims in a lesson's prose that a number can refute, held against the numbers.

A lesson states them in a hidden cell behind the prose: whoever changes a codec so that a
sentence becomes false is told which.
"""

from collections.abc import Mapping


def claims(sentences: Mapping[str, bool]) -> None:
    """Raise if one of the sentences does not hold; print nothing.

    Parameters
    ----------
    sentences : mapping of str to bool
        What the prose says, and whether the numbers of this run agree.

    Raises
    ------
    AssertionError
        Names every sentence that the numbers refute.
    """
    refuted = [sentence for sentence, holds in sentences.items() if not holds]
    if refuted:
        raise AssertionError(f"the numbers refute: {'; '.join(refuted)}")
