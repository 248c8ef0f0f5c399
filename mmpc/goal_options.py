"""What ``encode`` and ``archive`` share: the options that say what is asked of each stream."""

import argparse
from typing import TYPE_CHECKING

from mmpc import cli
from mmpc.errors import InvalidParameterError
from mmpc.images.reading import METADATA_MODES
from mmpc.request import PRESETS

if TYPE_CHECKING:
    from mmpc.images.image import Image


def add_goal_options(parser: argparse.ArgumentParser, *, default: str) -> None:
    """Add the options of how good, how small and how complete a stream shall be.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Gets ``--preset``, ``--metadata`` and one goal out of seven.
    default : str
        The goal where none is named, for the help.
    """
    parser.add_argument(
        "--preset",
        choices=PRESETS,
        help="bitstream 2: how long to search for a smaller file",
    )
    parser.add_argument(
        "--metadata",
        choices=METADATA_MODES,
        default=METADATA_MODES[0],
        help="what to keep of a DICOM header: everything, private elements too; the documented "
        "whitelist of what the pixels mean and whose they are; or only what the values need "
        "(default %(default)s)",
    )
    target = parser.add_mutually_exclusive_group()
    target.add_argument(
        "--quality",
        type=cli.positive_number,
        metavar="Q",
        help="quantization step: LARGER IS COARSER, smaller file "
        f"(default {default}); whole numbers in bitstream 1",
    )
    target.add_argument(
        "--bpp", type=cli.positive_number, metavar="R", help="at most R bits per pixel"
    )
    target.add_argument("--psnr", type=cli.positive_number, metavar="P", help="at least P dB")
    target.add_argument(
        "--max-error",
        type=cli.non_negative_number,
        metavar="E",
        help="no sample off by more than E stored units; bitstream 2 keeps this by construction, "
        "and 0 is lossless",
    )
    target.add_argument(
        "--max-error-hu",
        type=cli.non_negative_number,
        metavar="E",
        help="the same in Hounsfield units, through the Rescale Slope",
    )
    target.add_argument(
        "--rmse",
        type=cli.non_negative_number,
        metavar="S",
        help="root mean squared error of at most S stored units",
    )
    target.add_argument(
        "--noise-share",
        type=cli.positive_number,
        metavar="F",
        help="root mean squared error of at most F of the image's own noise, where there is "
        "tissue: 0.25 is careful",
    )
    parser.add_argument(
        "--noise-by-slice",
        action="store_true",
        help="with --noise-share, of a volume: each slice keeps the share of its own noise "
        "(default: the volume as a whole)",
    )


def stored_max_error(image: "Image", error_hu: float, name: str) -> float:
    """Return a largest error in Hounsfield units as one in stored units.

    Parameters
    ----------
    image : Image
        What is encoded.
    error_hu : float
        In the unit that the Modality rescale leads to.
    name : str
        Of the input, for messages.

    Raises
    ------
    InvalidParameterError
        The image does not say how its values lead there.
    """
    from mmpc.streams.report import stored_units

    if image.unit_by_table:
        raise InvalidParameterError(
            f"{name}: values get their unit from ModalityLUTSequence, a table, so no "
            "error in Hounsfield units can be promised; ask for one in stored units (--max-error)"
        )
    return stored_units(error_hu, image.rescale_slope)
