"""The tool that compresses: what it asks of the codec, what it refuses, what it says."""

import io
import json
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pydicom
import pytest

import mmpc
from mmpc import cli, decode, encode
from mmpc.images import reading, regions
from mmpc.images.image import Image
from tests.images.making import make_dataset, save
from tests.test_tools import run

RAMP = (np.arange(20 * 30, dtype=np.int16).reshape(20, 30) * 37) % 1500


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.npy"
    np.save(path, RAMP)
    return path


@pytest.fixture
def rescaled(monkeypatch):
    """Let the tool read an image with a given slope, as DICOM has it."""

    def give(slope):
        image = Image(RAMP, 16, source_name="scan", rescale_slope=slope)
        monkeypatch.setattr(reading, "read_image", lambda *_, **__: image)

    return give


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ("--bitstream 1 --preset default", "--preset"),
        ("--bitstream 1 --roi auto", "--roi"),
        ("--bitstream 1 --quality 0.5", "whole number"),
        ("--no-rle", "--no-rle"),
        ("--report-exact", "--report-exact"),
        ("--max-error 0 --preset best", "--preset"),
        ("--max-error-hu 3 --preset best", "--preset"),
        ("--max-error 3 --roi auto", "--roi"),
        ("--roi-gain 3", "--roi-gain"),
        ("--quality 3 --rmse 2", "not allowed"),
        ("--noise-share 0.3 --rmse 2", "not allowed"),
        ("--noise-by-slice", "--noise-share"),
    ],
)
def test_options_that_would_do_nothing_are_wrong_usage(tmp_path, scan, capsys, options, word):
    code, out, err = run(encode, capsys, scan, tmp_path / "a.mmpc", *options.split())
    assert (code, out) == (2, "")
    assert word in err.splitlines()[-1]
    assert not (tmp_path / "a.mmpc").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", {"goal": mmpc.Goal("step", mmpc.request.DEFAULT_QUALITY), "bitstream": 2}),
        ("--quality 4.5 --preset best", {"goal": mmpc.Goal("step", 4.5), "preset": "best"}),
        ("--bpp 2 --preset fast", {"goal": mmpc.Goal("rate_bpp", 2), "preset": "fast"}),
        ("--psnr 70 --bitstream 1", {"goal": mmpc.Goal("psnr_db", 70), "bitstream": 1}),
        ("--rmse 3 --bitstream 1 --no-rle", {"goal": mmpc.Goal("rmse", 3), "rle": False}),
        ("--max-error 0", {"goal": mmpc.Goal("max_error", 0)}),
        ("--noise-share 0.25", {"goal": mmpc.Goal("noise_share", 0.25)}),
        (
            "--noise-share 0.4 --noise-by-slice",
            {"goal": mmpc.Goal("noise_share", 0.4), "noise_by_slice": True},
        ),
        ("--bitstream 1 --report-exact", {"report_exact": True, "metadata": None}),
    ],
)
def test_options_reach_the_codec(tmp_path, scan, capsys, monkeypatch, options, expected):
    asked = []

    def compress(_, request, **_options):
        asked.append(request)
        raise mmpc.errors.TargetUnreachableError("enough")

    monkeypatch.setattr("mmpc.streams.compress.compress", compress)
    run(encode, capsys, scan, tmp_path / "a.mmpc", *options.split())
    assert {name: getattr(asked[0], name) for name in expected} == expected


def test_the_first_line_says_ratio_and_largest_error(tmp_path, scan, capsys):
    stream = tmp_path / "a.mmpc"
    _, out, _ = run(encode, capsys, scan, stream, "--quality", 30, "--bitstream", 1)
    data = stream.read_bytes()
    largest = mmpc.Distortion.between(RAMP, mmpc.decompress(data)).peak_error
    ratio = RAMP.nbytes / len(data)
    assert out.splitlines()[0] == (
        f"{stream}: compression ratio {ratio:.2f}, "
        f"largest absolute error {largest} ({largest} rescaled units)"
    )


