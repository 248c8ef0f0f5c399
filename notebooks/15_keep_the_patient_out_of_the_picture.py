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
# # 15. Keep the patient out of the picture
#
# A DICOM file is a picture with a letter attached. The letter says who lies in the scanner, where
# and when, and who sent them. A codec that throws it away makes files that no hospital can use; a
# codec that keeps it makes files that no hospital may hand out. This lesson looks for the way
# between the two, and at what no header can hide.
#
# **What you'll do.** Read a header, keep a whitelist of it in a stream, search the bytes for the
# patient, de-identify after the standard's own table, rebuild a DICOM file, and find a person
# again by the pixels alone.
#
# **What you'll learn.** Tags, UIDs, whitelists, the Basic Profile of PS3.15 Annex E, derived
# images, burnt-in text, linkage.
#
# **What you'll need.** Lessons 0 and 4, and about 50 minutes. The patient is invented.

# %%
import hashlib
import json
import tempfile
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pydicom
from pydicom import Dataset
from pydicom.uid import generate_uid
from scipy import ndimage

import mmpc
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.figures import show_slices
from mmpc.explore.scoreboard import keep, show_course_number
from mmpc.images import read_image, sample
from mmpc.images.dicom.deidentify import KEY_BYTES, Deidentifier
from mmpc.images.dicom.key_file import read_or_make_key
from mmpc.images.dicom.profile import action_for
from mmpc.images.dicom.whitelist import WHITELIST
from mmpc.images.dicom.writing import LossyStep, write_dicom
from mmpc.images.regions import body_mask
from mmpc.images.samples import find_packaged_file
from mmpc.images.windows import Window
from mmpc.streams.sample_volume import RESCALE_INTERCEPT_HU, sample_volume

folder = Path(tempfile.mkdtemp())

# %% [markdown]
# ## 1. What a header tells
#
# The sample images were made harmless before they were published. So take one of them, and give
# it back what a scanner would have written: an invented patient.

# %%
scan = pydicom.dcmread(find_packaged_file("693_UNCR.dcm"))
scan.PatientName = "Lovelace^Ada"
scan.PatientID = "HOSP-1815-12"
scan.PatientBirthDate = "18151210"
scan.StudyDate = "18521127"
scan.InstitutionName = "St. Example Hospital"
scan.ReferringPhysicianName = "Babbage^Charles"
scan.StudyDescription = "CT head, Mrs Lovelace, after fall"
scan.AccessionNumber = "A4711"
scan.DeviceSerialNumber = "SN-000042"
scan.pop("PatientIdentityRemoved", None)
request = Dataset()
request.RequestedProcedureDescription = "head CT for Ada Lovelace"
request.ScheduledProcedureStepID = "17"
scan.RequestAttributesSequence = [request]
scan.private_block(0x0009, "EXAMPLE VENDOR", create=True).add_new(1, "LO", "operator: Mary S.")
scan.save_as(folder / "scan.dcm")

print(f"{len(scan)} elements; a few of them:")
for keyword in ("PatientName", "PatientID", "StudyDate", "InstitutionName", "StudyDescription"):
    element = scan[keyword]
    print(f"  {element.tag} {element.VR} {keyword:18} {element.value}")

# %% [markdown]
# Some elements say who and when, others what the numbers mean. Without RescaleIntercept there are
# no Hounsfield units; without PixelSpacing, no millimetres. Dropping everything is as wrong as
# keeping everything.
#
# ## 2. A whitelist
#
# A blacklist forgets the element that nobody thought of. A *whitelist* names what may pass, each
# element with its reason:

# %%
image = read_image(folder / "scan.dcm", metadata="whitelist")
kept = Dataset.from_json(image.metadata["dicom"])
print(f"{len(scan)} elements in the file, {len(kept)} kept of the {len(WHITELIST)} on the list")
for keyword in ("PixelSpacing", "RescaleIntercept", "KVP", "ConvolutionKernel", "PatientID"):
    print(f"  {keyword:18} {kept[keyword].value!s:22} {WHITELIST[keyword][1]}")
