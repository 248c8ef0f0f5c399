"""What becomes of every file in pydicom's and pydicom-data's test sets.

``python -m tests.images.outcomes`` prints the table and writes results/dicom_outcomes.csv.
"""

import csv
import importlib.util
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydicom import dcmread

import mmpc
from mmpc.errors import MmpcError
from mmpc.images.dicom.writing import LossyStep, write_dicom
from mmpc.images.reading import read_image

COLUMNS = ("file", "modality", "transfer_syntax", "outcome")


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


def outcome(path: Path, folder: str) -> str:
    """Compress a file, rebuild a DICOM from the stream, and check it with other readers."""
    frame = None
    try:
        try:
            image = read_image(path)
        except MmpcError as error:
            if "frames; choose" not in str(error):
                raise
            frame = 0
            image = read_image(path, frame=0)
    except MmpcError as error:
        return "refused: " + str(error).replace(f"{path}: ", "")
    data = mmpc.compress(image.pixels, bitstream=1, quality=20, metadata=image.metadata)
    info, pixels = mmpc.read_header(data), mmpc.decompress(data)
    written = Path(folder) / "out.dcm"
    lossy = LossyStep("MMPC_1", info.compression_ratio)
    note = write_dicom(written, pixels, image_metadata=info.metadata, lossy=lossy)
    for problem in validator_errors(written) + dcmtk_complaints(written, folder):
        return f"WRONG: {problem}"
    for seen in (read_with_gdcm(written), dcmread(written).pixel_array):
        if seen.dtype != pixels.dtype or not np.array_equal(seen, pixels):
            return "WRONG: other readers see other pixels"
    kind = dcmread(written).SOPClassUID.name
    return (
        f"converted to {kind}"
        + (f", frame {frame}" if frame is not None else "")
        + (f" ({note.split(': ')[1]})" if note else "")
    )


def outcome_rows() -> list[dict[str, str]]:
    """One row for each file that holds pixels or begins like DICOM."""
    rows = []
    with TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        for path in packaged_files():
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
                    "outcome": outcome(path, folder),
                }
            )
    return rows


def tools_missing() -> str:
    """Names of the validators that are not installed."""
    return ", ".join(tool for tool in ("dciodvfy", "dcmdump", "dcm2pnm") if not shutil.which(tool))


def main() -> int:
    """Print the table and write it."""
    if tools_missing():
        print(f"missing: {tools_missing()} (Debian: dicom3tools, dcmtk)", file=sys.stderr)
        return 1
    rows = outcome_rows()
    for row in rows:
        print(f"{row['file']:42} {row['modality']:7} {row['transfer_syntax']:45} {row['outcome']}")
    target = Path("results/dicom_outcomes.csv")
    target.parent.mkdir(exist_ok=True)
    with target.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
