"""Tokens: values of every VR, each unlike all others, and where each was put."""

import datetime
from collections import Counter
from dataclasses import dataclass, field

from pydicom._dicom_dict import DicomDictionary

from tests.images.identifying import BYTES, TEXT, identifies

ONE_VALUE = ("LT", "ST", "UT", "UR", *BYTES)


@dataclass
class Plant:
    """One token: where it is, and how it shows in the JSON of a stream."""

    needle: str | float
    tag: int
    vr: str
    place: str

    @property
    def identifies(self) -> bool:
        return identifies(self.tag, self.vr)

    def __str__(self):
        name = DicomDictionary[self.tag][4] if self.tag in DicomDictionary else "unknown"
        return f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X}) {name} {self.vr} {self.place}"


@dataclass
class Planter:
    """Makes tokens and remembers where each was put."""

    plants: list[Plant] = field(default_factory=list)
    used: Counter = field(default_factory=Counter)

    def add(self, dataset, tag, vr: str, place: str, n_values: int = 1) -> None:
        """Add an element whose every value is a token."""
        n_values = 1 if vr in ONE_VALUE else n_values
        values = []
        for position in range(n_values):
            value, needle = self._token(vr)
            values.append(value)
            later = " (later value)" if position else ""
            self.plants.append(Plant(needle, int(tag), vr, place + later))
        dataset.add_new(tag, vr, values if n_values > 1 else values[0])

    def _token(self, vr: str):
        """Return a value that this VR can hold, unlike all others, and what to search for."""
        n = len(self.plants)
        word = f"TOK{n:06d}"
        if vr in ("AE", "CS"):
            return word, word
        if vr in TEXT:
            return f"Mrs {word}", word
        if vr in BYTES:
            return word.encode() * 8, word
        if vr == "UR":
            return f"https://{word}", word
        if vr == "UI":
            return f"1.2.826.9.{n}", f"1.2.826.9.{n}"
        day = (datetime.date(1000, 1, 1) + datetime.timedelta(n)).strftime("%Y%m%d")
        clock = f"{n % 24:02d}0102.{n % 10**6:06d}"
        if vr in ("DA", "TM", "DT"):
            text = {"DA": day, "TM": clock, "DT": day + clock}[vr]
            return text, text
        kind = "DS" if vr in ("FD", "FL") else vr
        self.used[kind] += 1
        count = self.used[kind]
        if vr == "AS":
            return f"{count:03d}W", f"{count:03d}W"
        if vr == "AT":
            return 0x7E000000 + count, f"{0x7E000000 + count:08X}"
        number = {"US": 33000, "SS": 20000, "DS": 2**21 + 0.5}.get(kind, 10**7 + n) + (
            count if kind in ("US", "SS", "DS") else 0
        )
        assert number < {"US": 2**16, "SS": 2**15}.get(vr, 2**31)
        return str(number) if vr in ("DS", "IS") else number, number
