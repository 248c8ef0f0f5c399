"""Find the quantization step for a goal; knows no codec, only what it calls."""
