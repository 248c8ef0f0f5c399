"""Sample images by name, out of the installed packages pydicom and pydicom-data.

No network: pydicom carries small files, pydicom-data (PyPI) the larger ones. Whoever
wants to see them as files runs ``python -m mmpc.samples``.
"""

import contextlib
import csv
import importlib.util
import io
import os
from dataclasses import dataclass
from pathlib import Path

from mmpc.errors import UnreadableFileError
from mmpc.files import atomic_write
from mmpc.images.image import Image
from mmpc.images.reading import read_image

NEMA = "NEMA WG-04 compression test images, public test data"
TABLE_COLUMNS = (
    "name",
    "file",
    "modality",
    "anatomy",
    "size",
    "dtype",
    "range",
    "source",
    "licence",
)


@dataclass(frozen=True)
class SampleFile:
    """Where a sample image is, what it shows, and whose it is."""

    file: str
    anatomy: str
    source: str
    frame: int | None = None

    @property
    def licence(self) -> str:
        """What the package that carries the file says about it."""
        found = find_packaged_file(self.file)
        package = "pydicom-data" if found and "data_store" in found.parts else "pydicom"
        return f"as distributed in {package} (MIT); no separate licence for the image"


SAMPLES = {
    "head_ct": SampleFile("693_UNCR.dcm", "head, brain and skull", "pydicom issue 693"),
    "skull_base_ct": SampleFile(
        "J2K_pixelrep_mismatch.dcm", "head, skull base and sinuses", "pydicom issue 1149"
    ),
    "spine_ct": SampleFile(
        "bad_sequence.dcm",
        "vertebra, small field of view (the header says NECK)",
        "pydicom issue 1067",
    ),
    "abdomen_ct": SampleFile(
        "explicit_VR-UN.dcm",
        "abdomen with kidneys (Pancreas-CT)",
        "pydicom issue 968, from The Cancer Imaging Archive, de-identified",
    ),
    "small_ct": SampleFile("CT_small.dcm", "vertebra, 128 x 128 cut of a CT slice", NEMA),
    "perfusion_ct": SampleFile(
        "eCT_Supplemental.dcm", "brain, first of two frames", "NEMA multi-frame CT examples", 0
    ),
    "perfusion_ct_2": SampleFile(
        "eCT_Supplemental.dcm", "brain, second of two frames", "NEMA multi-frame CT examples", 1
    ),
    "abdomen_mr": SampleFile(
        "MR-SIEMENS-DICOM-WithOverlays.dcm", "abdomen with liver", "GDCM test data (BSD)"
    ),
    "shoulder_mr": SampleFile("MR2_UNCR.dcm", "shoulder", NEMA),
    "small_mr": SampleFile("MR_small.dcm", "64 x 64 cut of a MR slice", NEMA),
    "chest_cr": SampleFile("RG1_UNCR.dcm", "chest, stored as MONOCHROME1", NEMA),
    "leg_cr": SampleFile("RG3_UNCR.dcm", "lower leg, stored as MONOCHROME1", NEMA),
    "bone_scan_nm": SampleFile("JPEG-LL.dcm", "whole body", NEMA),
    "heart_us": SampleFile(
        "JPGLosslessP14SV1_1s_1f_8b.dcm", "heart, with burnt-in text, 8 bits", "pydicom test data"
    ),
    "test_pattern": SampleFile(
        "vlut_04.dcm", "SMPTE test pattern, 8 bits", "IHE MESA display test images"
    ),
}


def sample_names() -> list[str]:
    """Return the names that :func:`sample` knows, the user's own files among them."""
    own = []
    for folder in _data_folders():
        for extra in sorted(path for path in folder.glob("*/*") if path.is_file()):
            own.append(f"{extra.parent.name}/{extra.stem}")
    return [*SAMPLES, *dict.fromkeys(own)]


def sample(name: str) -> Image:
    """Read a sample image by its name.

    Looked for in ``$MMPC_DATA``, in ``data/`` of the current folder and its parents,
    and, for the names in the table, in the installed packages.

    Parameters
    ----------
    name : str
        One of :func:`sample_names`: ``"head_ct"``, or for files put into a folder of
        data/, ``"human_skull_2/I0"``.

    Raises
    ------
    UnreadableFileError
        No such sample, or the package that holds it is not installed.
    """
    known = SAMPLES.get(name)
    for folder in _data_folders():
        for candidate in (folder / f"{name}.dcm", folder / name):
            if candidate.is_file():
                return read_image(candidate, known.frame if known else None)
    if known is None:
        raise UnreadableFileError(
            f"there is no sample {name!r}; known are {', '.join(sample_names())}"
        )
    return read_image(_packaged_file(name), known.frame)


def fetch_samples(folder: str | Path) -> list[dict[str, str]]:
    """Copy the sample images into a folder and write its table, samples.csv.

    Parameters
    ----------
    folder : str or Path
        Made if it does not exist.

    Returns
    -------
    list of dict
        One row a sample, keys ``TABLE_COLUMNS``.

    Raises
    ------
    UnreadableFileError, FileError
        A sample is not installed, or the folder cannot be made or written to; a new one
        in which nothing could be written is taken away again.
    """
    folder = Path(folder)
    sources = {name: _packaged_file(name) for name in SAMPLES}
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreadableFileError(f"{folder}: cannot be made ({error.strerror})") from None
    try:
        return _copy_samples(folder, sources)
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):  # something is in it
                folder.rmdir()
        raise


def _copy_samples(folder: Path, sources: dict[str, Path]) -> list[dict[str, str]]:
    rows = []
    for name, known in SAMPLES.items():
        source = sources[name]
        atomic_write(folder / f"{name}.dcm", source.read_bytes())
        image = read_image(source, known.frame)
        rows.append(
            {
                "name": name,
                "file": known.file,
                "modality": image.modality,
                "anatomy": known.anatomy,
                "size": f"{image.pixels.shape[0]} x {image.pixels.shape[1]}",
                "dtype": image.pixels.dtype.name,
                "range": f"{image.pixels.min()} to {image.pixels.max()}",
                "source": known.source,
                "licence": known.licence,
            }
        )
    table = io.StringIO()
    writer = csv.DictWriter(table, TABLE_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    atomic_write(folder / "samples.csv", table.getvalue().encode())
    return rows


def find_packaged_file(file: str) -> Path | None:
    """Return the path of a test file inside pydicom or pydicom-data, or None.

    Looked up without importing either, and without pydicom's downloader.
    """
    for package, inside in (("pydicom", "data/test_files"), ("data_store", "data")):
        spec = importlib.util.find_spec(package)
        for location in (spec.submodule_search_locations or []) if spec else []:
            candidate = Path(location) / inside / file
            if candidate.is_file():
                return candidate
    return None


def _packaged_file(name: str) -> Path:
    found = find_packaged_file(SAMPLES[name].file)
    if found is None:
        raise UnreadableFileError(
            f"the sample {name!r} is in the package pydicom-data; pip install pydicom-data"
        )
    return found


def _data_folders() -> list[Path]:
    """Return the folders that may hold samples as files, nearest first."""
    here = Path.cwd()
    folders = [folder / "data" for folder in (here, *here.parents)]
    if os.environ.get("MMPC_DATA"):
        folders.insert(0, Path(os.environ["MMPC_DATA"]))
    return [folder for folder in folders if folder.is_dir()]
