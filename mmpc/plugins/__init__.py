"""Where other libraries meet this codec: zarr, numcodecs and imageio, each imported by itself."""