print("name kept:", "PatientName" in kept, "| private elements kept:", 0x00091001 in kept)
print(image.notes[0])

# %% [markdown]
# Name and PatientID are on the list, as a hospital needs them to file the image: a list that
# dropped the name would not protect anybody, it would only make a file that no archive can
# match. What is left out is said, while the original is still there (without what the stream says
# itself, such as the pixels, and without what is empty). There are two other
# choices: `full`, the default, keeps everything, private elements too; `none` keeps only what
# the values need.

# %%
for mode in ("none", "whitelist", "full"):
    metadata = read_image(folder / "scan.dcm", metadata=mode).metadata
    print(f"{mode:10} {len(metadata['dicom']):3} elements")

# %% [markdown]
# ## 3. Search the bytes
#
# Do not trust a parser that tells you that something is gone. Look at the bytes. The stream with
# the full header, searched for the patient:

# %%
full = read_image(folder / "scan.dcm", metadata="full")
stream = mmpc.compress(full.pixels, bitstream=1, quality=30, metadata=full.metadata)
secrets = [b"Lovelace", b"HOSP-1815-12", b"18521127", b"Babbage", b"A4711"]
print("in the stream:", [secret.decode() for secret in secrets if secret in stream])

# %% [markdown]
# Nothing! Is the patient gone? The metadata block is *compressed*, and zlib leaves few words
# readable. Inflate it and search again. `read_header` gives what the block holds:

# %%
inflated = str(mmpc.read_header(stream).metadata).encode()
print("inflated:     ", [secret.decode() for secret in secrets if secret in inflated])

# %% [markdown]
# Compression is not protection. Whoever searches a file for leaks must inflate whatever is in
# it; the tests of this project do.
#
# ## 4. De-identify after the standard
#
# PS3.15 Annex E of the DICOM standard lists hundreds of elements and says what the *Basic
# Application Level Confidentiality Profile* does to each. Nobody should type that table by hand:
# we take it from the package `dicom-anonymizer`, which generates it from the standard. But the
# table is a blacklist: it forgets what nobody thought of. So what it does not name is kept only
# if it is on a second list, of what describes the image and its acquisition.

# %%
actions = Counter(action_for(element.tag) or "keep" for element in scan)
for action, count in sorted(actions.items()):
    print(f"{action:12} {count:3} elements of this file")

# %%
clean = read_image(folder / "scan.dcm", metadata="full", anonymize=True)
after = Dataset.from_json(clean.metadata["dicom"])
for keyword in ("PatientName", "PatientID", "StudyDate", "InstitutionName", "KVP"):
    shown = repr(str(after[keyword].value or "")) if keyword in after else "-"
    print(f"{keyword:16} {action_for(scan[keyword].tag) or 'keep':8} {shown}")
print(after.PatientIdentityRemoved, "|", after.DeidentificationMethod[0])

inflated = str(clean.metadata).encode()
print("found:", [secret.decode() for secret in secrets if secret in inflated])

# %% [markdown]
# Removed are also whole sequences (the request said "head CT for Ada Lovelace") and everything
# private. The vendor alone knows what is in a private element, so none may pass.
#
# ## 5. Names that must change, but together
#
# A UID names a study, a series, an image. It often contains the scanner's serial number and the
# time to the second, so it identifies. But if each file got a random one, a study of 300 slices
# would fall into 300 studies. The new UID is a hash of the old one under a *key*: a random secret
# that is made once for a run.

# %%
second = pydicom.dcmread(folder / "scan.dcm")
second.SOPInstanceUID = generate_uid(entropy_srcs=["the next slice"])
second.file_meta.MediaStorageSOPInstanceUID = second.SOPInstanceUID
second.InstanceNumber = 22
second.save_as(folder / "next.dcm")

