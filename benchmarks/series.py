"""A series there and back through DICOM: ``python -m benchmarks.series FOLDER``.

The tools encode the slices of a folder as a volume, and decode it into a folder of DICOM files
again, once for each goal. The table says what that took, in bytes and in CPU seconds; how many of
the objects are valid (dciodvfy finds no error that the original has not), and how many identical:
every element and every pixel.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from pydicom import dcmread

from benchmarks.startup import run
from mmpc.batch.tables import write_table
from tests.images.outcomes import differences, tools_missing, validator_errors

COLUMNS = (
    *("goal", "slices", "bytes_before", "bytes_after", "ratio", "encode_s", "decode_s"),
    *("largest_error", "valid", "identical"),
)
GOALS = (
    ("lossless", ["--max-error", "0"]),
    ("largest error 2", ["--max-error", "2"]),
    ("quality 6", ["--quality", "6"]),
)


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.series", description=__doc__)
    parser.add_argument("folder", type=Path, help="with the DICOM slices of one series")
    parser.add_argument("--out", type=Path, default=Path("results/series.csv"))
    arguments = parser.parse_args()
    if tools_missing():
        raise SystemExit(f"missing: {tools_missing()} (Debian: dicom3tools, dcmtk)")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for goal, options in GOALS:
            rows.append(there_and_back(arguments.folder.resolve(), Path(folder), goal, options))
            print("  ".join(f"{rows[-1][name]:>15}" for name in COLUMNS), flush=True)
    write_table(arguments.out, rows, COLUMNS)


def there_and_back(source: Path, work: Path, goal: str, options: list[str]) -> dict:
    """Return the row of a goal."""
    stream, out = f"{goal}.mmpc", f"{goal} decoded"
    encode_s = run(work, ["encode", str(source), stream, *options])
    decode_s = run(work, ["decode", stream, out])
    originals = {}
    for path in source.iterdir():
        original = dcmread(path)
        originals[place_of(original)] = path, original
    written = sorted((work / out).iterdir())
    valid = identical = 0
    largest_error = 0
    for path in written:
        again = dcmread(path)
        original_path, original = originals[place_of(again)]
        error = np.abs(again.pixel_array.astype(int) - original.pixel_array)
        largest_error = max(largest_error, int(error.max()))
        valid += set(validator_errors(path)) <= set(validator_errors(original_path))
        identical += not error.any() and not differences(original, again)
    before = sum(path.stat().st_size for path, _ in originals.values())
    after = (work / stream).stat().st_size
    return {
        "goal": goal,
        "slices": len(written),
        "bytes_before": before,
        "bytes_after": after,
        "ratio": round(before / after, 2),
        "encode_s": round(encode_s, 1),
        "decode_s": round(decode_s, 1),
        "largest_error": largest_error,
        "valid": valid,
        "identical": identical,
    }


def place_of(dataset) -> tuple[float, ...]:
    """Return the position of a slice, by which copies are told apart."""
    return tuple(map(float, dataset.ImagePositionPatient))


if __name__ == "__main__":
    main()
