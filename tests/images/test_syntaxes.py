"""The transfer syntaxes by their names in pydicom's dictionary."""

from pydicom import uid

from mmpc.images.dicom import syntaxes


def test_what_gdcm_and_openjpeg_decode():
    assert set(syntaxes.GDCM_SYNTAXES) == {
        *(uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1),
        *(uid.JPEGLSLossless, uid.JPEGLSNearLossless),
    }
    assert set(syntaxes.JPEG_2000_SYNTAXES) == {
        *(uid.JPEG2000Lossless, uid.JPEG2000),
        *(uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K),
    }


def test_which_lose_something():
    assert set(syntaxes.LOSSY_SYNTAXES) == {
        *(uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLSNearLossless),
        *(uid.JPEG2000, uid.HTJ2K),
    }
    written = set(syntaxes.WRITTEN_SYNTAXES.values())
    assert not written & set(syntaxes.LOSSY_SYNTAXES)
    assert written == {
        *(uid.ExplicitVRLittleEndian, uid.RLELossless, uid.JPEGLSLossless, uid.JPEG2000Lossless)
    }