run, another_run = Deidentifier(), Deidentifier()
first_uids, second_uids, later_uids = (
    Dataset.from_json(read_image(folder / name, anonymize=key).metadata["dicom"])
    for name, key in (("scan.dcm", run), ("next.dcm", run), ("scan.dcm", another_run))
)
for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
    changed = first_uids[keyword].value != scan[keyword].value
    same = first_uids[keyword].value == second_uids[keyword].value
    again = first_uids[keyword].value == later_uids[keyword].value
    print(f"{keyword:18} changed: {changed}  both files: {same!s:5}  another run: {again}")

# %% [markdown]
# "Both files" and "another run" ask whether the new UIDs are the same. Why a secret, and not simply
# a hash of something that all files of the study have, such as the study's UID? Play the one who
# holds the original and looks for its copy among the published files. She knows the method, as
# everybody does, and the study's UID, for it is in her file:

# %%
study = scan.StudyInstanceUID


def key_of_study(uid):
    """Return a "key" that needs no keeping: a hash of the study's UID."""
    return hashlib.sha256(uid.encode()).digest()


found = {}
for name, publisher in (("hash of the study", Deidentifier(key_of_study(study))), ("random", run)):
    published = publisher.replace_uid(study)
    guesses = [
        Deidentifier(key_of_study(uid)).replace_uid(uid) for uid in ("1.2.3", "1.2.4", study)
    ]
    found[name] = published in guesses
    print(f"key: {name:18} found by who knows the original: {found[name]}")

# %% [markdown]
# One hash for each study in her archive, and the link is back. A key that the run forgets makes
# that impossible; from the UIDs, that is (step 7). Where series of several runs must match,
# `mmpc-encode --anonymize-key FILE` keeps the key:

# %%
key_file = folder / "uids.key"
monday, friday = (Deidentifier(read_or_make_key(key_file)) for _ in range(2))
print("two runs with one key file give the same UIDs:", end=" ")
print(monday.replace_uid(study) == friday.replace_uid(study))
print(f"the file holds {8 * KEY_BYTES} random bits in {key_file.stat().st_size} bytes of text")

# %% tags=["claims"]
claims(
    {
        "a key from the file is found, a random one is not": found
        == {"hash of the study": True, "random": False},
        "one key file, the same UIDs": monday.replace_uid(study) == friday.replace_uid(study),
        "two runs without one differ": run.replace_uid(study) != another_run.replace_uid(study),
    }
)

# %% [markdown]
# Whoever has this file can do what the attacker could, so it must be guarded as the patient's name
# is, and thrown away when the last series is through.
#
# ## 6. DICOM out
#
# From a stream the decoder makes a DICOM file that says what happened to it:

# %%
decoded = mmpc.decompress(stream)
info = mmpc.read_header(stream)
write_dicom(
    folder / "decoded.dcm",
    decoded,
    image_metadata=info.metadata,
    lossy=LossyStep("MMPC_1", info.compression_ratio),
)
rebuilt = pydicom.dcmread(folder / "decoded.dcm")
print("ImageType      ", "\\".join(scan.ImageType), "->", "\\".join(rebuilt.ImageType))
print("lossy          ", rebuilt.LossyImageCompression, rebuilt.LossyImageCompressionMethod)
print("new instance   ", rebuilt.SOPInstanceUID != scan.SOPInstanceUID)
source = rebuilt.SourceImageSequence[0].ReferencedSOPInstanceUID
print("names its source", source == scan.SOPInstanceUID)
print("padding was    ", scan.PixelPaddingValue)
print("padding is now ", rebuilt.PixelPaddingValue, "to", rebuilt.PixelPaddingRangeLimit)

# %% [markdown]
# The last two lines are a trap that is easily missed. "−2000 means: no measurement here" is true
# of the original. After lossy coding the padding is *about* −2000, and a viewer that looks for
# exactly −2000 would take the rest for tissue. So the file names a range.

