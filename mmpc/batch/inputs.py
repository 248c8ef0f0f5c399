"""Which files are measured, what each is called in the tables, and its frames."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from mmpc.errors import UnreadableFileError, UnsupportedPixelsError
from mmpc.images.image import Image
from mmpc.images.reading import read_image


def find_files(inputs: Sequence[Path], skip: Path | None = None) -> dict[str, Path]:
    """List files, and the files in folders and below.

    Parameters
    ----------
    inputs : sequence of Path
        Files and folders; hidden files inside folders are passed over.
    skip : Path, optional
        A folder inside an input that is not looked into, such as that of the results.

    Returns
    -------
    dict of str to Path
        In sorted order, each file once. The key names it in every table: its path inside
        the input folder, after that folder's name where there are several, and where two
        would still be the same, after as much of the path as tells them apart.

    Raises
    ------
    UnreadableFileError
        If an input is not there, or there is no file in any of them.
    """
    listed: dict[Path, str] = {}
    for given in inputs:
        if not given.exists():
            raise UnreadableFileError(f"{given}: there is no such file or folder")
        prefix = f"{_folder(given).name}/" if len({*map(_folder, inputs)}) > 1 else ""
        for path, name in _files_of(given, skip):
            listed.setdefault(path, prefix + name)
    if not listed:
        raise UnreadableFileError(f"there is no file in {', '.join(map(str, inputs))}")
    return {name: path for path, name in _told_apart(listed).items()}


def _told_apart(listed: dict[Path, str]) -> dict[Path, str]:
    """Lengthen names that are used twice by the folder before them, until none is."""
    while True:
        uses = Counter(listed.values())
        if len(uses) == len(listed):
            return listed
        listed = {
            path: name if uses[name] == 1 else "/".join(path.parts[-name.count("/") - 2 :])
            for path, name in listed.items()
        }


def _folder(given: Path) -> Path:
    root = given.resolve()
    return root if root.is_dir() else root.parent


def _files_of(given: Path, skip: Path | None) -> Iterator[tuple[Path, str]]:
    root = given.resolve()
    if not root.is_dir():
        yield root, root.name
        return
    skipped = skip.resolve() if skip and root in skip.resolve().parents else None
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        hidden = any(part.startswith(".") for part in relative.parts)
        if not hidden and path.is_file() and not (skipped and path.is_relative_to(skipped)):
            yield path.resolve(), relative.as_posix()


def read_frames(path: Path) -> Iterator[tuple[int, Image]]:
    """Yield the frames of a file with their numbers, one in memory at a time.

    Raises
    ------
    UnreadableFileError, UnsupportedPixelsError
        As `read_image`.
    """
    try:
        yield 0, read_image(path)
        return
    except UnsupportedPixelsError as error:
        # Several frames, or no image for us at all: the first frame tells.
        try:
            image = read_image(path, 0)
        except UnsupportedPixelsError:
            raise error from None
    frame = 0
    while image is not None:
        yield frame, image
        frame += 1
        try:
            image = read_image(path, frame)
        except UnsupportedPixelsError:
            image = None


def file_stem(name: str, frame: int = 0) -> str:
    """Return how the pictures of an image are called: ``I0``, ``sub_I0``, ``scan_f3``."""
    stem = str(Path(name).with_suffix("")).strip("/").replace("/", "_")
    return f"{stem}_f{frame}" if frame else stem
