"""One look for one codec in every plot: colour, marker and line, told apart in grey too."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Style:
    """How a codec is drawn."""

    label: str
    colour: str
    marker: str
    line: Any

    def keywords(self) -> dict[str, Any]:
        """Return keywords for matplotlib's ``plot``."""
        return {
            "label": self.label,
            "color": self.colour,
            "marker": self.marker,
            "linestyle": self.line,
            "markersize": 5,
            "linewidth": 1.5,
        }


# Okabe and Ito's colours, which the colour-blind can tell apart.
STYLES = {
    "mmpc-v1": Style("MMPC 1", "#000000", "o", "-"),
    "mmpc-v2-default": Style("MMPC 2", "#D55E00", "D", "-"),
    "mmpc-v2-fast": Style("MMPC 2 fast", "#D55E00", "<", "--"),
    "mmpc-v2-best": Style("MMPC 2 best", "#D55E00", ">", ":"),
    "mmpc-v2-bounded": Style("MMPC 2, promised error", "#D55E00", "d", "-."),
    "openjpeg": Style("JPEG 2000 (OpenJPEG)", "#0072B2", "s", "-"),
    "openjph": Style("HTJ2K (OpenJPH)", "#56B4E9", "P", "--"),
    "charls": Style("JPEG-LS near (CharLS)", "#009E73", "^", "-."),
    "libjxl": Style("JPEG XL effort 7 (libjxl)", "#CC79A7", "v", "-"),
    "libjxl-e9": Style("JPEG XL effort 9 (libjxl)", "#CC79A7", "1", ":"),
    "libjxl-lossless": Style("JPEG XL lossless, effort 7 (libjxl)", "#CC79A7", "2", "-"),
    "libjxl-lossless-e9": Style("JPEG XL lossless, effort 9 (libjxl)", "#CC79A7", "3", ":"),
    "libjpeg12": Style("JPEG 12 bits (libjpeg-turbo)", "#999999", "x", "--"),
    "x265": Style("HEVC intra (x265)", "#E69F00", "*", "-"),
    "libaom": Style("AV1 intra (libaom)", "#F0E442", "X", "-"),
}


def style_of(codec: str) -> Style:
    """Return how a codec is drawn; one that has no style of its own is grey."""
    return STYLES.get(codec, Style(codec, "#666666", ".", ":"))


def label_of(codec: str) -> str:
    """Return what a codec is called in tables and plots."""
    return style_of(codec).label
