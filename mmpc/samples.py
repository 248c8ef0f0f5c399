"""Fill a folder with real images out of the installed packages: ``python -m mmpc.samples``."""

if __name__ == "__main__":  # before the imports, so that Ctrl-C is minded while modules load
    from mmpc.__main__ import enter

    raise SystemExit(enter("samples"))

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmpc import cli


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(
        prog="mmpc samples",
        description="Copy sample images out of the packages pydicom and pydicom-data.",
    )
    parser.add_argument(
        "--data", type=Path, default=Path("data"), help="folder to fill (default: %(default)s)"
    )
    return parser


def samples(arguments: argparse.Namespace) -> None:
    """Copy the images and print their table; raises MmpcError for whatever is wrong."""
    from mmpc.images.samples import fetch_samples

    rows = fetch_samples(arguments.data)
    for row in rows:
        print(
            f"{row['name']:15} {row['modality']:3} {row['size']:11} {row['dtype']:6} "
            f"{row['range']:14} {row['anatomy']}"
        )
    print(f"{len(rows)} images and samples.csv are in {arguments.data}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    return cli.run(samples, build_parser().parse_args(argv))
