"""``imageio.v3`` reads and writes ``.mmpc``, once this module is imported."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from imageio.config import extension_list, known_extensions, known_plugins
from imageio.config.extensions import FileExtension
from imageio.config.plugins import PluginConfig
from imageio.core.request import RETURN_BYTES, InitializationError, IOMode, Request
from imageio.core.v3_plugin_api import ImageProperties, PluginV3

from mmpc.errors import StreamError
from mmpc.streams.compress import compress
from mmpc.streams.reading import MAGIC
from mmpc.streams.volume import open_volume


class MmpcPlugin(PluginV3):
    """A stream as a row of slices: ``index`` is the slice, ``...`` all of them.

    Without an index, an image is read as an image and a volume as a volume.
    """

    def __init__(self, request: Request, **_: Any):
        super().__init__(request)
        if request.mode.io_mode == IOMode.read:
            data = request.get_file().read()
            if not data.startswith(MAGIC):
                raise InitializationError("no MMPC stream")
            try:
                self._volume = open_volume(data)
            except StreamError as error:
                raise OSError(str(error)) from None

    def read(self, *, index: Any = None) -> np.ndarray:
        """Return one slice, or all."""
        if isinstance(index, int):
            return self._volume[index]
        whole = np.asarray(self._volume)
        return whole if index is Ellipsis or self._volume.info.n_slices else whole[0]

    def iter(self) -> Iterator[np.ndarray]:
        """Yield slice after slice."""
        return iter(self._volume)

    def write(self, ndimage: Any, **keywords: Any) -> bytes | None:
        """Write an image or a volume; keywords are those of :func:`mmpc.compress`."""
        data = compress(np.asarray(ndimage), **keywords)
        if self.request.raw_uri == RETURN_BYTES:
            return data
        self.request.get_file().write(data)
        return None

    def properties(self, index: Any = None) -> ImageProperties:
        """Return shape and dtype without decoding."""
        info = self._volume.info
        shapes = {None: info.shape, Ellipsis: self._volume.shape}
        shape = shapes.get(index, info.shape[-2:])
        return ImageProperties(shape=shape, dtype=info.dtype, is_batch=index is Ellipsis)

    def metadata(self, index: Any = None, exclude_applied: bool = True) -> dict[str, Any]:
        """Return what the stream says of itself."""
        return self._volume.info.to_dict()


def _register() -> None:
    known_plugins["MMPC"] = PluginConfig("MMPC", MmpcPlugin.__name__, __name__)
    extension = FileExtension(name="MMPC", extension=".mmpc", priority=["MMPC"])
    extension_list.append(extension)
    known_extensions[".mmpc"] = [extension]


_register()
