"""What becomes of every file in pydicom's and pydicom-data's test sets.

``python -m tests.images.outcomes`` prints the table and writes results/dicom_outcomes.csv.
Each folder that is named behind it is one row more for each different outcome of its files.
"""

import csv
import importlib.util
import re
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydicom import dcmread

import mmpc
from mmpc.errors import MmpcError
from mmpc.images.dicom.writing import LossyStep, write_dicom
from mmpc.images.image import Image
from mmpc.images.reading import read_image

COLUMNS = ("file", "modality", "transfer_syntax", "outcome", "whitelist", "without_loss")
PRIVATE_TAG = re.compile(r"\(0x[0-9a-f]{3}[13579bdf],")
INVALID_VALUES = "Error - Dicom dataset contains invalid data values for Value Representations"
PIXEL_ENCODING = {"PixelData", "HighBit", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"}


def packaged_files():
    """All files of the two test sets, image or not, in order."""
    for package, inside in (("pydicom", "data/test_files"), ("data_store", "data")):
        spec = importlib.util.find_spec(package)
        if spec:
            folder = Path(spec.submodule_search_locations[0]) / inside
            yield from sorted(path for path in folder.rglob("*") if path.is_file())


def validator_errors(path) -> list[str]:
    """The errors that dciodvfy (dicom3tools) finds in a DICOM file."""
    done = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, errors="replace")
    return [line for line in (done.stdout + done.stderr).splitlines() if "Error" in line]


def new_errors(path, original) -> list[str]:
    """The validator's errors but for those in private elements that the original has too.

    What a vendor wrote into them is kept to the byte, whatever it is.
    """
    errors = validator_errors(path)
    if not errors:
        return []
    private = {line for line in validator_errors(original) if PRIVATE_TAG.search(line)}
    errors = [line for line in errors if line not in private]
    return [] if errors == [INVALID_VALUES] and private else errors


