"""What becomes of every series in pydicom's and pydicom-data's test sets, and in other folders.

``python -m tests.images.series_outcomes [FOLDER ...]`` prints the table and writes
results/series_outcomes.csv: which files of each set are no slices, and of each series whether it is
a volume or why not, and whether the same objects come out of it again, valid by dciodvfy, or as
valid as they were.
"""

import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pydicom import dcmread

from mmpc.batch.tables import write_table
from mmpc.errors import MmpcError
from mmpc.images.dicom.series import Series, group_files
from mmpc.images.dicom.series_order import sort_slices, split_series
from mmpc.images.dicom.series_reading import read_series
from mmpc.images.dicom.series_writing import write_series
from mmpc.images.image import Image
from tests.images.outcomes import differences, packaged_files, tools_missing, validator_errors

COLUMNS = ("set", "series", "modality", "files", "outcome", "notes", "objects_again")
NAMED = 3


def packaged_sets() -> dict[str, list[Path]]:
    """Return the files of the installed sets; each of DICOM's file-sets is one of its own."""
    sets = defaultdict(list)
    for path in packaged_files():
        if "dicomdirtests" in path.parts:
            place = path.parts[path.parts.index("dicomdirtests") : -1]
            sets["/".join(place[:2])].append(path)
        else:
            package = "pydicom-data" if "data_store" in path.parts else "pydicom"
            sets[package].append(path)
    return sets


def rows_of_set(name: str, paths: Iterable[Path]) -> Iterator[dict[str, str | int]]:
    """Yield a row for each series, and one for each kind of files that are none."""
    with warnings.catch_warnings(action="ignore"):
        found = group_files(paths, tolerant=True)
        for series in found.series:
            names = sorted(one.path.name for one in series.slices)
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            yield {
                "set": name,
                "series": ", ".join(names[:NAMED]) + more,
                "modality": series.slices[0].agreeing["Modality"],
                "files": len(names),
                **outcome(series),
            }
        left_out = Counter()
        for reason, files in found.left_out.items():
            # A damaged file has a reason of its own, behind its name.
            left_out[reason.removeprefix(f"{files[0]}: ")] += len(files)
        for reason, count in left_out.items():
            yield {"set": name, "files": count, "outcome": f"left out: {reason}"}


def outcome(series: Series) -> dict[str, str]:
    """Read a series as the archive does, one volume or several, and write the objects again."""
    volumes, reason = split_series(series)
    outcomes, notes, again = Counter(), Counter(), Counter()
    for volume in volumes:
        try:
            image = read_series(volume)
        except MmpcError as error:
            refusal = str(error).replace(f"{volume.slices[0].path}: ", "")
            outcomes[f"refused: {refusal}"] += 1
            continue
        size = " x ".join(map(str, image.pixels.shape[-2:]))
        slices = image.pixels.size // (image.pixels.shape[-2] * image.pixels.shape[-1])
        outcomes[f"a volume of {slices} x {size}" if slices > 1 else f"an image of {size}"] += 1
        notes.update(image.notes)
        again[objects_again(volume, image)] += 1
    if reason:
        notes[reason.removeprefix(f"{series.title} makes ")] += 1
    return {
        "outcome": in_words(outcomes),
        "notes": "; ".join(notes),
        "objects_again": in_words(again),
    }


def in_words(counts: Counter) -> str:
    """Return what there is, each with its number where it is more than one."""
    return "; ".join(
        f"{count} times {what}" if count > 1 else what for what, count in counts.items()
    )


def objects_again(series: Series, image: Image) -> str:
    """Write the objects of pixels that lost nothing, validate them and compare."""
    originals = [one.path for one in sort_slices(series)[0]]
    metadata = image.metadata if "slices" in image.metadata else {**image.metadata, "slices": [{}]}
    pixels = image.pixels.reshape(-1, *image.pixels.shape[-2:])
    with TemporaryDirectory() as folder:
        try:
            write_series(Path(folder), pixels, metadata, lossy=None, checksum=b"0")
        except MmpcError as error:
            return f"none: {error}"
        written = sorted(Path(folder).iterdir())
        frames = len(originals) < len(written)
        changed, errors, new = set(), [], []
        for index, path in enumerate(written):
            original = originals[0 if frames else index]
            again = dcmread(path)
            if (again.pixel_array != pixels[index]).any():
                return "WRONG: other pixels"
            found = validator_errors(path)
            errors += found
            new += set(found) - set(validator_errors(original))
            if not frames:
                changed |= differences(dcmread(original), again)
    valid = (
        "valid" if not errors else "as valid" if not new else f"by dciodvfy not as before: {new[0]}"
    )
    if frames:
        return f"an object of its own for each frame, {valid}"
    return (
        f"the same but for {', '.join(sorted(changed))}, {valid}"
        if changed
        else f"the same, {valid}"
    )


def main(folders: Iterable[str]) -> int:
    """Print the table and write it."""
    if tools_missing():
        print(f"missing: {tools_missing()} (Debian: dicom3tools, dcmtk)", file=sys.stderr)
        return 1
    sets = packaged_sets()
    for folder in map(Path, folders):
        sets[folder.name] = sorted(path for path in folder.rglob("*") if path.is_file())
    rows = []
    for name, paths in sets.items():
        for row in rows_of_set(name, paths):
            rows.append(row)
            print("  ".join(str(row.get(column, "")) for column in COLUMNS), flush=True)
    volumes = sum("volume" in row["outcome"] for row in rows)
    print(f"{len(rows)} rows, {volumes} volumes")
    write_table(Path("results/series_outcomes.csv"), rows, COLUMNS)
    return int(any("WRONG" in str(row.get("objects_again")) for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
