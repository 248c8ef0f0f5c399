"""How time and memory of ``mmpc archive`` grow: ``python -m benchmarks.archive --series 10000``.

A tree of small series is made, three slices of 32 x 32 each with a header of their own, and the
tool archives it without loss, as a user would. CPU seconds and resident memory of its processes are
read from the system at each tenth of the series; a second run finds nothing left to do, and a third
proves the archive. Linux alone, where /proc tells.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from benchmarks.startup import environment_of_a_user
from mmpc.batch.tables import write_table

COLUMNS = ("step", "series", "seconds", "cpu_seconds", "cpu_ms_per_series", "memory_mb")
SLICES, SIZE = 3, 32
STEPS = 10
POLL_SECONDS = 0.2
SERIES_MARK, SLICE_MARK, POSITION_MARK = "90000001", "90000002", "90003"
UIDS = {
    "StudyInstanceUID": f"1.2.826.0.1.3680043.8.498.1.{SERIES_MARK}",
    "SeriesInstanceUID": f"1.2.826.0.1.3680043.8.498.2.{SERIES_MARK}",
    "FrameOfReferenceUID": f"1.2.826.0.1.3680043.8.498.3.{SERIES_MARK}",
    "SOPInstanceUID": f"1.2.826.0.1.3680043.8.498.4.{SERIES_MARK}.{SLICE_MARK}",
}


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive", description=__doc__)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("results/archive.csv"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        studies, archive = Path(folder) / "studies", Path(folder) / "archive"
        make_studies(studies, arguments.series)
        archived = [str(studies), str(archive), "--jobs", str(arguments.jobs)]
        rows = []
        for step, command in (
            ("archive", archived),
            ("nothing left to do", archived),
            ("check", ["--check", str(archive)]),
        ):
            for row in watch(step, command, archive / "manifest.csv", arguments.series):
                print("  ".join(f"{row[name]:>18}" for name in COLUMNS), flush=True)
                rows.append(row)
    write_table(arguments.out, rows, COLUMNS)


def make_studies(root: Path, n_series: int) -> None:
    """Write a folder for each series, a hundred of them in a folder."""
    template = file_template()
    rng = np.random.default_rng(1)
    rows, columns = np.ogrid[:SIZE, :SIZE]
    for series in range(n_series):
        folder = root / f"{series // 100:04}" / f"{series:06}"
        folder.mkdir(parents=True)
        waves = 200 * np.sin(rows / 5 + rng.uniform(0, 6)) + 9 * columns
        for index in range(SLICES):
            pixels = (waves + 5 * index + rng.normal(0, 4, (SIZE, SIZE))).astype("<i2")
            head = template
            for mark, number in (
                (SERIES_MARK, f"{10**7 + series}"),
                (SLICE_MARK, f"{10**7 + index}"),
                (POSITION_MARK, f"{10**4 + index}"),
            ):
                head = head.replace(mark.encode(), number.encode())
            (folder / f"{index}.dcm").write_bytes(head + pixels.tobytes())


def file_template() -> bytes:
    """Return a CT slice without its pixels, which come last, with marks to be replaced."""
    dataset = Dataset()
    for keyword, value in UIDS.items():
        setattr(dataset, keyword, value)
    dataset.SOPClassUID, dataset.Modality = CTImageStorage, "CT"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.StudyDate, dataset.StudyTime = "20260102", "030405"
    dataset.PatientName, dataset.PatientID = "Small^Series", f"P{SERIES_MARK}"
    dataset.PatientBirthDate, dataset.PatientSex = "", "O"
    dataset.Manufacturer, dataset.SeriesNumber, dataset.InstanceNumber = "none", 1, POSITION_MARK
    dataset.KVP, dataset.SliceThickness = 120, 2.5
    dataset.ImagePositionPatient = ["-100", "-100", POSITION_MARK]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = [0.5, 0.5]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows = dataset.Columns = SIZE
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    dataset.RescaleIntercept, dataset.RescaleSlope = -1024, 1
    dataset.PixelData = bytes(2 * SIZE * SIZE)
    dataset["PixelData"].VR = "OW"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stream = BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()[: -2 * SIZE * SIZE]


def watch(step: str, command: list[str], manifest: Path, n_series: int) -> Iterator[dict]:
    """Run the tool and yield a row at each tenth of the series, or one where none is archived."""
    start, done_before = time.monotonic(), count_series(manifest)
    process = subprocess.Popen(
        [sys.executable, "-m", "mmpc", "archive", *command],
        env=environment_of_a_user(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    marks = [n_series * step // STEPS for step in range(1, STEPS)] if not done_before else []
    cpu_seconds = memory_mb = 0.0
    while process.poll() is None:
        cpu_seconds, memory_mb = usage_of(process.pid) or (cpu_seconds, memory_mb)
        while marks and count_series(manifest) >= marks[0]:
            yield row_of(step, marks.pop(0), time.monotonic() - start, cpu_seconds, memory_mb)
        time.sleep(POLL_SECONDS)
    if process.returncode:
        raise SystemExit(f"mmpc archive {' '.join(command)} failed")
    yield row_of(step, n_series, time.monotonic() - start, cpu_seconds, memory_mb)


def row_of(step: str, series: int, seconds: float, cpu_seconds: float, memory_mb: float) -> dict:
    """Return a row of the table, rounded to what can be told."""
    return {
        "step": step,
        "series": series,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu_seconds, 1),
        "cpu_ms_per_series": round(1000 * cpu_seconds / series, 1),
        "memory_mb": round(memory_mb, 1),
    }


def count_series(manifest: Path) -> int:
    """Return how many series a manifest has."""
    return max(0, manifest.read_bytes().count(b"\n") - 1) // SLICES if manifest.exists() else 0


def usage_of(pid: int) -> tuple[float, float] | None:
    """Return CPU seconds and resident megabytes of a process and its children; None if it ended."""
    cpu_ticks, pages = 0, 0
    try:
        for one in (pid, *children_of(pid)):
            fields = Path(f"/proc/{one}/stat").read_bytes().rpartition(b")")[2].split()
            cpu_ticks += sum(map(int, fields[11:15]))  # its own, and of children that ended
            pages += int(Path(f"/proc/{one}/statm").read_bytes().split()[1])
    except (OSError, IndexError):
        return None
    return cpu_ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [
        int(one)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for one in (task / "children").read_text(encoding="ascii").split()
    ]


if __name__ == "__main__":
    main()
