"""Which DICOM elements travel with the pixels, as a JSON-able dict.

``{"dicom": {"00280030": {"vr": "DS", "Value": [0.5, 0.5]}, ...}}``: the DICOM JSON model
(PS3.18 Annex F) of the elements named here.
"""

KEPT_KEYWORDS = (
    "SOPClassUID",
    "Modality",
    "Manufacturer",
    "BodyPartExamined",
    "SliceThickness",
    "KVP",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "SliceLocation",
    "PhotometricInterpretation",
    "PixelSpacing",
    "BitsStored",
    "PixelPaddingValue",
    "WindowCenter",
    "WindowWidth",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
)


def collect_metadata(dataset, index: int) -> dict:
    """Return the elements of a dataset that are worth keeping beside the pixels.

    Parameters
    ----------
    dataset : pydicom.Dataset
        As read from a file.
    index : int
        The frame that was read, counted from 0.
    """
    from pydicom import Dataset

    kept = Dataset()
    for keyword in KEPT_KEYWORDS:
        if dataset.get(keyword) not in (None, ""):
            kept.add(dataset[keyword])
    return {"dicom": kept.to_json_dict(suppress_invalid_tags=True)}


def restore_elements(metadata: dict | None):
    """Return the dataset that :func:`collect_metadata` packed (empty without metadata)."""
    from pydicom import Dataset

    return Dataset.from_json((metadata or {}).get("dicom", {}))
