"""Options that ``encode`` and ``archive`` share: what is asked of each stream."""

import argparse

from mmpc import cli
from mmpc.images.reading import METADATA_MODES
from mmpc.request import PRESETS


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