# %%
was_padding = full.pixels == -2000
low, high = rebuilt.PixelPaddingValue, rebuilt.PixelPaddingRangeLimit
exactly = (decoded == -2000) & was_padding
in_range = (decoded >= low) & (decoded <= high)
kept = 100 * exactly.sum() / was_padding.sum()
print(f"{was_padding.sum()} pixels of padding; still exactly -2000: {kept:.1f} %")
tissue_in_range = in_range & ~was_padding
print(f"in the range: {(in_range & was_padding).sum()}, tissue in it: {tissue_in_range.sum()}")

# %% [markdown]
# ## 7. What pixels reveal
#
# The header is clean now. The picture is not. First: *text burnt into the pixels*, usual in
# ultrasound and on screen captures. No header action touches it.

# %%
ultrasound = sample("heart_us").pixels
corner = ultrasound[:330, :400]
panels = {"an ultrasound image": ultrasound, "its upper left corner": corner}
show_slices(panels, Window(128, 256), unit="stored value")
header = pydicom.dcmread(find_packaged_file("JPGLosslessP14SV1_1s_1f_8b.dcm"))
print("BurnedInAnnotation is", header.get("BurnedInAnnotation", "not stated"))

# %% [markdown]
# Here it is only the settings of the machine; elsewhere it is the name. BurnedInAnnotation says
# whether the text is enough to identify the patient, and our encoder refuses to anonymize a file
# where it is YES. But a person or a program wrote that NO, and most files say nothing at all.
# Only an eye helps, or text recognition.
#
# Second: *the anatomy*. A stack of head slices can be rendered as a face, and a face can be
# recognized. One slice shows only the outline of the skin, but 200 of them are a portrait.
#
# Third: *linkage*. Every scan is unique down to its noise. Who has the original in an archive finds
# it again, whatever became of the header. A fair test is a hard one: not four anatomies, which
# anybody tells apart, but twelve *neighbours* in one chest, a millimetre from each to the next. The
# copy of one of them is de-identified and lossy; which one is it? Three ways to compare: by the
# whole picture; inside the body only (the mask is found in the copy, for the finder has no other);
# and by the *detail* inside soft tissue, each sample less the mean of 5 x 5 around it, where hardly
# anything but noise is left:

# %%
archive = sample_volume()[6:18].astype(np.float64) + RESCALE_INTERCEPT_HU
TRUE_SLICE = 6


def lossy_copy(slice_hu, quality):
    """Return what is left of a slice, in HU, and its rate in bits per pixel."""
    stored = (slice_hu - RESCALE_INTERCEPT_HU).astype(np.uint16)
    stream = mmpc.compress(stored, bitstream=1, quality=quality)
    return mmpc.decompress(stream) + float(RESCALE_INTERCEPT_HU), 8 * len(stream) / stored.size


def detail_of(slice_hu):
    """Return each sample less the mean of the 5 x 5 around it."""
    return slice_hu - ndimage.uniform_filter(slice_hu, 5)


def correlations(copy, candidates, way):
    """Return the correlation of a copy with each candidate."""
    mask = np.ones(copy.shape, bool)
    if way != "whole picture":
        mask = body_mask(copy)
    if way == "detail in soft tissue":
        mask = ndimage.binary_erosion(mask & (np.abs(copy - 40) < 60), iterations=3)
        copy, candidates = detail_of(copy), [detail_of(one) for one in candidates]
    return np.array([np.corrcoef(copy[mask], one[mask])[0, 1] for one in candidates])


WAYS = ("whole picture", "inside the body", "detail in soft tissue")
found = {}
print("quality    bpp   compared by              the original   the best impostor")
for quality in (20, 60, 180, 400):
    copy, bpp = lossy_copy(archive[TRUE_SLICE], quality)
    for way in WAYS:
        found[quality, way] = correlations(copy, archive, way)
        others = np.delete(found[quality, way], TRUE_SLICE)
        print(f"{quality:7} {bpp:6.2f}   {way:22} {found[quality, way][TRUE_SLICE]:14.2f}", end="")
        print(f" {others.max():19.2f}")

