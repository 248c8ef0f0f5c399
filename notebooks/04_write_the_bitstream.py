# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4. Write the bitstream
#
# A codec's true product is a row of bytes that somebody else can read: on another machine, in
# another language, in ten years. The bytes are a contract. This lesson writes one by hand.
#
# **What you'll do.** Write and read a complete file of a few dozen bytes without the package,
# then damage it in every way.
#
# **What you'll learn.** Header fields, byte order, hex dumps, checksums, and how a decoder should
# treat what it cannot trust.
#
# **What you'll need.** Lessons 1 to 3, Python's `struct` (explained as we go), and about 30
# minutes.

# %%
import struct
import zlib

import matplotlib.pyplot as plt
import numpy as np

import mmpc
from mmpc.explore.body import measured
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.scoreboard import as_codec, score, show_scoreboard
from mmpc.images import sample
from mmpc.v1.bitstream import HEADER_BYTES, Header
from mmpc.v1.dct import dct_matrix

# %% [markdown]
# ## 1. Seventeen bytes
#
# The report's header has seven fields after the magic word. `struct` turns numbers into bytes;
# its format string lists the fields: `4s` four characters, `B` one byte, `H` two bytes, `I` four
# bytes, and the `>` in front says *big-endian*: the most significant byte comes first.

# %%
layout = ">4sBHHBBHI"
header = struct.pack(layout, b"MMPC", 1, 512, 512, 16, 8, 30, 40_000)
print(f"{struct.calcsize(layout)} bytes: {header.hex(' ')}")
print(f"the same as mmpc: {header == Header(512, 512, 16, 30, 40_000).to_bytes()}")

fields = (
    ("Magic", 4),
    ("Version", 1),
    ("Width", 2),
    ("Height", 2),
    ("Bitdepth", 1),
    ("BlockSize", 1),
    ("QuantStep", 2),
    ("PayloadLen", 4),
)
position = 0
print("offset  field       bytes         value")
for name, length in fields:
    raw = header[position : position + length]
    value = raw.decode() if name == "Magic" else int.from_bytes(raw, "big")
    print(f"{position:6}  {name:10}  {raw.hex(' '):12}  {value}")
    position += length

# %% [markdown]
# ## 2. Write a file by hand
#
# The smallest interesting image: one block of 8 by 8, all 100, with eight bits. From lesson 1 we
# know its only coefficient, 800. At quality 10 its level is 80.

# %%
tiny = np.full((8, 8), 100, np.uint8)
levels = np.zeros((8, 8), "<i2")
levels[0, 0] = 80
level_bytes = levels.tobytes()
print(f"{len(level_bytes)} bytes of levels, beginning with {level_bytes[:4].hex(' ')}")

# %% [markdown]
# In hexadecimal 80 is `50`. So the bytes are one `50` and 127 times `00`, and run-length coding
# makes two pairs:

# %%
pairs = bytes([1, 0x50, 127, 0x00])
payload = zlib.compress(pairs)
by_hand = struct.pack(layout, b"MMPC", 1, 8, 8, 8, 8, 10, len(payload)) + payload
print(f"pairs: {pairs.hex(' ')}, payload: {len(payload)} bytes, file: {len(by_hand)} bytes")
exact = mmpc.compress(tiny, bitstream=1, quality=10, report_exact=True)
print(f"the same as mmpc.compress: {by_hand == exact}")


# %%
def hex_dump(data, width=16):
    """Print bytes as offset, hexadecimal numbers and readable characters."""
    for start in range(0, len(data), width):
        line = data[start : start + width]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)
        print(f"{start:04x}  {line.hex(' '):{3 * width}} {text}")


hex_dump(by_hand)

# %% [markdown]
# Find the fields of step 1 in the dump. The payload starts at offset 11 (hexadecimal, that is 17)
# with `78 9c`, the mark of zlib. `FORMAT.md` in the project's root describes all of this, byte by
# byte.
#
# ## 3. Read it by hand
#
# Now backwards, each line undoing one line of the encoder.

# %%
magic, version, width, height, depth, block_size, step, length = struct.unpack_from(layout, by_hand)
print(f"{magic} {version}: {width} x {height}, {depth} bits, step {step}, {length} bytes follow")
unpacked = zlib.decompress(by_hand[17 : 17 + length])
run_lengths, values = unpacked[0::2], unpacked[1::2]
expanded = b"".join(bytes([value]) * run for run, value in zip(run_lengths, values, strict=True))
coefficients = np.frombuffer(expanded, "<i2").reshape(8, 8) * float(step)
M = dct_matrix(8)
samples = np.rint(M.T @ coefficients @ M)
decoded = np.clip(samples, 0, 2**depth - 1).astype(np.uint8)
print(f"decoded by hand: all {decoded.min()} to {decoded.max()}")
print(f"the same as mmpc.decompress: {np.array_equal(decoded, mmpc.decompress(by_hand))}")

# %% [markdown]
# ## 4. What the header cannot say
#
# There is no sign in it, and no checksum. Much of CT is signed (lesson 0). Our encoder therefore
# subtracts the smallest value first and writes a **trailer** behind the payload, with the type of
# the samples, the offset, optional metadata and a checksum. A decoder that knows only the report's
# format stops at the end of the payload and never sees it. (`report_exact=True` above left it out.)

