"""Keywords of elements by their tags; pydicom's dictionary without pydicom, which loads for long.

``mmpc.info`` needs nothing else of pydicom, and importing that takes longer than all it does.
"""

from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path


def keyword_of(tag: int) -> str:
    """Return the keyword of a standard element, "" of a private or unknown one."""
    entry = _dictionary().get(tag)
    if entry is not None:
        return entry[4]
    if tag >> 16 & 1:
        return ""
    from pydicom.datadict import keyword_for_tag  # knows those that repeat, as (60xx,0010)

    return keyword_for_tag(tag)


@cache
def _dictionary() -> dict[int, tuple[str, str, str, str, str]]:
    """Return VR, VM, name, whether it is retired, and keyword by tag; {} if it has moved."""
    package = find_spec("pydicom")  # which is not imported by this
    path = Path(package.origin).with_name("_dicom_dict.py")
    if not path.is_file():
        return {}
    spec = spec_from_file_location("mmpc._dicom_dict", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.DicomDictionary
