"""Which values may tell who the patient is: by the standard's table, by VR and by group.

Said a second time, and in another way, than in the code that the tests judge by it.
"""

from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from pydicom._dicom_dict import DicomDictionary

DATABASE = dicom_anonymization_database_selector("dicomfields_2026c")
NAMED = {(tag[0] << 16) + tag[1] for tag in DATABASE["ALL_TAGS"] if len(tag) == 2}

TEXT = ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT")
BYTES = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")

# Numbers, codes and sequences identify nobody; names, times and free text may. Of text,
# what a scanner writes by itself, and the names of units and tables, may pass.
HARMLESS_VRS = ("CS", "DS", "IS", "FD", "FL", "US", "SS", "UL", "SL", "UV", "SV", "AT")
HARMLESS_TEXT = """
    Manufacturer ManufacturerModelName SoftwareVersions DetectorManufacturerName
    DetectorManufacturerModelName ConvolutionKernel RescaleType ModalityLUTType LUTExplanation
    WindowCenterWidthExplanation SequenceName PulseSequenceName ImagedNucleus ReceiveCoilName
    TransmitCoilName Radiopharmaceutical AttenuationCorrectionMethod ReconstructionMethod
    ScatterCorrectionMethod FilterType OutputPower
"""
HARMLESS_BYTES = """
    LUTData GrayLookupTableData RedPaletteColorLookupTableData GreenPaletteColorLookupTableData
    BluePaletteColorLookupTableData
"""

# Acquisition, geometry, pixels: no patient, study request, visit, workflow, print or plan.
IMAGE_GROUPS = (
    *(0x0008, 0x0018, 0x0020, 0x0022, 0x0028, 0x0048, 0x0052, 0x0054, 0x0060, 0x3002, 0x3004),
)
# In other groups: what values and doses are (0040); where gantry, table and leaves stood (300A).
IMAGE_NUMBERS_ELSEWHERE = """
    AnatomicalOrientationType CalibrationImage Illumination ReflectedAmbientLight
    PresentationLUTShape ReferencedBeamNumber ReferencedFractionGroupNumber
    RealWorldValueFirstValueMapped RealWorldValueLastValueMapped RealWorldValueLUTData
    DoubleFloatRealWorldValueFirstValueMapped DoubleFloatRealWorldValueLastValueMapped
    RealWorldValueIntercept RealWorldValueSlope ValueType NumericValue FloatingPointValue
    RationalNumeratorValue RationalDenominatorValue EntranceDose EntranceDoseInmGy
    EntranceDoseDerivation ExposedArea DistanceSourceToEntrance HalfValueLayer OrganDose
    OrganExposed XRayOutput
    GantryAngle GantryPitchAngle BeamLimitingDeviceAngle PatientSupportAngle IsocenterPosition
    RTBeamLimitingDeviceType SourceToBeamLimitingDeviceDistance NumberOfLeafJawPairs
    LeafPositionBoundaries LeafJawPositions NumberOfBlocks PrimaryDosimeterUnit
    TableTopVerticalPosition TableTopLongitudinalPosition TableTopLateralPosition
    TableTopPitchAngle TableTopRollAngle TableTopEccentricAngle TableTopEccentricAxisDistance
"""


def identifies(tag, vr: str) -> bool:
    """Tell by the table, the VR and the element's group whether a value must not pass."""
    if tag not in DicomDictionary or tag in NAMED:
        return True  # private, a repeating group, unknown; or named by the standard
    dictionary_vr, keyword = DicomDictionary[tag][0], DicomDictionary[tag][4]
    if keyword in HARMLESS_TEXT.split():
        return vr not in TEXT
    if vr not in dictionary_vr.split(" or "):
        return True
    if vr in HARMLESS_VRS:
        return not (tag >> 16 in IMAGE_GROUPS or keyword in IMAGE_NUMBERS_ELSEWHERE.split())
    return keyword not in HARMLESS_BYTES.split()
