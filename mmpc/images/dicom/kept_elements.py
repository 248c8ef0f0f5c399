"""Which elements beyond PS3.15 Table E.1-1 outlive de-identification: those of the image itself.

The table names what identifies; its authors, like ours, cannot have thought of everything.
So what it does not name is removed, unless it is listed here or in ``kept_acquisition``,
by keyword, in groups with the reason. Listed are only numbers, codes, lookup tables,
sequences of them, UIDs (replaced unless they are the standard's own), and the few texts
that scanners write by themselves. No names, dates, times, comments, demographic, workflow
or private elements.
"""

from mmpc.images.dicom.kept_acquisition import KEPT_ACQUISITION

KEPT_IMAGE = {
    "what kind of image it is": """
        SOPClassUID Modality ImageType FrameType ConversionType PresentationIntentType
        PixelPresentation VolumetricProperties VolumeBasedCalculationTechnique
        ContentQualification DocumentClassCodeSequence SyntheticData BurnedInAnnotation
        RecognizableVisualFeatures QualityControlImage SpecificCharacterSet
    """,
    "pixel format": """
        SamplesPerPixel PhotometricInterpretation PlanarConfiguration Rows Columns BitsAllocated
        BitsStored HighBit PixelRepresentation NumberOfFrames FrameIncrementPointer
        SmallestImagePixelValue LargestImagePixelValue SmallestPixelValueInSeries
        LargestPixelValueInSeries SmallestValidPixelValue LargestValidPixelValue
        PixelPaddingValue PixelPaddingRangeLimit
    """,
    "what a stored value means": """
        RescaleIntercept RescaleSlope RescaleType ModalityLUTSequence LUTDescriptor
        ModalityLUTType LUTExplanation LUTData PixelIntensityRelationship
        PixelIntensityRelationshipSign PixelIntensityRelationshipLUTSequence LUTFunction
        RealWorldValueMappingSequence RealWorldValueFirstValueMapped
        RealWorldValueLastValueMapped DoubleFloatRealWorldValueFirstValueMapped
        DoubleFloatRealWorldValueLastValueMapped RealWorldValueIntercept RealWorldValueSlope
        RealWorldValueLUTData MeasurementUnitsCodeSequence QuantityDefinitionSequence ValueType
        ConceptNameCodeSequence ConceptCodeSequence NumericValue FloatingPointValue
        RationalNumeratorValue RationalDenominatorValue PixelValueTransformationSequence
        FramePixelDataPropertiesSequence GeometricalProperties GeometricMaximumDistortion
        ImageProcessingApplied Units
    """,
    "what earlier coding and processing did to the values": """
        LossyImageCompression LossyImageCompressionRatio LossyImageCompressionMethod
        DerivationCodeSequence DerivationImageSequence SpatialLocationsPreserved
        PurposeOfReferenceCodeSequence HistogramSequence HistogramNumberOfBins
        HistogramFirstBinValue HistogramLastBinValue HistogramBinWidth HistogramData
    """,
    "how to display it": """
        WindowCenter WindowWidth WindowCenterWidthExplanation VOILUTFunction VOILUTSequence
        FrameVOILUTSequence PresentationLUTShape RecommendedViewingMode
        GrayLookupTableDescriptor GrayLookupTableData RedPaletteColorLookupTableDescriptor
        GreenPaletteColorLookupTableDescriptor BluePaletteColorLookupTableDescriptor
        RedPaletteColorLookupTableData GreenPaletteColorLookupTableData
        BluePaletteColorLookupTableData ShutterShape ShutterLeftVerticalEdge
        ShutterRightVerticalEdge ShutterUpperHorizontalEdge ShutterLowerHorizontalEdge
        CenterOfCircularShutter RadiusOfCircularShutter VerticesOfThePolygonalShutter
        ShutterPresentationValue FrameDisplayShutterSequence MaskSubtractionSequence
        MaskOperation ApplicableFrameRange MaskFrameNumbers ContrastFrameAveraging
        MaskSubPixelShift TIDOffset SubtractionItemID MaskSelectionMode
    """,
    "geometry: sizes, distances and places": """
        SliceThickness SpacingBetweenSlices ImagePositionPatient ImageOrientationPatient
        SliceLocation PixelSpacing PixelAspectRatio ImagerPixelSpacing
        NominalScannedPixelSpacing PixelSpacingCalibrationType ImagePosition ImageOrientation
        Location SpatialResolution PixelMeasuresSequence PlanePositionSequence
        PlaneOrientationSequence FramePixelShiftSequence GridFrameOffsetVector
        ImagePositionVolume ImageOrientationVolume PlanePositionVolumeSequence
        PlaneOrientationVolumeSequence UltrasoundAcquisitionGeometry ApexPosition
        VolumeToTransducerMappingMatrix VolumeToTableMappingMatrix
        VolumeToTransducerRelationship PatientFrameOfReferenceSource VolumeFrameOfReferenceUID
        TableFrameOfReferenceUID
    """,
    "which part of the body, which side, how it lay": """
        BodyPartExamined Laterality ImageLaterality FrameLaterality AnatomicRegionSequence
        AnatomicRegionModifierSequence PrimaryAnatomicStructureSequence
        PrimaryAnatomicStructureModifierSequence FrameAnatomySequence AnatomicalOrientationType
        PatientOrientation PatientPosition PatientOrientationCodeSequence
        PatientOrientationModifierCodeSequence PatientGantryRelationshipCodeSequence
        PatientEquipmentRelationshipCodeSequence PatientOrientationInFrameSequence ViewPosition
        ViewCodeSequence ViewModifierCodeSequence SliceProgressionDirection
        ProjectionEponymousNameCodeSequence PartialView PartialViewCodeSequence
        BreastImplantPresent OrganExposed
    """,
    "order of the images, and which belong together": """
        SeriesNumber AcquisitionNumber InstanceNumber ImagesInAcquisition
        TemporalPositionIdentifier NumberOfTemporalPositions TemporalResolution
        TemporalPositionIndex TemporalPositionSequence TemporalPositionTimeOffset
        InStackPositionNumber InConcatenationNumber InConcatenationTotalNumber
        ConcatenationFrameOffsetNumber SOPInstanceUIDOfConcatenationSource ImageIndex
        FrameAcquisitionNumber DimensionOrganizationSequence DimensionOrganizationType
        DimensionIndexSequence DimensionIndexPointer FunctionalGroupPointer DimensionIndexValues
        ReferencedSOPClassUID ReferencedFrameNumber ReferencedInstanceSequence
        FrameContentSequence SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence
    """,
    "coded concepts (their text is checked, see known_codes)": """
        CodeValue CodingSchemeDesignator CodeMeaning MappingResource ContextIdentifier
    """,
    "which scanner and software: noise and artefacts depend on them": """
        Manufacturer ManufacturerModelName SoftwareVersions DetectorManufacturerName
        DetectorManufacturerModelName
    """,
}

KEPT_ELEMENTS = frozenset(" ".join([*KEPT_IMAGE.values(), *KEPT_ACQUISITION.values()]).split())

# Not kept, but some class of images is not valid without it: a neutral value (type 1) or
# none (type 2) takes its place.
STAND_INS = {
    "LUTLabel": "replace",
    "RTImageLabel": "replace",
    "MultiCoilElementName": "replace",
    "PositionReferenceIndicator": "empty",
    "RadiationMachineName": "empty",
    "ASLTechniqueDescription": "empty",
    "ASLBolusCutoffTechnique": "empty",
    "IntraOcularPressure": "empty",
    "AxialLengthOfTheEye": "empty",
    "PupilDilated": "empty",
    "RefractiveStateSequence": "empty",
}
