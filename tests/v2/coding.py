"""Version 2's codec by keywords, without the search for a target and with opaque metadata."""

from mmpc.request import Request, check_image
from mmpc.v2 import codec


def compress(image, *, step=None, metadata=b"", progress=None, n_stripes=None, **options):
    """Return the stream; the options are those of `mmpc.compress`."""
    request = Request.from_keywords(quality=step, **options)
    return codec.compress(check_image(image, 3), request, metadata, progress, n_stripes)