stranger = sample("abdomen_ct").hounsfield()[96:416, 96:416]  # another patient, of the same size
copy = lossy_copy(archive[TRUE_SLICE], 60)[0]
strange = {way: float(correlations(copy, [stranger], way)[0]) for way in WAYS}
print("a stranger's abdomen at quality 60: ", end="")
print(", ".join(f"{way} {value:.2f}" for way, value in strange.items()))

figure, axes = plt.subplots(1, 3, figsize=(10.4, 2.8), sharey=True, layout="constrained")
for panel, way in zip(axes, WAYS, strict=True):
    for quality, colour in ((20, "k"), (60, "tab:orange"), (400, "tab:blue")):
        panel.plot(found[quality, way], ".-", color=colour, label=f"quality {quality}")
    panel.set(title=way, xlabel=f"slice of the archive (the copy's is {TRUE_SLICE})")
    panel.grid(alpha=0.3)
axes[0].set_ylabel("correlation with the copy")
axes[0].legend(fontsize=8)
plt.show()

# %% tags=["claims"]
best_other = {key: np.delete(values, TRUE_SLICE).max() for key, values in found.items()}
own = {key: values[TRUE_SLICE] for key, values in found.items()}
claims(
    {
        "by the whole picture a neighbour comes near 1": all(
            best_other[quality, WAYS[0]] > 0.97 for quality in (20, 60, 180, 400)
        ),
        "by the noise it is no contest at 20 and 60": all(
            own[quality, WAYS[2]] > 3 * best_other[quality, WAYS[2]] for quality in (20, 60)
        ),
        "at 400 the noise is gone": own[400, WAYS[2]] < 0.1,
        "and the anatomy still finds the slice": own[400, WAYS[1]] > best_other[400, WAYS[1]],
        "nor is a stranger": abs(strange[WAYS[2]]) < 0.1,
        "two millimetres away nothing is alike": max(
            np.abs(np.delete(found[60, WAYS[2]], range(TRUE_SLICE - 1, TRUE_SLICE + 2)))
        )
        < 0.1,
    }
)

# %% [markdown]
# By the whole picture the original wins, but a neighbour comes near 1, and so would a stranger with
# a similar chest: a correlation of 0.98 proves nothing. By the noise it is no contest: the right
# slice stands alone, its next neighbours share a little (a reconstructed slice overlaps the next),
# and two millimetres on, in the *same body*, nothing is alike. A stranger's noise is no more alike
# than that: the line below the table says so of an abdomen, since the packages that bring our
# images have no chest of a second person. A coarse codec takes this fingerprint away: at quality
# 400 the noise is gone. Then the anatomy is left, and the slice is still found.
# De-identification hides a person from strangers, not from those who have the picture already.
#
# ## 8. Almost right, and fatally wrong
#
# The one-line anonymizer that many scripts use:

# %%
naive = pydicom.dcmread(folder / "scan.dcm")
naive.PatientName = "Anonymous"
left = [
    element.keyword or "private"
    for element in naive.iterall()
    if action_for(element.tag) and element.keyword != "PatientName" and str(element.value)
]
print(f"{len(left)} elements that must not pass are still there")
still_there = [
    element.keyword
    for element in naive.iterall()
    if element.VR != "SQ" and "lovelace" in str(element.value).lower()
]
print("the name is still in", still_there)

# %% [markdown]
# The name is in the *description*, and inside a *sequence*, where a loop over the top level never
# looks.

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** Be the finder. Given a copy and a list of candidates, return the number of the one
# that it was made of, or None if it is none of them. Compare by what survives your doubts: a
# neighbour must not be taken for the original.


