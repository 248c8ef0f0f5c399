"""``python -m mmpc.samples``: fill data/ with real images from the installed packages."""

import argparse
import sys

from mmpc.errors import MmpcError
from mmpc.images.samples import fetch_samples


def main(arguments: list[str] | None = None) -> int:
    """Copy the sample images and print their table; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m mmpc.samples",
        description="Copy sample images out of the packages pydicom and pydicom-data.",
    )
    parser.add_argument("--data", default="data", help="folder to fill (default: data)")
    options = parser.parse_args(arguments)
    try:
        rows = fetch_samples(options.data)
    except MmpcError as error:
        print(f"mmpc.samples: {error}", file=sys.stderr)
        return 1
    for row in rows:
        print(
            f"{row['name']:15} {row['modality']:3} {row['size']:11} {row['dtype']:6} "
            f"{row['range']:14} {row['anatomy']}"
        )
    print(f"{len(rows)} images and samples.csv are in {options.data}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
