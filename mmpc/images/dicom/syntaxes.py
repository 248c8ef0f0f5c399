"""Transfer syntaxes by their UID (PS3.6 Table A-1): which we read, which we write, which lose."""

NATIVE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
RLE = "1.2.840.10008.1.2.5"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_2000 = "1.2.840.10008.1.2.4.91"

GDCM_SYNTAXES = {f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70, 80, 81)}
JPEG_2000_SYNTAXES = {f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 201, 202, 203)}

# Lossy ones, with the term of LossyImageCompressionMethod (PS3.3 C.7.6.1.1.5).
LOSSY_SYNTAXES = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    JPEG_EXTENDED: "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
    JPEG_2000: "ISO_15444_1",
    "1.2.840.10008.1.2.4.203": "ISO_15444_15",
}

# Of DICOM output; the first is not packed, the others are packed without loss.
WRITTEN_SYNTAXES = {
    "explicit": NATIVE,
    "rle": RLE,
    "jpeg-ls": "1.2.840.10008.1.2.4.80",
    "jpeg-2000": "1.2.840.10008.1.2.4.90",
}
TRANSFER_SYNTAXES = tuple(WRITTEN_SYNTAXES)