# %% tags=["exercise-1"]
def find_original(copy, candidates):
    """Return the index of the candidate that a lossy copy was made of, or None."""
    return ...


# %%
good_copy = lossy_copy(archive[TRUE_SLICE], 60)[0]
without_it = np.delete(archive, TRUE_SLICE, axis=0)
check(
    1,
    find_original,
    {
        "the original is found": lambda f: f(good_copy, archive) == TRUE_SLICE,
        "another one, too": lambda f: f(lossy_copy(archive[2], 60)[0], archive) == 2,
        "where it is not in the archive, nobody is accused": lambda f: (
            f(good_copy, without_it) is None
        ),
    },
    hint="`correlations` compares; where do the original and the best impostor part?",
)

# %% [markdown]
# **Exercise 2.** Say that a step of lossy coding was taken, where perhaps others were taken before:
# the standard wants every ratio and every method, in their order, and an image that was once lossy
# stays so. Set the flag, too, and let the ImageType say DERIVED.


# %% tags=["exercise-2"]
def note_lossy_step(dataset, ratio, method):
    """Add a lossy step to the elements of a Dataset, in place."""
    return ...


# %%
def noted(before, ratio=12.8):
    """Return ratios, methods, flag and kind of an image after two steps, the first of `before`."""

    def steps(function):
        dataset = Dataset()
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        for one, method in [*before, (ratio, "MMPC_1")]:
            function(dataset, one, method)
        read = [dataset.LossyImageCompressionRatio, dataset.LossyImageCompressionMethod]
        lists = [[one] if isinstance(one, str | float) else list(one) for one in read]
        return *lists, dataset.LossyImageCompression, list(dataset.ImageType)

    return steps


check(
    2,
    note_lossy_step,
    {
        "a first step is noted": lambda f: noted([])(f)[:3] == ([12.8], ["MMPC_1"], "01"),
        "a JPEG of ratio 4 before it stays in the list": lambda f: (
            noted([(4.0, "ISO_10918_1")])(f)[:2] == ([4.0, 12.8], ["ISO_10918_1", "MMPC_1"])
        ),
        "the image is derived now, and nothing else": lambda f: (
            noted([(4.0, "ISO_10918_1")])(f)[3] == ["DERIVED", "PRIMARY", "AXIAL"]
        ),
    },
    hint="one value is no list in pydicom, two are; `in` tells whether an element is there",
)

# %% [markdown]
# **Exercise 3.** Which range of stored values may the file call padding? You have the original and
# the value of its padding, and not the copy: say it before coding, for a coarse copy too, and for
# padding below the tissue or above it.


# %% tags=["exercise-3"]
def padding_range(stored, padding_value):
    """Return the smallest and the largest stored value that are padding after lossy coding."""
    return ...


# %%
dark_padding = full.pixels[:256, :256].astype(np.int32)
bright_padding = -dark_padding


def survives(find_range, pixels, value, quality):
    """Return whether, in a lossy copy, all padding is in the range and nothing else is."""
    low, high = find_range(pixels, value)
    copy = mmpc.decompress(mmpc.compress(pixels.astype(np.int16), bitstream=1, quality=quality))
    return np.array_equal((copy >= low) & (copy <= high), pixels == value)


check(
    3,
    padding_range,
    {
        "at quality 30 padding is padding": lambda f: survives(f, dark_padding, -2000, 30),
        "and at 100": lambda f: survives(f, dark_padding, -2000, 100),
        "padding above the tissue, too": lambda f: survives(f, bright_padding, 2000, 100),
    },
    hint="how far is the nearest value that is no padding? Coding may move both",
)

# %% [markdown]
# **Exercise 4.** Write a function that returns the keywords of all elements, sequences included,
# whose value contains a text. Upper and lower case are the same.


# %% tags=["exercise-4"]
def keywords_that_mention(dataset, text):
    """Return the keywords of all elements, at any depth, whose value contains `text`."""
    return ...