@pytest.mark.parametrize("bitstream", [1, 2])
@pytest.mark.parametrize(("slope", "bound"), [(0.5, 3.2), (-2.0, 7), (0.1, 0.3), (3.0, 10)])
def test_a_promise_in_hounsfield_units(tmp_path, scan, capsys, rescaled, bitstream, slope, bound):
    rescaled(slope)
    stream = tmp_path / "a.mmpc"
    options = "--max-error-hu", bound, "--bitstream", bitstream, "--json"
    code, out, err = run(encode, capsys, scan, stream, *options)
    assert (code, err) == (0, "")
    report = json.loads(out)
    error = mmpc.decompress(stream.read_bytes()).astype(int) - RAMP
    assert report["peak_error_hu"] == pytest.approx(abs(slope) * abs(error).max())
    assert report["peak_error_hu"] <= bound
    assert report["rmse_hu"] == pytest.approx(abs(slope) * np.sqrt(np.mean(error**2)))
    if bitstream == 2:  # the largest whole number of stored units within the bound
        promised = report["promised_error"]
        assert promised * abs(slope) <= bound * (1 + 1e-9) < (promised + 1) * abs(slope)


@pytest.mark.parametrize("slope", [0.0, float("nan"), float("inf")])
def test_a_slope_that_says_nothing(tmp_path, scan, capsys, rescaled, slope):
    rescaled(slope)
    stream = tmp_path / "a.mmpc"
    code, _, err = run(encode, capsys, scan, stream, "--max-error-hu", 3)
    assert code == 1 and "RescaleSlope" in err and err.count("\n") == 1
    code, out, _ = run(encode, capsys, scan, stream, "--bitstream", 1, "--json")
    report = json.loads(out, parse_constant=pytest.fail)
    assert code == 0 and report["rmse_hu"] is None and report["peak_error_hu"] is None
    assert "says nothing" in run(encode, capsys, scan, stream, "--bitstream", 1)[1]


def test_verify_reads_the_file_back(tmp_path, scan, capsys, monkeypatch):
    """A disk that keeps something else than was written does not go unnoticed."""
    from mmpc import files

    def forgetful(path, data, **_):
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

    monkeypatch.setattr(files, "atomic_write", forgetful)
    options = scan, tmp_path / "a.mmpc", "--bitstream", 1
    assert run(encode, capsys, *options)[0] == 0
    code, _, err = run(encode, capsys, *options, "--verify")
    assert code == 1 and "checksum" in err


def test_an_output_that_cannot_be_is_refused_before_the_work(tmp_path, scan, capsys, monkeypatch):
    monkeypatch.setattr("mmpc.streams.compress.compress", lambda *_, **__: pytest.fail("at work"))
    for output in (tmp_path / "nowhere" / "a.mmpc", tmp_path, scan):
        assert run(encode, capsys, scan, output)[0] == 1
    np.testing.assert_array_equal(np.load(scan), RAMP)


def test_region_auto_without_scipy(tmp_path, scan, capsys, monkeypatch):
    image = Image(RAMP, 16, source_name="scan", modality="CT")
    monkeypatch.setattr(reading, "read_image", lambda *_, **__: image)
    monkeypatch.setitem(sys.modules, "scipy", None)
    code, _, err = run(encode, capsys, scan, tmp_path / "a.mmpc", "--roi", "auto")
    assert code == 1 and err.count("\n") == 1
    assert "mmpc[evaluation]" in err
    with pytest.raises(mmpc.errors.MissingPackageError):
        regions.skull_interior_mask(image.hounsfield())


def test_the_tool_needs_no_evaluation(tmp_path, scan):
    code = (
        "import sys; from mmpc import encode\n"
        "encode.main([*sys.argv[1:], '--bitstream', '1'])\n"
        "sys.exit(any(name.startswith('mmpc.evaluation') for name in sys.modules))"
    )
    command = [sys.executable, "-c", code, str(scan), str(tmp_path / "a.mmpc")]
    assert subprocess.run(command, capture_output=True).returncode == 0


class Terminal(io.StringIO):
    """Standard error that someone looks at."""

    def isatty(self):
        return True


