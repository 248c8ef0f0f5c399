"""One class per way an image, a file or a stream can be wrong.

Everything this package raises on purpose derives from :class:`MmpcError`, so a
caller needs one ``except`` clause, and the tools turn any of them into one line
and exit code 1. Three families say who has to act: the caller of the encoder
(:class:`EncoderError`), the owner of the stream (:class:`StreamError`), and the
owner of the file around it (:class:`FileError`).
"""

from collections.abc import Iterator
from contextlib import contextmanager


class MmpcError(Exception):
    """Base of all errors of this package."""


class EncoderError(MmpcError):
    """The request to compress cannot be met."""


class UnsupportedImageError(EncoderError):
    """The array is not a 2-D integer image of 8 or 16 bits within the size limits."""


class InvalidParameterError(EncoderError):
    """A parameter is outside its legal range, or two of them exclude each other."""


class StepTooSmallError(EncoderError):
    """The quantization step makes coefficients that do not fit into int16."""


class TargetUnreachableError(EncoderError):
    """No quantization step meets the requested rate or error."""


class NoNoiseError(EncoderError):
    """The image has no noise of which an error could be a share."""


class StreamError(MmpcError):
    """The bytes are not a stream that can be decoded."""


class NotMmpcError(StreamError):
    """The bytes do not start with the MMPC magic."""


class UnsupportedVersionError(StreamError):
    """The version byte names a bitstream that this package does not know."""


class IllegalHeaderError(StreamError):
    """A header field has a value outside its legal range."""


class TruncatedStreamError(StreamError):
    """The stream ends before the bytes that its header promises."""


class CorruptPayloadError(StreamError):
    """The compressed payload cannot be unpacked."""


class PayloadLengthError(StreamError):
    """The payload unpacks to a length that does not fit the image size."""


class IllegalTrailerError(StreamError):
    """A trailer is present, but one of its fields is not legal."""


class ChecksumError(StreamError):
    """The checksum does not match: the stream was damaged after it was written."""


class SamplesChecksumError(StreamError):
    """The stream is whole, but the decoded samples are not those that its encoder saw."""


class MetadataError(MmpcError):
    """The metadata block is not legal, or the metadata cannot be stored."""


class MissingPackageError(MmpcError):
    """What was asked for needs a Python package that is not installed."""


class FileError(MmpcError):
    """A file cannot be read or written."""


class UnreadableFileError(FileError):
    """The file does not exist, is damaged, or is of no supported format."""


class UnsupportedPixelsError(FileError):
    """The file was read, but its pixels are not a monochrome integer image."""


class UnwritableImageError(FileError):
    """The array does not fit into the requested output format."""


class ProtectedFileError(FileError):
    """Writing would destroy a file that must be kept, such as the input."""


@contextmanager
def about(name: str) -> Iterator[None]:
    """Let an error of a stream that is raised inside begin with the name of its file."""
    try:
        yield
    except (StreamError, MetadataError) as error:
        raise type(error)(f"{name}: {error}") from None
