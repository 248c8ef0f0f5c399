"""The DICOM elements that are kept beside the pixels, each with the reason why.

FORMAT.md lists the same, and says what ``--anonymize`` does to each.
"""

# keyword: (functional group that holds it in an enhanced multi-frame object, why it is kept)
WHITELIST = {
    "SOPClassUID": (None, "what kind of object to rebuild"),
    "SOPInstanceUID": (None, "names the source of the derived image"),
    "ImageType": (None, "the derived image keeps all but its first value"),
    "Modality": (None, "what the values measure"),
    "Manufacturer": (None, "noise and artefacts depend on the scanner"),
    "ManufacturerModelName": (None, "as above"),
    "PatientID": (None, "whose image it is; emptied by --anonymize"),
    "PatientIdentityRemoved": (None, "says that de-identification was done"),
    "DeidentificationMethod": (None, "how"),
    "DeidentificationMethodCodeSequence": (None, "how, as code"),
    "BodyPartExamined": (None, "choice of window and of acceptable error"),
    "Laterality": (None, "which side of a paired body part"),
    "ImageLaterality": (None, "which side of a paired body part"),
    "ScanningSequence": (None, "MR objects are not valid without it"),
    "SequenceVariant": (None, "MR objects are not valid without it"),
    "SliceThickness": ("PixelMeasuresSequence", "geometry: volume of a voxel"),
    "KVP": ("CTXRayDetailsSequence", "CT numbers depend on it"),
    "SpacingBetweenSlices": ("PixelMeasuresSequence", "geometry"),
    "ConvolutionKernel": ("CTReconstructionSequence", "noise and sharpness depend on it"),
    "StudyInstanceUID": (None, "keeps the image in its study"),
    "SeriesInstanceUID": (None, "keeps the image in its series"),
    "InstanceNumber": (None, "order of the slices"),
    "ImagePositionPatient": ("PlanePositionSequence", "geometry: where the slice is"),
    "ImageOrientationPatient": ("PlaneOrientationSequence", "geometry: left, right, up, down"),
    "FrameOfReferenceUID": (None, "geometry: which positions can be compared"),
    "PhotometricInterpretation": (None, "whether small values are dark"),
    "Rows": (None, "to check the stream against"),
    "Columns": (None, "to check the stream against"),
    "PixelSpacing": ("PixelMeasuresSequence", "geometry: distances and areas"),
    "BitsAllocated": (None, "pixel format"),
    "BitsStored": (None, "pixel format"),
    "HighBit": (None, "pixel format"),
    "PixelRepresentation": (None, "pixel format: signed or not"),
    "BurnedInAnnotation": (None, "text in the pixels may identify the patient"),
    "PixelPaddingValue": (None, "which pixels are no measurement"),
    "PixelPaddingRangeLimit": (None, "which pixels are no measurement"),
    "WindowCenter": ("FrameVOILUTSequence", "how to display"),
    "WindowWidth": ("FrameVOILUTSequence", "how to display"),
    "VOILUTFunction": ("FrameVOILUTSequence", "how to display"),
    "RescaleIntercept": ("PixelValueTransformationSequence", "stored values to Hounsfield units"),
    "RescaleSlope": ("PixelValueTransformationSequence", "stored values to Hounsfield units"),
    "RescaleType": ("PixelValueTransformationSequence", "the unit after rescale"),
    "LossyImageCompression": (None, "earlier lossy compression adds up"),
    "LossyImageCompressionRatio": (None, "earlier lossy compression adds up"),
    "LossyImageCompressionMethod": (None, "earlier lossy compression adds up"),
}

# What is left with --metadata none: the numbers keep their meaning, nobody is named.
PIXEL_KEYWORDS = (
    "PhotometricInterpretation",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
)

# Pixels by another name, and the groups that a single frame does not have.
NEVER_KEPT = (
    "PixelData",
    "IconImageSequence",
    "PixelDataProviderURL",
    "NumberOfFrames",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "DimensionOrganizationSequence",
    "DimensionIndexSequence",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "DataSetTrailingPadding",
)
