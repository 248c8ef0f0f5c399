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
# **What you'll need.** Lessons 0 and 4, and about 30 minutes. The patient is invented.

# %%
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom
from pydicom import Dataset
from pydicom.uid import generate_uid

import mmpc
from mmpc.explore.check import check
from mmpc.explore.figures import show_slices
from mmpc.images import read_image, sample
from mmpc.images.dicom.deidentify import Deidentifier
from mmpc.images.dicom.profile import action_for
from mmpc.images.dicom.whitelist import WHITELIST
from mmpc.images.dicom.writing import LossyStep, write_dicom
from mmpc.images.samples import find_packaged_file
from mmpc.images.windows import Window

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
# match. What is left out is said, while the original is still there. There are two other
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
# "Both files" and "another run" ask whether the new UIDs are the same. The key must not be
# anything that is in the file, such as the study's UID: whoever holds the original could compute
# the same and find its copy. A key that the run forgets makes that impossible; from the UIDs,
# that is (step 7). Where series of several runs must match, `mmpc-encode --anonymize-key FILE`
# keeps the key, and the file must be guarded as the patient's name is.
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
# Third: *linkage*. Every scan is unique down to its noise. Who has the original in an archive
# finds it again. Take a de-identified, lossy copy, and compare it with an archive of slices:

# %%
names = ("head_ct", "skull_base_ct", "spine_ct", "abdomen_ct")
archive = {name: sample(name).pixels.astype(float) for name in names}
copy = mmpc.decompress(mmpc.compress(clean.pixels, bitstream=1, quality=60)).astype(float)
for name, candidate in archive.items():
    correlation = np.corrcoef(copy.ravel(), candidate.ravel())[0, 1]
    print(f"{name:14} correlation {correlation:.2f}")

# %% [markdown]
# Even at quality 60 it is the only one with a correlation of 1.00. (Four anatomies make an easy
# archive, and the air around them is alike in all. A hard test would compare the inside of the
# body with neighbouring slices of the same patient; there it is the noise, unique to each scan,
# that tells.) De-identification hides a person from strangers, not from those who have the picture
# already.
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
# **Exercise 1.** How many elements does the whitelist keep of this file *less* than `full` does?

# %% tags=["exercise-1"]
elements_dropped = ...

# %%
check(1, elements_dropped, "5ff8bf524044", hint='compare two len(metadata["dicom"])')

# %% [markdown]
# **Exercise 2.** A stream was compressed from 524288 bytes to 40960. Its original had been
# through a JPEG of ratio 4 before. What stands in LossyImageCompressionRatio? Give the product of
# the two values, one decimal.

# %% tags=["exercise-2"]
product_of_ratios = ...

# %%
check(2, product_of_ratios, "3c4d9e9e6243", digits=1, hint="both steps are listed")

# %% [markdown]
# **Exercise 3.** Padding is −3024, the smallest measured value −1024. What is the middle of the
# gap, rounded down?

# %% tags=["exercise-3"]
middle_of_gap = ...

# %%
check(3, middle_of_gap, "7885eef19ce4", hint="floor division rounds down, also below zero")

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
# ## What to take with you
#
# - Whitelist, with a reason for each element. A blacklist forgets.
# - Search the bytes, inflated. Compression is not protection.
# - De-identify after the standard's table, into the sequences, without private elements, and
#   without what no list names.
# - UIDs change together, so that a study stays a study, under a key that is not in the file.
# - A derived image says so: DERIVED, lossy, ratio, source, and a padding that is still true.
# - A clean header does not make a picture anonymous.
#
# ## Further reading
#
# - DICOM PS3.15 Annex E, "Attribute Confidentiality Profiles"; PS3.3 C.7.6.1 on derived and
#   lossy images. <https://www.dicomstandard.org/current>
# - D. A. Clunie et al., "Report of the Medical Image De-Identification (MIDI) Task Group",
#   arXiv:2303.10473 (2023).
# - C. G. Schwarz et al., "Identification of Anonymous MRI Research Participants with
#   Face-Recognition Software", *New England Journal of Medicine* 381 (2019), 1684-1686.
