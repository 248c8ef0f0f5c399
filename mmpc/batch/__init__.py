"""Many files: ``inputs`` says which, ``scheduler`` who does the work, ``tables`` keeps the rows,
``runs`` goes on where a run was broken off, ``provenance`` tells by what code and machine.
"""
