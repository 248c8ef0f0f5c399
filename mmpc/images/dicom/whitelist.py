"""The DICOM elements that ``--metadata whitelist`` keeps, each with the reason why.

What the pixels mean, where they are in the patient, whose they are, and what their class
cannot do without; overlays (groups 60xx) besides. FORMAT.md lists the same, and says what
``--anonymize`` does to each.
"""

from mmpc.images.dicom.elements import IN_GROUP

# keyword: (functional group that holds it in an enhanced multi-frame object, why it is kept)
WHITELIST = {
    # What it is
    "SOPClassUID": (None, "what kind of object to rebuild"),
    "SOPInstanceUID": (None, "names the source of the derived image"),
    "ImageType": (None, "the derived image keeps all but its first value"),
    "Modality": (None, "what the values measure"),
    "Manufacturer": (None, "noise and artefacts depend on the scanner"),
    "ManufacturerModelName": (None, "as above"),
    "BurnedInAnnotation": (None, "text in the pixels may identify the patient"),
    "LossyImageCompression": (None, "earlier lossy compression adds up"),
    "LossyImageCompressionRatio": (None, "earlier lossy compression adds up"),
    "LossyImageCompressionMethod": (None, "earlier lossy compression adds up"),
    # Whose it is, and when
    "PatientName": (None, "whose image it is"),
    "PatientID": (None, "whose image it is"),
    "IssuerOfPatientID": (None, "whose image it is"),
    "PatientBirthDate": (None, "whose image it is"),
    "PatientSex": (None, "whose image it is"),
    "PatientIdentityRemoved": (None, "says that de-identification was done"),
    "DeidentificationMethod": (None, "how"),
    "DeidentificationMethodCodeSequence": (None, "how, as code"),
    "StudyInstanceUID": (None, "keeps the image in its study"),
    "SeriesInstanceUID": (None, "keeps the image in its series"),
    "StudyID": (None, "keeps the image in its study"),
    "SeriesNumber": (None, "keeps the image in its series"),
    "AcquisitionNumber": (None, "order of the acquisitions"),
    "InstanceNumber": (None, "order of the slices"),
    "AccessionNumber": (None, "which order the study answers"),
    "ReferringPhysicianName": (None, "whom the result goes to"),
    "StudyDate": (None, "when"),
    "StudyTime": (None, "when"),
    "SeriesDate": (None, "when; decay of PET is corrected to it"),
    "SeriesTime": (None, "when; decay of PET is corrected to it"),
    "AcquisitionDate": (None, "when"),
    "AcquisitionTime": (None, "when"),
    "ContentDate": (None, "when"),
    "ContentTime": (None, "when"),
    # Where it is in the patient
    "BodyPartExamined": (None, "choice of window and of acceptable error"),
    "Laterality": (None, "which side of a paired body part"),
    "ImageLaterality": (None, "which side of a paired body part"),
    "PatientPosition": (None, "geometry: head or feet first, on back or belly"),
    "PatientOrientation": (None, "geometry: left, right, up, down of a projection"),
    "ViewPosition": (None, "geometry: direction of a projection"),
    "ImagePositionPatient": ("PlanePositionSequence", "geometry: where the slice is"),
    "ImageOrientationPatient": ("PlaneOrientationSequence", "geometry: left, right, up, down"),
    "FrameOfReferenceUID": (None, "geometry: which positions can be compared"),
    "PositionReferenceIndicator": (None, "geometry: where its origin is"),
    "SliceThickness": ("PixelMeasuresSequence", "geometry: volume of a voxel"),
    "SpacingBetweenSlices": ("PixelMeasuresSequence", "geometry"),
    "GantryDetectorTilt": (None, "geometry: slices that are not at right angles to the table"),
    "PixelSpacing": ("PixelMeasuresSequence", "geometry: distances and areas"),
    "PixelSpacingCalibrationType": (None, "geometry: what PixelSpacing refers to"),
    "ImagerPixelSpacing": (None, "geometry: distances on the detector"),
    "NominalScannedPixelSpacing": (None, "geometry: distances on a scanned film"),
    "EstimatedRadiographicMagnificationFactor": (None, "geometry: detector to patient"),
    "PixelAspectRatio": (None, "geometry: shape of a pixel"),
    "SequenceOfUltrasoundRegions": (None, "geometry: distances and times in ultrasound"),
    # How it was made, as far as the values or the class ask for it
    "ScanningSequence": (None, "MR objects are not valid without it"),
    "SequenceVariant": (None, "MR objects are not valid without it"),
    "ScanOptions": (None, "MR objects are not valid without it"),
    "MRAcquisitionType": (None, "MR objects are not valid without it"),
    "RepetitionTime": (None, "contrast of MR depends on it"),
    "EchoTime": (None, "contrast of MR depends on it"),
    "EchoTrainLength": (None, "contrast of MR depends on it"),
    "KVP": ("CTXRayDetailsSequence", "CT numbers depend on it"),
    "ConvolutionKernel": ("CTReconstructionSequence", "noise and sharpness depend on it"),
    # Pixels
    "PhotometricInterpretation": (None, "whether small values are dark"),
    "Rows": (None, "to check the stream against"),
    "Columns": (None, "to check the stream against"),
    "BitsAllocated": (None, "pixel format"),
    "BitsStored": (None, "pixel format"),
    "HighBit": (None, "pixel format"),
    "PixelRepresentation": (None, "pixel format: signed or not"),
    "PixelPaddingValue": (None, "which pixels are no measurement"),
    "PixelPaddingRangeLimit": (None, "which pixels are no measurement"),
    # What a value means
    "RescaleIntercept": ("PixelValueTransformationSequence", "stored values to Hounsfield units"),
    "RescaleSlope": ("PixelValueTransformationSequence", "stored values to Hounsfield units"),
    "RescaleType": ("PixelValueTransformationSequence", "the unit after rescale"),
    "ModalityLUTSequence": (None, "stored values to the modality's unit, by a table"),
    "RealWorldValueMappingSequence": (IN_GROUP, "stored values to a physical unit"),
    "PixelIntensityRelationship": (None, "whether values are linear in X-ray intensity"),
    "PixelIntensityRelationshipSign": (None, "whether large values mean much X-ray"),
    "Units": (None, "PET: unit of the rescaled values"),
    "SeriesType": (None, "PET: static, dynamic, gated or whole body"),
    "CountsSource": (None, "PET: emission or transmission"),
    "CorrectedImage": (None, "PET: what the values are corrected for"),
    "DecayCorrection": (None, "PET: to which time decay is corrected"),
    "DecayFactor": (None, "PET: by how much"),
    "FrameReferenceTime": (None, "PET: when the values hold"),
    "ActualFrameDuration": (None, "PET: how long was counted"),
    "DoseCalibrationFactor": (None, "PET: counts to activity"),
    "SUVType": (None, "PET: which standardized uptake value"),
    "PatientWeight": (None, "PET: uptake is given per weight"),
    "PatientSize": (None, "PET: uptake per surface or lean mass"),
    "RadiopharmaceuticalInformationSequence": (None, "PET: dose, half-life and time of injection"),
    # How to display it
    "WindowCenter": ("FrameVOILUTSequence", "how to display"),
    "WindowWidth": ("FrameVOILUTSequence", "how to display"),
    "VOILUTFunction": ("FrameVOILUTSequence", "how to display"),
    "VOILUTSequence": (None, "how to display, by a table"),
    "PresentationLUTShape": (None, "how to display: INVERSE has small values bright"),
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
    "ModalityLUTSequence",
    "PixelIntensityRelationship",
    "PixelIntensityRelationshipSign",
    "PresentationLUTShape",
    "Units",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
)

# What describes pixel data as they lie in a file, not the image.
PIXEL_DATA_KEYWORDS = ("PixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths")

# What a single frame of a multi-frame object does not have.
FRAME_KEYWORDS = (
    "NumberOfFrames",
    "FrameIncrementPointer",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "DimensionOrganizationSequence",
    "DimensionIndexSequence",
)