def dcmtk_complaints(path, folder) -> list[str]:
    """What dcmdump and dcm2pnm (DCMTK) have to say against a DICOM file."""
    complaints = []
    for command in (
        ["dcmdump", "-q", str(path)],
        ["dcm2pnm", "-q", "+Wm", str(path), f"{folder}/picture.pgm"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if done.returncode or "E: " in done.stderr:
            complaints.append(f"{command[0]}: {done.stderr.strip()}")
    return complaints


def read_with_gdcm(path) -> np.ndarray:
    """Pixels of a single-frame file as python-gdcm sees them."""
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read(), "gdcm cannot read it"
    image = reader.GetImage()
    kind = image.GetPixelFormat()
    signed = "" if kind.GetPixelRepresentation() else "u"
    dtype = f"{signed}int{kind.GetBitsAllocated()}"
    data = image.GetBuffer().encode("utf-8", "surrogateescape")
    columns, rows = image.GetDimension(0), image.GetDimension(1)
    return np.frombuffer(data, dtype, count=rows * columns).reshape(rows, columns)


def differences(original, rebuilt) -> set[str]:
    """Names of the elements that are not the same, sequences and private ones included."""
    names = set()
    for tag in original.keys() | rebuilt.keys():
        if tag.element == 0:
            continue  # group lengths
        name = (original if tag in original else rebuilt)[tag].keyword or str(tag)
        if tag not in original or tag not in rebuilt:
            names.add(name)
            continue
        before, after = original[tag], rebuilt[tag]
        if isinstance(before.value, str):
            before.value = before.value.rstrip("\0 ")  # padding
        # Numbers are compared as texts too: 0.50 is not 0.5.
        number = before.VR in ("DS", "IS")
        if before != after or (number and str(before.value) != str(after.value)):
            names.add(name)
    return names - PIXEL_ENCODING


def outcome(path: Path, folder: str) -> dict[str, str]:
    """Compress a file, rebuild DICOM from it in three ways, and check with other readers.

    Returns
    -------
    dict
        ``outcome``: lossy, with the whole header; ``whitelist``: lossy, with less of it;
        ``without_loss``: whether the object is the one that came in.
    """
    frame = None
    try:
        try:
            image = read_image(path)
        except MmpcError as error:
            if "frames; choose" not in str(error):
                raise
            frame = 0
            image = read_image(path, frame=0)
        short = read_image(path, frame=frame, metadata="whitelist")
    except MmpcError as error:
        return {"outcome": "refused: " + str(error).replace(f"{path}: ", "")}
    data = mmpc.compress(image.pixels, bitstream=1, quality=20, metadata=image.metadata)
    lossy = LossyStep("MMPC_1", mmpc.read_header(data).compression_ratio)
    decoded = mmpc.decompress(data)
    suffix = f", frame {frame}" if frame is not None else ""
    return {
        "outcome": rebuild(path, decoded, mmpc.read_header(data).metadata, lossy, folder) + suffix,
        "whitelist": rebuild(path, decoded, short.metadata, lossy, folder) + suffix,
        "without_loss": whole_object(path, image, folder),
    }


def rebuild(path: Path, pixels: np.ndarray, metadata: dict, lossy: LossyStep, folder: str) -> str:
    """Write a derived object and let validators and other readers look at it."""
    written = Path(folder) / "out.dcm"
    try:
        note = write_dicom(written, pixels, image_metadata=metadata, lossy=lossy)
    except MmpcError as error:
        return f"WRONG: {error}"
    for problem in new_errors(written, path) + dcmtk_complaints(written, folder):
        return f"WRONG: {problem}"
    for seen in (read_with_gdcm(written), dcmread(written).pixel_array):
        if seen.dtype != pixels.dtype or not np.array_equal(seen, pixels):
            return "WRONG: other readers see other pixels"
    kind = dcmread(written).SOPClassUID.name
    return f"converted to {kind}" + (f" ({note.split(': ')[1]})" if note else "")


def whole_object(path: Path, image: Image, folder: str) -> str:
    """Write the object without loss, and compare all its elements and pixels."""
    written = Path(folder) / "out.dcm"
    try:
        write_dicom(written, image.pixels, image_metadata=image.metadata, unchanged=True)
    except MmpcError as error:
        return f"WRONG: {error}"
    if not np.array_equal(read_image(written).pixels, image.pixels):
        return "WRONG: other pixels"
    if "frame" in image.metadata:
        return "an image of its own"
    changed = differences(dcmread(path), dcmread(written))
    return f"the same but for {', '.join(sorted(changed))}" if changed else "the same object"


def outcome_rows() -> list[dict[str, str]]:
    """One row for each packaged file that holds pixels or begins like DICOM."""
    return rows_of(packaged_files())


def rows_of(paths: Iterable[Path]) -> list[dict[str, str]]:
    """One row for each DICOM file."""
    rows = []
    with TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        for path in paths:
            try:
                dataset = dcmread(path, stop_before_pixels=True)
                syntax = dataset.file_meta.get("TransferSyntaxUID")
            except Exception:
                continue
            rows.append(
                {
                    "file": path.name,
                    "modality": str(dataset.get("Modality") or ""),
                    "transfer_syntax": syntax.name if syntax else "not stated",
                    **outcome(path, folder),
                }
            )
    return rows


def rows_of_folder(folder: Path) -> list[dict[str, str]]:
    """One row for each different outcome of the files in a folder."""
    rows = rows_of(sorted(path for path in folder.rglob("*") if path.is_file()))
    counts = Counter(tuple(row.get(name, "") for name in COLUMNS[1:]) for row in rows)
    return [
        dict(zip(COLUMNS, (f"{folder.name} ({count} files)", *values), strict=True))
        for values, count in counts.items()
    ]


def tools_missing() -> str:
    """Names of the validators that are not installed."""
    return ", ".join(tool for tool in ("dciodvfy", "dcmdump", "dcm2pnm") if not shutil.which(tool))


def main(folders: Iterable[str]) -> int:
    """Print the table and write it."""
    if tools_missing():
        print(f"missing: {tools_missing()} (Debian: dicom3tools, dcmtk)", file=sys.stderr)
        return 1
    rows = outcome_rows()
    for folder in folders:
        rows += rows_of_folder(Path(folder))
    for row in rows:
        print(f"{row['file']:42} {row['modality']:7} {row['transfer_syntax']:45} {row['outcome']}")
    lost = sum("WRONG" in value for row in rows for value in row.values())
    print(f"{len(rows)} rows, {lost} of them cannot go back")
    target = Path("results/dicom_outcomes.csv")
    target.parent.mkdir(exist_ok=True)
    with target.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