# %%
inner, outer = Dataset(), Dataset()
inner.StudyDescription = "Fall of Mrs NOBODY"
outer.PatientName = "Nobody^Jane"
outer.KVP = "120"
outer.RequestAttributesSequence = [inner]
check(
    4,
    keywords_that_mention,
    {
        "the top level is searched": lambda f: "PatientName" in f(outer, "Nobody"),
        "sequences are searched": lambda f: "StudyDescription" in f(outer, "nobody"),
        "nothing else is named": lambda f: len(f(outer, "nobody")) == 2,
        "numbers can be searched too": lambda f: list(f(outer, "120")) == ["KVP"],
    },
    hint="dataset.iterall() goes into sequences; leave out the sequences themselves",
)

# %% [markdown]
# **Exercise 5, your own codec** gets a header: the elements below, if a file has them, in as few
# bytes as you can. Bytes that name the patient are no header. What both sides know beforehand need
# not be sent; what they learn from four files here has to hold for the next one. The scoreboard
# keeps the mean.

# %%
HEADER = ("Modality", "PixelSpacing", "SliceThickness", "RescaleSlope", "RescaleIntercept")
HEADER += ("PixelPaddingValue", "KVP", "ConvolutionKernel", "WindowCenter", "WindowWidth")


def values_of(dataset):
    """Return what the header has to keep: keywords and values, as text."""
    return {one: str(dataset[one].value) for one in HEADER if one in dataset}


# %% tags=["exercise-5"]
def my_header(values):
    """Return the bytes of a dictionary of `values_of`."""
    return ...


def my_values(data):
    """Return the dictionary."""
    return ...


# %%
scans = [scan] + [
    pydicom.dcmread(find_packaged_file(name))
    for name in ("explicit_VR-UN.dcm", "CT_small.dcm", "J2K_pixelrep_mismatch.dcm")
]
as_json = np.mean([len(json.dumps(values_of(one)).encode()) for one in scans])
print(f"as JSON: {as_json:.0f} bytes")
odd = {"Modality": "MR", "ConvolutionKernel": "Größe 1,5", "KVP": ""}


def mean_bytes(function):
    """Return the mean size of the header, print and keep it."""
    return keep(15, np.mean([len(function(values_of(one))) for one in scans]))


check(
    5,
    my_header,
    {
        "it is bytes": lambda f: isinstance(f(values_of(scan)), bytes),
        "the values of four files come back": lambda f: all(
            my_values(f(values_of(one))) == values_of(one) for one in scans
        ),
        "a file with hardly anything in it comes back": lambda f: (
            my_values(f(odd)) == odd and my_values(f({})) == {}
        ),
        "it needs less than half of JSON": lambda f: mean_bytes(f) < as_json / 2,
    },
    hint="both sides know the keywords and their order; a bit tells whether an element is there",
)
show_course_number(15)

# %% [markdown]
# ## What to take with you
#
# - Whitelist, with a reason for each element. A blacklist forgets.
# - Search the bytes, inflated. Compression is not protection.
# - De-identify after the standard's table, into the sequences, without private elements, and
#   without what no list names.
# - UIDs change together, so that a study stays a study, under a key that is not in the file.
# - A derived image says so: DERIVED, lossy, ratio, source, and a padding that is still true.
# - A clean header does not make a picture anonymous: its noise is a fingerprint.
#
# ## Further reading
#
# - DICOM PS3.15 Annex E, "Attribute Confidentiality Profiles"; PS3.3 C.7.6.1 on derived and
#   lossy images. <https://www.dicomstandard.org/current>
# - D. A. Clunie et al., "Report of the Medical Image De-Identification (MIDI) Task Group",
#   arXiv:2303.10473 (2023).
# - C. G. Schwarz et al., "Identification of Anonymous MRI Research Participants with
#   Face-Recognition Software", *New England Journal of Medicine* 381 (2019), 1684-1686.