# %%
pixels = sample("head_ct").pixels
stream = mmpc.compress(pixels, bitstream=1, quality=30)
info = mmpc.read_header(stream)
trailer = stream[HEADER_BYTES + info.payload_bytes :]
print(f"header {HEADER_BYTES} bytes, trailer {len(trailer)} bytes")
print(f"payload: {100 * info.payload_bytes / len(stream):.2f} % of the file")
print("trailer without its checksum:")
hex_dump(trailer[:-4])
trailer_magic, type_code, stored_offset, metadata_bytes = struct.unpack_from(">4sBiI", trailer)
print(
    f"{trailer_magic}: type {type_code} (int16), offset {stored_offset}, "
    f"metadata {metadata_bytes} bytes"
)

# %% [markdown]
# ## 5. Damage
#
# Files are cut short by full disks, changed by bad cables, and forged by bad people. Whatever
# comes, a decoder should answer with an image of the stated size or with a clear refusal. It
# should never crash, never hang, and never take a gigabyte of memory because seventeen bytes say
# so.


# %%
def changed(data, position, new):
    """Return a copy with some bytes replaced."""
    return data[:position] + new + data[position + len(new) :]


def verdict(data):
    """Say what the decoder makes of some bytes."""
    try:
        image = mmpc.decompress(data)
    except mmpc.MmpcError as error:
        return type(error).__name__
    return "decoded without complaint" + ("" if np.array_equal(image, tiny) else ", WRONG PIXELS")


cases = {
    "as written": by_hand,
    "empty": b"",
    "a PNG file": b"\x89PNG\r\n\x1a\n",
    "cut inside the header": by_hand[:10],
    "cut inside the payload": by_hand[:-3],
    "version 9": changed(by_hand, 4, b"\x09"),
    "width 0": changed(by_hand, 5, b"\x00\x00"),
    "12 bits": changed(by_hand, 9, b"\x0c"),
    "block size 16": changed(by_hand, 10, b"\x10"),
    "step 0": changed(by_hand, 11, b"\x00\x00"),
    "payload of 4 GB promised": changed(by_hand, 13, b"\xff\xff\xff\xff"),
    "65535 x 65535 pixels promised": changed(by_hand, 5, b"\xff\xff\xff\xff"),
    "one payload bit flipped": changed(by_hand, 20, bytes([by_hand[20] ^ 4])),
    "step 10 became step 11": changed(by_hand, 12, b"\x0b"),
    "bytes behind the end": by_hand + b"hello",
}
for name, data in cases.items():
    print(f"{name:30} {verdict(data)}")

# %% [markdown]
# Every damage but one is caught. The one is worth a second look: a header with step 11 is a
# perfectly legal header. The image comes back in the right size and 10 % too bright, and nobody
# notices.
#
# How often does that happen? Flip every single bit of the file, one after the other. Then do the
# same with the *signed* version of the image, whose trailer has a checksum over everything.

# %%
signed = np.full((8, 8), 100, np.int8)
files = {
    "plain file, no checksum": by_hand,
    "with trailer and checksum": mmpc.compress(signed, bitstream=1, quality=10),
}
figure, axes = plt.subplots(figsize=(8, 2.4), layout="constrained")
for row, (name, data) in enumerate(files.items()):
    outcomes = []
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << (bit % 8)
        outcomes.append(verdict(bytes(flipped)))
    refused = sum(not outcome.startswith("decoded") for outcome in outcomes)
    wrong = sum("WRONG" in outcome for outcome in outcomes)
    harmless = len(outcomes) - refused - wrong
    print(
        f"{name}: of {len(outcomes)} flips "
        f"{refused} refused, {wrong} wrong pixels, {harmless} harmless"
    )
    left = 0
    for count, colour, label in (
        (refused, "0.75", "refused"),
        (wrong, "tab:red", "wrong pixels, no warning"),
        (harmless, "tab:green", "harmless"),
    ):
        share = 100 * count / len(outcomes)
        axes.barh(row, share, left=left, color=colour, label=label if row == 0 else None)
        left += share
axes.set(yticks=range(len(files)), yticklabels=files, xlabel="single-bit errors, %", xlim=(0, 100))
axes.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
plt.show()

# %% [markdown]
# zlib's own checksum guards the payload, and of the report's header only what is illegal is
# noticed: the wrong ones are the bits of the step, all of which are legal. (The harmless bits fill
# up the last byte of the packed data.) With four bytes
# of CRC-32 over the whole file nothing slips through. A single wrong bit is always found by a
# CRC; that is a theorem, not luck.
#
# ## 6. Almost right, and fatally wrong
#
# Leave out the `>`.

# %%
native_layout = "4sBHHBBHI"
native = struct.pack(native_layout, b"MMPC", 1, 8, 8, 8, 8, 10, len(payload)) + payload
print(f"reads back here: {struct.unpack_from(native_layout, native)[2:4]}")
print(f"header of {struct.calcsize(native_layout)} bytes instead of {struct.calcsize(layout)}")
hex_dump(native)
print(f"verdict of a decoder that follows the contract: {verdict(native)}")

