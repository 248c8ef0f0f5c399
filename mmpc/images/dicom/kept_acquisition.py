"""The part of ``kept_elements`` that says how an image was acquired, kind by kind.

Settings and geometry of the machine: they explain noise, resolution and artefacts, and say
nothing of the patient that the pixels do not.
"""

KEPT_ACQUISITION = {
    "contrast medium": """
        ContrastBolusAgentSequence ContrastBolusAdministrationRouteSequence ContrastBolusVolume
        ContrastBolusTotalDose ContrastFlowRate ContrastFlowDuration ContrastBolusIngredient
        ContrastBolusIngredientConcentration ContrastBolusT1Relaxivity ContrastBolusAgentNumber
        ContrastBolusIngredientCodeSequence ContrastAdministrationProfileSequence
        ContrastBolusIngredientOpaque ContrastBolusIngredientPercentByVolume
        ContrastBolusUsageSequence ContrastBolusAgentAdministered ContrastBolusAgentDetected
        ContrastBolusAgentPhase AdministrationRouteCodeSequence
    """,
    "timing within the scan: cine, heart beat, breath (relative, no clock)": """
        StartTrim StopTrim RecommendedDisplayFrameRate CineRate EffectiveDuration FrameTime
        FrameTimeVector FrameDelay ImageTriggerDelay ActualFrameDuration
        PreferredPlaybackSequencing AcquisitionDuration FrameAcquisitionDuration
        FrameReferenceTime LowRRValue HighRRValue IntervalsAcquired IntervalsRejected SkipBeats
        CardiacSynchronizationTechnique CardiacRRIntervalSpecified CardiacSignalSource
        CardiacBeatRejectionTechnique RespiratoryMotionCompensationTechnique
        RespiratorySignalSource RespiratoryTriggerType RespiratoryTriggerDelayThreshold
        BulkMotionCompensationTechnique BulkMotionSignalSource SynchronizationTrigger
        SynchronizationChannel AcquisitionTimeSynchronized CardiacSynchronizationSequence
        HeartRate NominalCardiacTriggerDelayTime NominalCardiacTriggerTimePriorToRPeak
        ActualCardiacTriggerTimePriorToRPeak NominalPercentageOfCardiacPhase
        RRIntervalTimeNominal ActualCardiacTriggerDelayTime RespiratoryCyclePosition
        CardiacCyclePosition RespiratorySynchronizationSequence
        NominalPercentageOfRespiratoryPhase StartingRespiratoryAmplitude
        StartingRespiratoryPhase EndingRespiratoryAmplitude EndingRespiratoryPhase
        RespiratoryIntervalTime NominalRespiratoryTriggerDelayTime
        ActualRespiratoryTriggerDelayTime TriggerTime NominalInterval BeatRejectionFlag
        CardiacNumberOfImages TriggerWindow RepresentativeFrameNumber
    """,
    "X-rays: the tube, the exposure and the dose": """
        KVP ExposureTime XRayTubeCurrent Exposure ExposureInuAs GeneratorPower ExposuresOnPlate
        RelativeXRayExposure ExposureIndex TargetExposureIndex DeviationIndex Sensitivity
        FilterType FocalSpots RectificationType ImageAndFluoroscopyAreaDoseProduct
        AnodeTargetMaterial FilterMaterial FilterThicknessMinimum FilterThicknessMaximum
        FilterBeamPathLengthMinimum FilterBeamPathLengthMaximum ExposureTimeInuS
        XRayTubeCurrentInuA EntranceDose ExposedArea DistanceSourceToEntrance XRayOutput
        HalfValueLayer OrganDose EntranceDoseInmGy EntranceDoseDerivation ExposureControlMode
        ExposureStatus PhototimerSetting AveragePulseWidth RadiationSetting RadiationMode
        IntensifierSize ExposureTimeInms XRayTubeCurrentInmA ExposureInmAs XRayReceptorType
        DistanceReceptorPlaneToDetectorHousing AcquiredImageAreaDoseProduct
        CArmPositionerTabletopRelationship XRayAcquisitionDoseSequence XRayFilterSequence
        FrameAcquisitionSequence
    """,
    "X-rays: detector, grid, collimator": """
        DistanceSourceToDetector DistanceSourceToPatient CassetteOrientation CassetteSize
        FieldOfViewShape FieldOfViewDimensions DetectorConditionsNominalFlag DetectorTemperature
        DetectorType DetectorConfiguration ExposuresOnDetectorSinceLastCalibration
        ExposuresOnDetectorSinceManufactured DetectorTimeSinceLastExposure DetectorActiveTime
        DetectorActivationOffsetFromExposure DetectorBinning DetectorElementPhysicalSize
        DetectorElementSpacing DetectorActiveShape DetectorActiveDimensions DetectorActiveOrigin
        FieldOfViewOrigin FieldOfViewRotation FieldOfViewHorizontalFlip CalibrationImage Grid
        GridThickness GridPitch GridAspectRatio GridPeriod GridFocalDistance CollimatorShape
        CollimatorLeftVerticalEdge CollimatorRightVerticalEdge CollimatorUpperHorizontalEdge
        CollimatorLowerHorizontalEdge CenterOfCircularCollimator RadiusOfCircularCollimator
        VerticesOfThePolygonalCollimator PhysicalDetectorSize PositionOfIsocenterProjection
        IntensifierActiveShape IntensifierActiveDimensions XRayGridSequence
        CollimatorShapeSequence DetectorPositionSequence FieldOfViewSequence
        FieldOfViewDimensionsInFloat FrameDetectorParametersSequence ReconstructionDiameter
        ScanOptions
    """,
    "X-rays: positions of tube, table and body": """
        EstimatedRadiographicMagnificationFactor TableAngle TableType BodyPartThickness
        CompressionForce CompressionPressure CompressionContactArea ColumnAngulation
        PositionerType PositionerPrimaryAngle PositionerSecondaryAngle DetectorPrimaryAngle
        DetectorSecondaryAngle TableMotion TableVerticalIncrement TableLateralIncrement
        TableLongitudinalIncrement PositionerMotion PositionerPrimaryAngleIncrement
        PositionerSecondaryAngleIncrement TomoLayerHeight TomoAngle TomoTime TomoType TomoClass
        NumberOfTomosynthesisSourceImages PositionerPrimaryAngleDirection
        DistanceSourceToIsocenter TableXPositionToIsocenter TableYPositionToIsocenter
        TableZPositionToIsocenter TableHorizontalRotationAngle TableHeadTiltAngle
        TableCradleTiltAngle PositionerIsocenterPrimaryAngle PositionerIsocenterSecondaryAngle
        PositionerIsocenterDetectorRotationAngle XRay3DAcquisitionSequence
        PrimaryPositionerScanArc SecondaryPositionerScanArc PrimaryPositionerScanStartAngle
        SecondaryPositionerScanStartAngle PrimaryPositionerIncrement
        SecondaryPositionerIncrement PrimaryPositionerIncrementSign
        SecondaryPositionerIncrementSign PerProjectionAcquisitionSequence
        XRay3DFrameTypeSequence ReconstructionIndex XRaySourceIsocenterPrimaryAngle
        XRaySourceIsocenterSecondaryAngle BreastSupportIsocenterPrimaryAngle
        BreastSupportIsocenterSecondaryAngle BreastSupportXPositionToIsocenter
        BreastSupportYPositionToIsocenter BreastSupportZPositionToIsocenter
        DetectorIsocenterPrimaryAngle DetectorIsocenterSecondaryAngle
        DetectorXPositionToIsocenter DetectorYPositionToIsocenter DetectorZPositionToIsocenter
        DetectorActiveAreaTLHCPosition DetectorActiveAreaOrientation
        ProjectionPixelCalibrationSequence TableHeight DistanceObjectToTableTop
        ObjectPixelSpacingInCenterOfBeam BeamAngle PositionerPositionSequence
        ColumnAngulationPatient TablePositionSequence TableTopVerticalPosition
        TableTopLongitudinalPosition TableTopLateralPosition XAXRFFrameCharacteristicsSequence
        ExposureControlSensingRegionsSequence ExposureControlSensingRegionShape
        ExposureControlSensingRegionLeftVerticalEdge
        ExposureControlSensingRegionRightVerticalEdge
        ExposureControlSensingRegionUpperHorizontalEdge
        ExposureControlSensingRegionLowerHorizontalEdge
        CenterOfCircularExposureControlSensingRegion
        RadiusOfCircularExposureControlSensingRegion
        VerticesOfThePolygonalExposureControlSensingRegion CalibrationSequence
        ObjectThicknessSequence CalculatedAnatomyThickness IsocenterReferenceSystemSequence
        XRayGeometrySequence PixelDataAreaOriginRelativeToFOV
        PixelDataAreaRotationAngleRelativeToFOV XRay3DReconstructionSequence PlanesInAcquisition
        PlaneIdentification
    """,
    "CT": """
        DataCollectionDiameter GantryDetectorTilt RotationDirection ConvolutionKernel
        WaterEquivalentDiameter WaterEquivalentDiameterCalculationMethodCodeSequence
        RevolutionTime SingleCollimationWidth TotalCollimationWidth TableSpeed
        TableFeedPerRotation SpiralPitchFactor DataCollectionCenterPatient
        ReconstructionTargetCenterPatient ExposureModulationType CTDIvol
        CTDIPhantomTypeCodeSequence CalciumScoringMassFactorPatient
        CalciumScoringMassFactorDevice EnergyWeightingFactor CTAdditionalXRaySourceSequence
        MultienergyCTAcquisition ScanArcType DetectorPositioningType IsocenterPosition
        MultienergyCTAcquisitionSequence CTAcquisitionDetailsSequence ReferencedPathIndex
        CTGeometrySequence DistanceSourceToDataCollectionCenter CTExposureSequence
        ReferencedXRaySourceIndex CTXRayDetailsSequence MultienergyCTXRaySourceSequence
        XRaySourceIndex MultienergySourceTechnique SwitchingPhaseNumber
        SwitchingPhaseNominalDuration SwitchingPhaseTransitionDuration
        MultienergyCTXRayDetectorSequence EffectiveBinEnergy XRayDetectorIndex
        MultienergyDetectorType NominalMaxEnergy NominalMinEnergy MultienergyCTPathSequence
        ReferencedXRayDetectorIndex MultienergyCTPathIndex MultienergyCTProcessingSequence
        DecompositionMethod DecompositionMaterialSequence MaterialCodeSequence
        MaterialAttenuationSequence PhotonEnergy XRayMassAttenuationCoefficient
        MultienergyCTCharacteristicsSequence MonoenergeticEnergyEquivalent
        CTAcquisitionTypeSequence AcquisitionType TubeAngle ConstantVolumeFlag FluoroscopyFlag
        CTTableDynamicsSequence CTReconstructionSequence ReconstructionAlgorithm
        ConvolutionKernelGroup ReconstructionFieldOfView ReconstructionAngle
        ReconstructionPixelSpacing CTPositionSequence TablePosition CTImageFrameTypeSequence
    """,
    "MR": """
        ScanningSequence SequenceVariant MRAcquisitionType SequenceName AngioFlag RepetitionTime
        EchoTime InversionTime NumberOfAverages ImagingFrequency ImagedNucleus EchoNumbers
        MagneticFieldStrength NumberOfPhaseEncodingSteps EchoTrainLength PercentSampling
        PercentPhaseFieldOfView PixelBandwidth ReceiveCoilName TransmitCoilName
        AcquisitionMatrix InPlanePhaseEncodingDirection FlipAngle VariableFlipAngleFlag SAR dBdt
        B1rms ComplexImageComponent AcquisitionContrast KSpaceFiltering ResonantNucleus
        ApplicableSafetyStandardAgency FunctionalSettlingPhaseFramesPresent PulseSequenceName
        EchoPulseSequence MultipleSpinEcho MultiPlanarExcitation PhaseContrast
        TimeOfFlightContrast SteadyStatePulseSequence EchoPlanarPulseSequence SaturationRecovery
        SpectrallySelectedSuppression OversamplingPhase GeometryOfKSpaceTraversal
        SegmentedKSpaceTraversal RectilinearPhaseEncodeReordering
        VelocityEncodingAcquisitionSequence VelocityEncodingDirection NumberOfKSpaceTrajectories
        CoverageOfKSpace ArterialSpinLabelingContrast MRImagingModifierSequence
        TagAngleFirstAxis MagnetizationTransfer BloodSignalNulling Tagging
        TagSpacingFirstDimension TagThickness TransmitterFrequency TaggingDelay
        TagSpacingSecondDimension TagAngleSecondAxis MRReceiveCoilSequence ReceiveCoilType
        QuadratureReceiveCoil MultiCoilDefinitionSequence MultiCoilElementUsed
        MRTransmitCoilSequence TransmitCoilType MRSpatialSaturationSequence SlabThickness
        SlabOrientation MidSlabPosition MRTimingAndRelatedParametersSequence
        OperatingModeSequence OperatingModeType OperatingMode GradientOutputType GradientOutput
        SpecificAbsorptionRateSequence SpecificAbsorptionRateDefinition
        SpecificAbsorptionRateValue RFEchoTrainLength GradientEchoTrainLength MREchoSequence
        EffectiveEchoTime MRModifierSequence InversionRecovery FlowCompensation Spoiling
        T2Preparation SpectrallySelectedExcitation SpatialPresaturation PartialFourierDirection
        ParallelReductionFactorInPlane ParallelAcquisition ParallelAcquisitionTechnique
        InversionTimes PartialFourier ParallelReductionFactorOutOfPlane
        ParallelReductionFactorSecondInPlane FlowCompensationDirection MRDiffusionSequence
        DiffusionDirectionality DiffusionGradientDirectionSequence DiffusionGradientOrientation
        DiffusionBValue DiffusionAnisotropyType DiffusionBMatrixSequence DiffusionBValueXX
        DiffusionBValueXY DiffusionBValueXZ DiffusionBValueYY DiffusionBValueYZ
        DiffusionBValueZZ MRAveragesSequence MRFOVGeometrySequence
        MRAcquisitionFrequencyEncodingSteps MRAcquisitionPhaseEncodingStepsInPlane
        MRAcquisitionPhaseEncodingStepsOutOfPlane MRMetaboliteMapSequence
        MetaboliteMapCodeSequence ChemicalShiftSequence
        ChemicalShiftMinimumIntegrationLimitInppm ChemicalShiftMaximumIntegrationLimitInppm
        MRVelocityEncodingSequence VelocityEncodingMinimumValue VelocityEncodingMaximumValue
        MRImageFrameTypeSequence MRArterialSpinLabelingSequence ASLContext ASLCrusherFlag
        ASLCrusherFlowLimit ASLBolusCutoffFlag ASLBolusCutoffTimingSequence
        ASLBolusCutoffDelayTime ASLSlabSequence ASLSlabNumber ASLSlabThickness
        ASLSlabOrientation ASLMidSlabPosition ASLPulseTrainDuration FunctionalMRSequence
        SettlingPhaseFrame
    """,
    "nuclear medicine and PET": """
        EnergyWindowVector NumberOfEnergyWindows DetectorVector NumberOfDetectors PhaseVector
        NumberOfPhases RotationVector NumberOfRotations RRIntervalVector NumberOfRRIntervals
        TimeSlotVector NumberOfTimeSlots SliceVector NumberOfSlices AngularViewVector
        TimeSliceVector CountsAccumulated AcquisitionTerminationCondition TableTraverse
        CountRate ScanVelocity WholeBodyTechnique ScanLength CorrectedImage
        ScanProgressionDirection EnergyWindowInformationSequence EnergyWindowRangeSequence
        EnergyWindowLowerLimit EnergyWindowUpperLimit RadiopharmaceuticalInformationSequence
        Radiopharmaceutical RadiopharmaceuticalVolume RadionuclideTotalDose
        RadionuclideCodeSequence RadiopharmaceuticalCodeSequence EnergyWindowNumber
        DetectorInformationSequence RadialPosition CenterOfRotationOffset CollimatorType
        FocalDistance XFocusCenter YFocusCenter ZoomFactor ZoomCenter StartAngle
        RotationInformationSequence ScanArc AngularStep NumberOfFramesInRotation
        TypeOfDetectorMotion GatedInformationSequence DataInformationSequence
        TimeSlotInformationSequence TimeSlotTime PhaseInformationSequence NumberOfFramesInPhase
        PhaseDelay PauseBetweenFrames PhaseDescription TriggerVector NumberOfTriggersInPhase
        AcquisitionStartCondition AcquisitionStartConditionData
        AcquisitionTerminationConditionData GantryDetectorSlew NumberOfTimeSlices SeriesType
        CountsSource ReprojectionMethod SUVType RandomsCorrectionMethod
        AttenuationCorrectionMethod DecayCorrection ReconstructionMethod ScatterCorrectionMethod
        AxialAcceptance AxialMash TransverseMash DetectorElementSize CoincidenceWindowWidth
        SecondaryCountsType RadionuclideHalfLife RadionuclidePositronFraction
        RadiopharmaceuticalSpecificActivity PrimaryPromptsCountsAccumulated
        SecondaryCountsAccumulated SliceSensitivityFactor DecayFactor DoseCalibrationFactor
        ScatterFractionFactor DeadTimeFactor StartDensityThreshold
        StartRelativeDensityDifferenceThreshold StartCardiacTriggerCountThreshold
        StartRespiratoryTriggerCountThreshold TerminationCountsThreshold
        TerminationDensityThreshold TerminationRelativeDensityThreshold TerminationTimeThreshold
        TerminationCardiacTriggerCountThreshold TerminationRespiratoryTriggerCountThreshold
        DetectorGeometry TransverseDetectorSeparation AxialDetectorDimension
        TimeOfFlightInformationUsed RadiopharmaceuticalAgentNumber AttenuationCorrectionSource
        DecayCorrected AttenuationCorrected ScatterCorrected DeadTimeCorrected
        GantryMotionCorrected PatientMotionCorrected CountLossNormalizationCorrected
        RandomsCorrected NonUniformRadialSamplingCorrected SensitivityCalibrated
        DetectorNormalizationCorrection AttenuationCorrectionTemporalRelationship
        PETFrameAcquisitionSequence PETDetectorMotionDetailsSequence PETTableDynamicsSequence
        PETPositionSequence PETFrameCorrectionFactorsSequence RadiopharmaceuticalUsageSequence
        PETReconstructionSequence NumberOfIterations NumberOfSubsets ReconstructionType
        IterativeReconstructionMethod PETFrameTypeSequence
    """,
    "ultrasound": """
        SequenceOfUltrasoundRegions RegionSpatialFormat RegionDataType RegionFlags
        RegionLocationMinX0 RegionLocationMinY0 RegionLocationMaxX1 RegionLocationMaxY1
        ReferencePixelX0 ReferencePixelY0 PhysicalUnitsXDirection PhysicalUnitsYDirection
        ReferencePixelPhysicalValueX ReferencePixelPhysicalValueY PhysicalDeltaX PhysicalDeltaY
        TransducerFrequency PulseRepetitionFrequency DopplerCorrectionAngle SteeringAngle
        DopplerSampleVolumeXPosition DopplerSampleVolumeYPosition TMLinePositionX0
        TMLinePositionY0 TMLinePositionX1 TMLinePositionY1 PixelComponentOrganization
        PixelComponentMask PixelComponentRangeStart PixelComponentRangeStop
        PixelComponentPhysicalUnits PixelComponentDataType NumberOfTableBreakPoints
        TableOfXBreakPoints TableOfYBreakPoints NumberOfTableEntries TableOfPixelValues
        TableOfParameterValues PixelValueMappingCodeSequence StageNumber NumberOfStages
        ViewNumber NumberOfViewsInStage IVUSAcquisition IVUSPullbackRate IVUSGatedRate
        IVUSPullbackStartFrameNumber IVUSPullbackStopFrameNumber OutputPower FocusDepth
        MechanicalIndex BoneThermalIndex CranialThermalIndex SoftTissueThermalIndex
        SoftTissueFocusThermalIndex SoftTissueSurfaceThermalIndex DepthOfScanField
        TransducerType RWaveTimeVector UltrasoundColorDataPresent StageCodeSequence
        DepthsOfFocus TransducerScanPatternCodeSequence PositionMeasuringDeviceUsed
        TransducerGeometryCodeSequence TransducerBeamSteeringCodeSequence
        TransducerApplicationCodeSequence USImageDescriptionSequence ImageDataTypeSequence
        DataType AliasedDataType ZeroVelocityPixelValue
    """,
    "radiotherapy: portal images and dose": """
        ReportedValuesOrigin RTImagePlane XRayImageReceptorTranslation XRayImageReceptorAngle
        RTImageOrientation ImagePlanePixelSpacing RTImagePosition RadiationMachineSAD
        RadiationMachineSSD RTImageSID SourceToReferenceObjectDistance ExposureSequence
        MetersetExposure DiaphragmPosition PrimaryDosimeterUnit GantryAngle
        BeamLimitingDeviceAngle PatientSupportAngle TableTopPitchAngle TableTopRollAngle
        GantryPitchAngle TableTopEccentricAxisDistance TableTopEccentricAngle
        BeamLimitingDeviceSequence RTBeamLimitingDeviceType SourceToBeamLimitingDeviceDistance
        NumberOfLeafJawPairs LeafPositionBoundaries LeafJawPositions NumberOfBlocks FluenceMode
        PrimaryFluenceModeSequence DoseUnits DoseType SpatialTransformOfDose NormalizationPoint
        DoseSummationType DoseGridScaling TissueHeterogeneityCorrection ReferencedRTPlanSequence
        ReferencedFractionGroupSequence ReferencedFractionGroupNumber ReferencedBeamSequence
        ReferencedBeamNumber
    """,
    "optical coherence tomography and other optics": """
        EmmetropicMagnification HorizontalFieldOfView AcquisitionDeviceTypeCodeSequence
        LightPathFilterTypeStackCodeSequence LightPathFilterPassThroughWavelength
        LightPathFilterPassBand DepthSpatialResolution MaximumDepthDistortion
        AlongScanSpatialResolution MaximumAlongScanDistortion AcrossScanSpatialResolution
        MaximumAcrossScanDistortion IlluminationWaveLength IlluminationPower
        IlluminationBandwidth ScanPatternTypeCodeSequence OphthalmicVolumetricPropertiesFlag
        OphthalmicFrameLocationSequence ReferenceCoordinates OphthalmicImageOrientation
        DepthOfTransverseImage RelativeImagePositionCodeSequence
        OphthalmicAnatomicReferencePointXCoordinate OphthalmicAnatomicReferencePointYCoordinate
        ImagePathFilterPassThroughWavelength ImagePathFilterPassBand
        IlluminationTypeCodeSequence ImagePathFilterTypeStackCodeSequence LensesCodeSequence
        ChannelDescriptionCodeSequence CameraAngleOfView OCTFocalDistance BeamSpotSize
        EffectiveRefractiveIndex OCTAcquisitionDomain OCTOpticalCenterWavelength AxialResolution
        RangingDepth ALineRate ALinesPerFrame ALinePixelSpacing OCTZOffsetApplied
        FirstALineLocation RefractiveIndexApplied CatheterRotationalRate
        CatheterDirectionOfRotation IntravascularOCTFrameTypeSequence
        IntravascularFrameContentSequence IntravascularLongitudinalDistance SeamLineLocation
        IntravascularOCTFrameContentSequence OCTZOffsetCorrection SeamLineIndex
        NumberOfPaddedALines TotalPixelMatrixColumns TotalPixelMatrixRows ImagedVolumeWidth
        ImagedVolumeHeight ImagedVolumeDepth ObjectiveLensPower ObjectiveLensNumericalAperture
        IlluminationColorCodeSequence DigitizingDeviceTransportDirection RotationOfScannedFilm
        Illumination ReflectedAmbientLight
    """,
}
