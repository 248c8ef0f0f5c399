"""Take out of a header what no object may have, without making anything up.

A value that its VR does not allow is emptied, an illegal UID replaced by one made of it;
an item without elements, a code without scheme or meaning, and a sequence without items
are removed. Many real files need this before they can become a valid file again.
"""

from mmpc.images.dicom.deidentify import replace_uid
from mmpc.images.dicom.overlays import remove_overlays_without_data

TEXT_VRS = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "SH", "ST", "TM")
CODE = ("CodingSchemeDesignator", "CodeMeaning")
MAY_BE_EMPTY = ("AcquisitionContextSequence", "RefractiveStateSequence")  # type 2

# Body parts (PS3.16 Annex L) of which there is one: for all others a side is asked for.
UNPAIRED_TEXT = (
    "ABDOMEN ABDOMENPELVIS AORTA BACK BLADDER BRAIN CEREBELLUM CHEST CHESTABDOMEN "
    "CHESTABDPELVIS COCCYX COLON CSPINE CTSPINE DUODENUM ESOPHAGUS FACE GALLBLADDER "
    "HEAD HEADNECK HEART ILEUM JAW JEJUNUM LARYNX LIVER LSPINE LSSPINE MAXILLA "
    "MEDIASTINUM MOUTH NECK NECKCHEST NECKCHESTABDOMEN NECKCHESTABDPELV NOSE "
    "PANCREAS PELVIS PENIS PHARYNX PROSTATE RECTUM SCALP SKULL SPINE SPLEEN SSPINE "
    "STERNUM STOMACH THYMUS THYROID TLSPINE TONGUE TRACHEA TSPINE UTERUS VAGINA "
    "WHOLEBODY"
)
UNPAIRED_PARTS = frozenset(UNPAIRED_TEXT.split())


def mend(dataset) -> None:
    """Mend a dataset in place.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With its elements from an original that may not be valid.
    """
    _mend_values(dataset)
    remove_overlays_without_data(dataset)
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        value = dataset.get(keyword)
        if value and not all(number > 0 for number in value):
            del dataset[keyword]
        if dataset.get(keyword) or not dataset.get("PixelAspectRatio"):
            dataset.pop("PixelAspectRatio", None)
    if (dataset.get("SpacingBetweenSlices") or 0) < 0:
        dataset.SpacingBetweenSlices = abs(dataset.SpacingBetweenSlices)
    if not any(dataset.get("VelocityEncodingDirection") or []):
        dataset.pop("VelocityEncodingDirection", None)
    if dataset.get("FrameOfReferenceUID") in (
        dataset.get("StudyInstanceUID"),
        dataset.get("SeriesInstanceUID"),
    ):
        dataset.pop("FrameOfReferenceUID", None)
    part = str(dataset.get("BodyPartExamined") or "")
    if not (dataset.get("Laterality") or dataset.get("ImageLaterality")):
        dataset.pop("Laterality", None)
        if part not in UNPAIRED_PARTS:
            dataset.Laterality = None
    if "RescaleIntercept" in dataset and not dataset.get("RescaleType"):
        dataset.RescaleType = "HU" if dataset.get("Modality") == "CT" else "US"
    described = dataset.get("DeidentificationMethod") or dataset.get(
        "DeidentificationMethodCodeSequence"
    )
    if dataset.get("PatientIdentityRemoved") == "YES" and not described:
        dataset.DeidentificationMethod = "not stated by the original"


def _mend_values(dataset) -> None:
    from pydicom.uid import UID

    for element in list(dataset):
        if element.tag.is_private and element.tag.element < 0x10:
            del dataset[element.tag]  # there can be no private creator (PS3.5 7.8.1)
        elif element.VR == "SQ":
            for item in element.value:
                _mend_values(item)
            needed = CODE if element.keyword.endswith("CodeSequence") else ()
            element.value = [
                item for item in element.value if len(item) and all(map(item.get, needed))
            ]
            if not element.value and element.keyword not in MAY_BE_EMPTY:
                del dataset[element.tag]
        elif element.VR == "UI":
            values = element.value if element.VM > 1 else [element.value]
            element.value = [
                uid if UID(uid).is_valid else replace_uid(str(uid), b"") for uid in values if uid
            ]
        elif not _is_legal(element):
            element.value = element.empty_value


def _is_legal(element) -> bool:
    from pydicom.config import RAISE
    from pydicom.valuerep import validate_value

    values = element.value if element.VM > 1 else [element.value]
    try:
        for value in values:
            if value is not None and element.VR in TEXT_VRS:
                validate_value(element.VR, str(value), RAISE)
    except ValueError:
        return False
    return True
