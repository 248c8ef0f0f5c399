"""Many files: which ones, on which machines, into which tables, made by which code."""
