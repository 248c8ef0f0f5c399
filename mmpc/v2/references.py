"""What a slice of a volume knows of others that were coded before it."""

from typing import NamedTuple

import numpy as np

from mmpc.v2.mixing import Model
from mmpc.v2.pixel_padding import Padding


class Coded(NamedTuple):
    """A slice that was coded, as far as others may look at it."""

    samples: np.ndarray  # int32, shape (height, width), decoded, without the value of padding
    counters: np.ndarray  # what its model had learned in the end
    weights: np.ndarray
    sizes: np.ndarray | None = None  # of its blocks, log2 for each unit of 4 x 4 samples
    padding: Padding | None = None

    @classmethod
    def of(cls, samples: np.ndarray, model: Model, sizes: np.ndarray | None = None) -> "Coded":
        """Return the slice that was coded with this model."""
        return cls(samples, model.counters, model.weights, sizes)

    def image(self, dtype: np.dtype) -> np.ndarray:
        """Return the slice as the user sees it: in its sample type, padding with its value."""
        image = self.samples.astype(dtype)
        if self.padding is not None:
            self.padding.write_into(image)
        return image


class References(NamedTuple):
    """The slices that a slice may look at."""

    before: Coded | None = None
    after: Coded | None = None
    latest: Coded | None = None  # the one of the two that was coded last

    @property
    def padding(self) -> Padding | None:
        """The padding of the latest, if it has any."""
        return None if self.latest is None else self.latest.padding

    @property
    def which(self) -> int:
        """Which there are: 1 for the slice before, plus 2 for the one after."""
        return (self.before is not None) + 2 * (self.after is not None)

    def teach(self, model: Model) -> None:
        """Let a new model start with what that of the latest reference had learned."""
        if self.latest is not None:
            model.counters[:] = self.latest.counters
            model.weights[:] = self.latest.weights


NO_REFERENCES = References()