# %% [markdown]
# Without `>`, `<` or `=`, Python takes the byte order of *this* machine and puts each field at a
# multiple of its own size, as its C compiler would (*natural alignment*): the width moves from
# offset 5 to 6, and two bytes are lost before the payload's length. Writer and reader agree as
# long as both run here, so every round-trip test is green, and no one else can read the file. A
# format is tested with *bytes written by somebody else*: by hand, as above, or kept from an
# earlier release.

# %% tags=["claims"]
verdicts = {name: verdict(data) for name, data in cases.items()}
unnoticed = {name for name, said in verdicts.items() if said.startswith("decoded")}
claims(
    {
        "one damage is not noticed": unnoticed == {"as written", "step 10 became step 11"},
        "it is 10 % too bright": mmpc.decompress(cases["step 10 became step 11"]).max() == 110,
        "with the checksum nothing slips through": refused == len(outcomes),
        "the width moves to offset 6, two more bytes are lost": struct.calcsize("4sBH") == 8
        and struct.calcsize("4sBHHBBHI") - struct.calcsize("4sBHHBBH") == 4 + 2,
    }
)

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** A file starts with these bytes. How many pixels does its image have?

# %%
mystery = bytes.fromhex("4d 4d 50 43 01 03 43 01 6f 10 08 00 0a 00 01 06 0e")

# %% tags=["exercise-1"]
mystery_pixels = ...

# %%
check(1, mystery_pixels, "a960c080607c", hint="width is at offset 5, height at 7, big-endian")

# %% [markdown]
# **Exercise 2.** How long is the trailer of a file with 100 bytes of packed metadata?

# %% tags=["exercise-2"]
trailer_bytes = ...

# %%
check(2, trailer_bytes, "d53d299297db", hint="magic, type, offset, length, metadata, checksum")

# %% [markdown]
# **Exercise 3.** Write a function that makes a complete file, without calling `mmpc.compress`: an
# 8-bit image of 8 by 8 pixels, all of one value that is a multiple of 10, at quality 10.


# %% tags=["exercise-3"]
def flat_file(value):
    """Return the bytes of a file that decodes to 8 x 8 pixels of `value`."""
    return ...


# %%
check(
    3,
    flat_file,
    {
        "it is a file of 17 bytes and more": lambda f: len(f(100)) > 17,
        "the header says 8 x 8": lambda f: mmpc.read_header(f(100)).shape == (8, 8),
        "100 decodes to 100": lambda f: (mmpc.decompress(f(100)) == 100).all(),
        "0 decodes to 0": lambda f: (mmpc.decompress(f(0)) == 0).all(),
        "250 decodes to 250": lambda f: (mmpc.decompress(f(250)) == 250).all(),
    },
    hint="the level is 8 * value / 10; mind the level 0, whose byte joins the run of zeros",
)

# %% [markdown]
# **Exercise 4, your own codec.** From now on it makes *files*: the decoder gets bytes and nothing
# else. Write a header with all that it needs (height, width, smallest pixel, step), and put your
# codec of lesson 3 behind it. And lower the score: most levels fit into one byte, so write two only
# where it has to be, for example the value -128 for "see behind", and the large ones at the end.


# %% tags=["exercise-4"]
def my_compress(pixels, step):
    """Return the bytes of a file."""
    return ...


def my_decompress(data):
    """Return the pixels."""
    return ...


# %%
cropped = measured("head_ct").pixels[8:264, 16:500]
check(
    4,
    my_compress,
    {
        "it returns bytes": lambda f: isinstance(f(cropped, 30), bytes),
        "a slice of another size comes back": lambda f: (
            np.abs(my_decompress(f(cropped, 2)) - cropped.astype(int)).max() <= 5
        ),
        "it needs less than 1.63 bits per pixel": lambda f: (
            score(4, as_codec(f, my_decompress)) < 1.63
        ),
    },
    hint="struct.pack for the header; np.frombuffer with offset= reads behind it",
)
show_scoreboard(4)

# %% [markdown]
# ## What to take with you
#
# - A format is a contract about bytes: order, size, legal values, and what to do with illegal
#   ones.
# - Say the byte order. Always.
# - A decoder believes nothing: it checks every field, and it proves a length before it takes
#   memory for it.
# - Without a checksum a damaged file can be a beautiful, wrong image.
#
# Next: lesson 5 measures how good the images are that come back.
#
# ## Further reading
#
# - T. Boutell (ed.), *PNG (Portable Network Graphics) Specification*, RFC 2083 (1997). Its
#   rationale, chapter 12, explains each decision, the eight magic bytes included.
# - W. W. Peterson, D. T. Brown, "Cyclic Codes for Error Detection", *Proceedings of the IRE* 49
#   (1961), 228-235. Why a CRC finds every single-bit error.
# - D. Cohen, "On Holy Wars and a Plea for Peace", *Computer* 14 (1981), 48-54. Where "big-endian"
#   comes from.