def test_long_work_shows_how_far_it_is(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with cli.progress_bar("encode") as tell:
        time.sleep(1.1)  # what is quicker shows nothing
        tell(2, 4)
        assert "encode:  50%" in sys.stderr.getvalue()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with cli.progress_bar("encode") as tell:
        assert tell is None
    assert sys.stderr.getvalue() == ""


@pytest.mark.parametrize("options", ["--quality 9", "--max-error 2", "--rmse 5"])
def test_progress_reaches_the_codec(options, tmp_path, scan, capsys, monkeypatch):
    told = []

    @contextmanager
    def shown(_):
        yield lambda done, total: told.append(done / total)

    monkeypatch.setattr(cli, "progress_bar", shown)
    assert run(encode, capsys, scan, tmp_path / "a.mmpc", *options.split())[0] == 0
    assert told and told == sorted(told) and told[-1] <= 1


def test_a_lossy_file_is_reported_beside_the_noise(tmp_path, capsys):
    noise = np.random.default_rng(1).normal(0, 9, (2, 96, 96))
    np.save(tmp_path / "scan.npy", np.rint(noise).astype(np.int16))
    arguments = tmp_path / "scan.npy", tmp_path / "a.mmpc", "--preset", "fast"
    goal = "--noise-share", 0.3, "--noise-by-slice"
    code, out, _ = run(encode, capsys, *arguments, *goal, "--json")
    report = json.loads(out)
    assert code == 0
    assert report["noise"] == report["noise_hu"] == pytest.approx(9, rel=0.07)
    assert report["noise_share"] <= report["noise_share_worst_slice"] <= 0.3
    code, out, _ = run(encode, capsys, *arguments, "--quality", 20)
    assert out.splitlines()[-1].startswith("noise: standard deviation ")
    assert "of it, at most 0." in out
    code, out, _ = run(encode, capsys, *arguments[:2], "--max-error", 0)
    assert "noise" not in out


def test_where_no_noise_is_the_report_says_why(tmp_path, capsys, scan):
    code, out, _ = run(encode, capsys, scan, tmp_path / "a.mmpc", "--max-error", 3)
    assert code == 0
    assert out.splitlines()[-1].startswith("noise: none estimated, ")
    code, out, err = run(encode, capsys, scan, tmp_path / "b.mmpc", "--noise-share", 0.3)
    assert (code, out) == (1, "")
    assert "noise cannot be estimated" in err
    assert not (tmp_path / "b.mmpc").exists()


def test_what_dicom_names_as_padding_comes_back_exactly(tmp_path):
    """Inside the body, where the border does not show it; a reader needs no range for it."""
    pixels = np.random.default_rng(8).normal(40, 12, (64, 64)).astype(np.int16)
    pixels[20:40, 30:44] = -2000
    source = save(make_dataset(pixels, PixelPaddingValue=-2000), tmp_path / "a.dcm")
    assert encode.main([str(source), str(tmp_path / "a.mmpc"), "--quality", "30"]) == 0
    assert decode.main([str(tmp_path / "a.mmpc"), str(tmp_path / "b.dcm")]) == 0
    dataset = pydicom.dcmread(tmp_path / "b.dcm")
    assert dataset.PixelPaddingValue == -2000 and "PixelPaddingRangeLimit" not in dataset
    assert np.array_equal(dataset.pixel_array == -2000, pixels == -2000)


@pytest.mark.parametrize(
    ("options", "lossless"),
    [
        ("--max-error 0", True),
        ("--max-error-hu 0", True),
        ("--max-error 1", None),
        ("--quality 1", None),
    ],
)
def test_an_error_of_zero_is_said_in_the_metadata(tmp_path, scan, capsys, options, lossless):
    """Where there are any: a DICOM file made of the stream is no derived one then."""
    dicom, stream = save(make_dataset(RAMP), tmp_path / "a.dcm"), tmp_path / "a.mmpc"
    for source, said in ((dicom, lossless), (scan, None)):
        assert run(encode, capsys, source, stream, *options.split())[0] == 0
        assert mmpc.read_header(stream.read_bytes()).metadata.get("lossless") is said
