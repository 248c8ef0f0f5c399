"""The secret behind new UIDs, in a file: for series that several runs de-identify."""

import contextlib
import os
import secrets
from pathlib import Path

from mmpc.errors import FileError
from mmpc.files import check_output
from mmpc.images.dicom.deidentify import KEY_BYTES

LENGTH = 2 * KEY_BYTES + 1  # hexadecimal digits and a line break


def read_or_make_key(path: str | Path) -> bytes:
    """Read a key; if there is no such file, make a random one that only its owner may read.

    Runs that start at the same time agree on one key.

    Parameters
    ----------
    path : str or Path
        A text file of 64 hexadecimal digits.

    Returns
    -------
    bytes of length 32

    Raises
    ------
    FileError
        The file is something else, or cannot be read or made.
    """
    path = Path(path)
    check_output(path)
    try:
        if not path.exists():
            _make_key(path)
        with path.open("rb") as stream:
            text = stream.read(LENGTH + 1)
        key = bytes.fromhex(text.decode("ascii").strip())
    except OSError as error:
        raise FileError(f"{path}: the key cannot be read or made ({error.strerror})") from None
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise FileError(
            f"{path}: holds no key of {2 * KEY_BYTES} hexadecimal digits; name a file that "
            "--anonymize-key made, or one that does not exist yet"
        )
    return key


def _make_key(path: Path) -> None:
    """Write a new key whole or not at all, unless another process was quicker."""
    target = path.resolve()
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as stream:
            stream.write(f"{secrets.token_hex(KEY_BYTES)}\n".encode())
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, target)  # unlike a rename, never over a key that exists
    finally:
        temporary.unlink(missing_ok=True)
