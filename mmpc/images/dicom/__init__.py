"""DICOM in and out: what the header says of the pixels, and what of it travels with them."""
