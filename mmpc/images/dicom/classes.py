"""What an object of each SOP class cannot do without (PS3.3 A.3, A.2, A.4, A.6, A.8).

Elements of type 2 may be empty and are filled in. Where an element of type 1 is missing
and nothing true can be put there, the image becomes a Secondary Capture instead: honest,
and valid.
"""

from dataclasses import dataclass

from mmpc.images.dicom.deidentify import replace_uid
from mmpc.images.dicom.mending import mend

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
CR_IMAGE = "1.2.840.10008.5.1.4.1.1.1"
US_IMAGE = "1.2.840.10008.5.1.4.1.1.6.1"

# A single frame of a multi-frame object is an object of the class without frames.
SINGLE_FRAME_CLASS = {
    "1.2.840.10008.5.1.4.1.1.2.1": CT_IMAGE,  # Enhanced CT
    "1.2.840.10008.5.1.4.1.1.2.2": CT_IMAGE,  # Legacy Converted Enhanced CT
    "1.2.840.10008.5.1.4.1.1.4.1": MR_IMAGE,  # Enhanced MR
    "1.2.840.10008.5.1.4.1.1.4.4": MR_IMAGE,  # Legacy Converted Enhanced MR
    "1.2.840.10008.5.1.4.1.1.3.1": US_IMAGE,  # Ultrasound Multi-frame
    "1.2.840.10008.5.1.4.1.1.7.2": SECONDARY_CAPTURE,  # Multi-frame Grayscale Byte SC
    "1.2.840.10008.5.1.4.1.1.7.3": SECONDARY_CAPTURE,  # Multi-frame Grayscale Word SC
}

TYPE_2_OF_ALL = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyID",
    "SeriesNumber",
    "Manufacturer",
    "InstanceNumber",
)
CROSS_SECTION = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")


@dataclass(frozen=True)
class SopClass:
    """What one kind of object needs.

    Attributes
    ----------
    modality : str or None
        The only one allowed, if there is one.
    needed : tuple of str
        Keywords of type 1 for which nothing can be made up.
    filled : tuple of str
        Keywords of type 2 beyond those that all classes have.
    bits : int or None
        Bits allocated, where the class prescribes them.
    """

    modality: str | None
    needed: tuple[str, ...]
    filled: tuple[str, ...]
    bits: int | None = None


SOP_CLASSES = {
    SECONDARY_CAPTURE: SopClass(None, (), ("PatientOrientation",)),
    CT_IMAGE: SopClass(
        "CT",
        (*CROSS_SECTION, "ImageType", "RescaleIntercept", "RescaleSlope"),
        (
            "PatientPosition",
            "SliceThickness",
            "KVP",
            "AcquisitionNumber",
            "PositionReferenceIndicator",
        ),
        16,
    ),
    MR_IMAGE: SopClass(
        "MR",
        (*CROSS_SECTION, "ImageType", "ScanningSequence", "SequenceVariant"),
        (
            "PatientPosition",
            "SliceThickness",
            "PositionReferenceIndicator",
            "ScanOptions",
            "MRAcquisitionType",
            "RepetitionTime",
            "EchoTime",
            "EchoTrainLength",
        ),
        16,
    ),
    CR_IMAGE: SopClass("CR", (), ("PatientOrientation", "BodyPartExamined", "ViewPosition")),
    US_IMAGE: SopClass("US", ("ImageType",), ("PatientOrientation",), 8),
}


def settle_class(
    dataset, bits_allocated: int, complete: bool = False, *, seed: bytes = b""
) -> str | None:
    """Choose the SOP class that a dataset can be, and fill in what that class needs.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Changed in place: SOPClassUID, UIDs that are missing, empty elements of type 2.
    bits_allocated : int
        Of the pixels to come, 8 or 16.
    complete : bool
        The dataset has all elements of its original: a class that is not listed here is
        kept too.
    seed : bytes
        UIDs that are missing follow from it.

    Returns
    -------
    str or None
        Why it became a Secondary Capture though it was something else, for the user.
    """
    from pydicom.uid import UID

    wanted = UID(dataset.get("SOPClassUID") or SECONDARY_CAPTURE)
    if wanted in SINGLE_FRAME_CLASS:
        wanted = UID(SINGLE_FRAME_CLASS[wanted])
    if wanted == CT_IMAGE:
        _name_cross_section(dataset)
    reason = None
    if wanted in SOP_CLASSES or not complete:
        reason = _misfit(dataset, wanted, bits_allocated)
    chosen = SECONDARY_CAPTURE if reason else wanted
    mend(dataset)
    dataset.SOPClassUID = chosen
    if chosen == SECONDARY_CAPTURE:
        _make_secondary_capture(dataset)
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        if not dataset.get(keyword):
            setattr(dataset, keyword, replace_uid(keyword, seed))
    if chosen in (CT_IMAGE, MR_IMAGE) and not dataset.get("FrameOfReferenceUID"):
        # Made of the series', so that its slices stay comparable.
        dataset.FrameOfReferenceUID = replace_uid(dataset.SeriesInstanceUID, b"frame")
    known = SOP_CLASSES.get(chosen)
    for keyword in (*TYPE_2_OF_ALL, *(known.filled if known else ())):
        if keyword not in dataset:
            setattr(dataset, keyword, None)
    return reason and f"written as Secondary Capture and not as {wanted.name}: {reason}"


def _name_cross_section(dataset) -> None:
    """Give ImageType of a CT cross-section its third value, AXIAL (PS3.3 C.8.2.1.1.1).

    Of a volume's slice an enhanced object says VOLUME; old files say nothing.
    """
    kinds = _image_type(dataset)
    placed = all(dataset.get(keyword) for keyword in CROSS_SECTION[:2])
    if len(kinds) >= 2 and ((kinds[2:3] in ([], [""]) and placed) or kinds[2:3] == ["VOLUME"]):
        dataset.ImageType = [*kinds[:2], "AXIAL", *kinds[3:]]


def _image_type(dataset) -> list[str]:
    """Return the values of ImageType, of which there may be one alone or none."""
    kinds = dataset.get("ImageType") or []
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _misfit(dataset, uid: str, bits_allocated: int) -> str | None:
    """Say why a dataset cannot be of a class; None if it can."""
    known = SOP_CLASSES.get(uid)
    if known is None:
        return "the elements that are kept are too few for this class"
    missing = [keyword for keyword in known.needed if dataset.get(keyword) in (None, "", [])]
    if missing:
        return f"{missing[0]} is missing"
    if known.bits not in (None, bits_allocated):
        return f"this class has {known.bits} bits allocated"
    if known.modality and dataset.get("Modality") != known.modality:
        return f"its modality is not {known.modality}"
    if uid == CT_IMAGE and len(_image_type(dataset)) < 3:
        return "ImageType has no third value"
    return None


def _make_secondary_capture(dataset) -> None:
    dataset.ConversionType = dataset.get("ConversionType") or "WSD"
    dataset.Modality = dataset.get("Modality") or "OT"
