"""Plant a token of its own in every element there is, and count those that come through.

``python -m tests.images.planting`` prints the counts.
"""

import base64
import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydicom import Dataset, config

import mmpc
from mmpc.images.dicom.elements import quiet_pydicom
from mmpc.images.reading import METADATA_MODES, read_image
from tests.images.gardens import gardens
from tests.images.making import save
from tests.images.tokens import Plant, Planter


def leaves(metadata: dict) -> set:
    """All values, and all tokens within values, that are in a stream with these metadata."""
    stream = mmpc.compress(np.zeros((8, 8), np.uint16), bitstream=1, metadata=metadata)
    values, text = set(), []

    def walk(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "InlineBinary":
                    text.append(base64.b64decode(value).decode("latin-1"))
                text.append(key)
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
        else:
            values.add(node)
            text.append(str(node))

    walk(mmpc.read_header(stream).metadata)
    return values | set(re.findall(r"TOK\d{6}|1\.2\.826\.9\.\d+", json.dumps(text)))


def plant(folder: Path) -> tuple[Planter, dict[str, Dataset], list[Path]]:
    """Make all gardens and save them, one file each."""
    planter = Planter()
    checks = config.settings.writing_validation_mode
    with quiet_pydicom():
        config.settings.writing_validation_mode = config.IGNORE
        try:
            named = gardens(planter)
            paths = [save(garden, folder / f"{name}.dcm") for name, garden in named.items()]
            return planter, named, paths
        finally:
            config.settings.writing_validation_mode = checks


def survivors(planter: Planter, paths: list[Path], **how) -> list[Plant]:
    """The plants that come into a stream when the gardens are read in a certain way."""
    found = set()
    for path in paths:
        found |= leaves(read_image(path, 0, **how).metadata)
    return [one for one in planter.plants if one.needle in found]


def main() -> int:
    """Print how many tokens come through each mode, with and without de-identification."""
    with TemporaryDirectory() as folder:
        planter, _, paths = plant(Path(folder))
        planted = sum(one.identifies for one in planter.plants)
        print(f"planted {len(planter.plants)} tokens, of which {planted} may identify")
        for anonymize in (False, True):
            for mode in METADATA_MODES:
                survived = survivors(planter, paths, metadata=mode, anonymize=anonymize)
                leaked = [one for one in survived if one.identifies]
                print(
                    f"--metadata {mode:10} {'--anonymize' if anonymize else '':11}: "
                    f"{len(survived)} came through, of which {len(leaked)} may identify"
                )
                for leak in leaked[:20] if anonymize else ():
                    print("   ", leak)
    return 0


if __name__ == "__main__":
    sys.exit(main())
