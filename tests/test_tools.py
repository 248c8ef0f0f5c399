import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image as Pillow

import mmpc
from mmpc import convert, decode, encode, info
from tests.conftest import MAY_LINK


@pytest.fixture
def scan(tmp_path, head_ct):
    path = tmp_path / "scan.npy"
    np.save(path, head_ct[150:250, 100:260])
    return path


def run(tool, capsys, *arguments):
    """Run a tool in this process: exit code, standard output, standard error."""
    try:
        code = tool.main([str(argument) for argument in arguments])
    except SystemExit as stopped:
        code = stopped.code
    out, err = capsys.readouterr()
    # The first run on a machine says that it compiles.
    about_kernels = "mmpc: compiling", "mmpc: kernels compiled", "mmpc: waiting"
    lines = [line for line in err.splitlines(True) if not line.startswith(about_kernels)]
    return code, out, "".join(lines)


@pytest.mark.parametrize("bitstream", [1, 2])
def test_encode_decode_info(tmp_path, scan, capsys, bitstream):
    stream, output = tmp_path / "scan.mmpc", tmp_path / "again.npy"
    options = "--quality", 20, "--verify", "--bitstream", bitstream
    code, out, err = run(encode, capsys, scan, stream, *options)
    assert (code, err) == (0, "")
    assert f"size {stream.stat().st_size} bytes" in out
    assert "peak 65535" in out and "larger is coarser" in out
    assert run(decode, capsys, stream, output)[0] == 0
    original, decoded = np.load(scan), np.load(output)
    distortion = mmpc.Distortion.between(original, decoded)
    assert f"RMSE {distortion.rmse:.4f}" in out
    assert f"largest absolute error {distortion.peak_error}" in out
    code, out, _ = run(info, capsys, stream, "--json")
    fields = json.loads(out)
    assert (fields["width"], fields["height"], fields["step"]) == (160, 100, 20)
    assert fields["bitstream"] == bitstream
    assert fields["size_bytes"] == stream.stat().st_size
    assert "step" in run(info, capsys, stream)[1]


@pytest.mark.parametrize(
    ("option", "value", "holds"),
    [
        ("--max-error-hu", 9, lambda report: report["peak_error_hu"] <= 9),
        ("--bpp", 1.5, lambda report: report["rate_bpp"] <= 1.5),
        ("--psnr", 85, lambda report: report["psnr_db"] >= 85),
        ("--max-error", 9, lambda report: report["peak_error"] <= 9),
        ("--rmse", 4, lambda report: report["rmse"] <= 4),
    ],
)
@pytest.mark.parametrize("bitstream", [1, 2])
def test_targets(tmp_path, scan, capsys, bitstream, option, value, holds):
    _, out, _ = run(encode, capsys, scan, tmp_path / "a.mmpc", option, value, "--verify", "--json",
                    "--bitstream", bitstream)  # fmt: skip
    report = json.loads(out)
    assert holds(report)
    assert report["step"] > 1


def test_real_dicom_through_all_outputs(tmp_path, head_ct, capsys):
    from mmpc.images.reading import read_image
    from mmpc.images.samples import fetch_samples

    fetch_samples(tmp_path / "data")
    stream = tmp_path / "head.mmpc"
    source = tmp_path / "data" / "head_ct.dcm"
    assert run(encode, capsys, source, stream)[0] == 0
    decoded = mmpc.decompress(stream.read_bytes())
    for extension in ("npy", "dcm"):
        output = tmp_path / f"out.{extension}"
        assert run(decode, capsys, stream, output)[0] == 0
        np.testing.assert_array_equal(read_image(output).pixels, decoded)
    code, _, err = run(decode, capsys, stream, tmp_path / "out.png")
    assert code == 1
    assert "-2000" in err and ".npy" in err


def test_png_in_png_out(tmp_path, capsys):
    pixels = (np.arange(600).reshape(20, 30) * 10).astype(np.uint16)
    Pillow.fromarray(pixels).save(tmp_path / "in.png")
    assert run(encode, capsys, tmp_path / "in.png", tmp_path / "a.mmpc", "--max-error", 3)[0] == 0
    for name in ("out.png", "out.tif"):
        assert run(decode, capsys, tmp_path / "a.mmpc", tmp_path / name)[0] == 0
        assert abs(np.array(Pillow.open(tmp_path / name)).astype(int) - pixels).max() <= 3


def test_region_of_interest(tmp_path, head_ct, capsys):
    """The region gains, and the stream carries it."""
    from mmpc.images.samples import fetch_samples

    fetch_samples(tmp_path / "data")
    source, stream = tmp_path / "data" / "head_ct.dcm", tmp_path / "a.mmpc"
    options = "--quality", 40, "--preset", "fast"
    mask = np.zeros(head_ct.shape, np.uint8)
    mask[200:300, 200:300] = 1
    np.save(tmp_path / "mask.npy", mask)
    errors = {}
    for name, roi in (("none", ()), ("mask", ("--roi", tmp_path / "mask.npy", "--roi-gain", 4))):
        assert run(encode, capsys, source, stream, *options, *roi)[0] == 0
        error = mmpc.decompress(stream.read_bytes()).astype(int) - head_ct
        errors[name] = np.sqrt((error[mask > 0] ** 2).mean())
    assert errors["mask"] < 0.6 * errors["none"]
    assert run(encode, capsys, source, stream, *options, "--roi", "auto")[0] == 0
    np.save(tmp_path / "small.npy", mask[:50])
    code, _, err = run(encode, capsys, source, stream, *options, "--roi", tmp_path / "small.npy")
    assert code == 1 and "mask" in err


def test_frames(tmp_path, capsys):
    np.save(tmp_path / "stack.npy", np.arange(96, dtype=np.int16).reshape(2, 6, 8))
    first = "--bitstream", 1
    code, _, err = run(encode, capsys, tmp_path / "stack.npy", tmp_path / "a.mmpc", *first)
    assert code == 1 and "--frame" in err
    code, *_ = run(encode, capsys, tmp_path / "stack.npy", tmp_path / "a.mmpc", "--frame", 1,
                   "--max-error", 1)  # fmt: skip
    assert code == 0
    assert mmpc.decompress((tmp_path / "a.mmpc").read_bytes()).min() >= 47


def test_volumes(tmp_path, capsys):
    volume = np.arange(3 * 8 * 12, dtype=np.int16).reshape(3, 8, 12)
    np.save(tmp_path / "volume.npy", volume)
    source, stream = tmp_path / "volume.npy", tmp_path / "a.mmpc"
    options = "--max-error", 0, "--jobs", 2, "--verify"
    code, out, _ = run(encode, capsys, source, stream, *options)
    assert code == 0 and "3 slices of 12 x 8 int16" in out and "largest absolute error 0" in out
    code, out, _ = run(encode, capsys, source, stream, *options, "--json")
    assert code == 0 and json.loads(out)["slices"] == 3
    assert json.loads(out)["rate_bpp"] == 8 * stream.stat().st_size / volume.size
    code, out, _ = run(info, capsys, stream, "--json")
    assert code == 0 and json.loads(out)["slices"] == 3
    code, out, _ = run(decode, capsys, stream, tmp_path / "again.npy", "--jobs", 2)
    assert code == 0 and "3 slices of 12 x 8 int16" in out
    np.testing.assert_array_equal(np.load(tmp_path / "again.npy"), volume)
    for name in ("a.png", "a.dcm"):
        code, _, err = run(decode, capsys, stream, tmp_path / name)
        assert code == 1 and ".npy" in err and not (tmp_path / name).exists()
    np.save(tmp_path / "mask.npy", volume > 200)
    code, _, err = run(encode, capsys, source, stream, "--roi", "auto")
    assert code == 1 and "mask file" in err
    np.save(tmp_path / "mask.npy", (volume > 200).astype(np.uint8))
    assert run(encode, capsys, source, stream, "--roi", tmp_path / "mask.npy")[0] == 0
    assert run(encode, capsys, source, stream, "--jobs", 0)[0] == 2


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        (encode, ["missing.dcm", "a.mmpc"], 1),
        (encode, ["scan.npy", "no/such/folder/a.mmpc"], 1),
        (encode, ["scan.npy", "scan.npy"], 1),
        (encode, ["scan.npy", "a.mmpc", "--bitstream", "1", "--quality", "1"], 1),
        (encode, ["scan.npy", "a.mmpc", "--bitstream", "1", "--bpp", "0.0001"], 1),
        (encode, ["scan.npy", "a.mmpc", "--roi", "auto"], 1),
        (encode, ["scan.npy", "a.mmpc", "--roi", "notes.txt"], 1),
        (encode, ["scan.npy", "a.mmpc", "--quality", "0"], 2),
        (encode, ["notes.txt", "a.mmpc"], 1),
        (encode, [".", "a.mmpc"], 1),
        (decode, ["notes.txt", "a.npy"], 1),
        (decode, ["missing.mmpc", "a.npy"], 1),
        (decode, ["scan.mmpc", "a.jpg"], 1),
        (info, ["notes.txt"], 1),
        (info, ["."], 1),
        (encode, ["scan.npy"], 2),
        (encode, ["scan.npy", "a.mmpc", "--bpp", "1", "--rmse", "1"], 2),
        (encode, ["scan.npy", "a.mmpc", "--bpp", "-1"], 2),
        (encode, ["scan.npy", "a.mmpc", "--max-error", "nan"], 2),
        (encode, ["scan.npy", "a.mmpc", "--bitstream", "9"], 2),
        (decode, ["scan.mmpc"], 2),
        (info, [], 2),
    ],
)
def test_errors_are_one_line(tmp_path, scan, capsys, monkeypatch, tool, arguments, code):
    np.save(scan, np.full((9, 9), 65535, np.uint16))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_bytes(b"not an image")
    (tmp_path / "scan.mmpc").write_bytes(mmpc.compress(np.load(scan), quality=50))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found, out, err = run(tool, capsys, *arguments)
    assert (found, out) == (code, "")
    assert "Traceback" not in err
    if code == 1:
        assert err.startswith("mmpc: error: ") and err.count("\n") == 1
    if code == 1 and tool is not encode:
        assert err.startswith(f"mmpc: error: {arguments[0]}: ") or "a.jpg" in err
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert after == before


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("extension", ["npy", "png", "dcm"])
@pytest.mark.parametrize("tool", [decode, convert])
def test_the_input_is_never_overwritten(tmp_path, capsys, monkeypatch, tool, extension, early):
    """Not by its own name, not by a link; refused before the work, and once more when writing."""
    pixels = np.arange(600, dtype=np.uint16).reshape(20, 30)
    source, link = tmp_path / f"scan.{extension}", tmp_path / f"link.{extension}"
    if tool is decode:
        source.write_bytes(mmpc.compress(pixels, bitstream=1))
    else:
        np.save(tmp_path / "plain.npy", pixels)
        assert run(convert, capsys, tmp_path / "plain.npy", source)[0] == 0
    if MAY_LINK:
        link.symlink_to(source)
    before = source.read_bytes()
    if early:
        monkeypatch.setattr("mmpc.images.reading.parse_image", None)
        monkeypatch.setattr("mmpc.streams.reading.decompress", None)
    else:
        monkeypatch.setattr(tool, "check_output", lambda *_, **__: None)
    for output in (source, link) if MAY_LINK else (source,):
        code, out, err = run(tool, capsys, source, output)
        assert (code, out) == (1, "") and "is an input file" in err
    assert source.read_bytes() == before
    assert link.is_symlink() == MAY_LINK


@pytest.mark.parametrize("early", [True, False])
def test_original_and_key_are_never_overwritten(tmp_path, capsys, monkeypatch, early):
    """Nor is what else a tool reads: refused before the work, and once more when writing."""
    plain, scan, key, stream = (tmp_path / name for name in ("a.npy", "b.dcm", "c.dcm", "d.mmpc"))
    np.save(plain, np.arange(600, dtype=np.uint16).reshape(20, 30))
    key.write_text("ab" * 32 + "\n")
    with_key = ["--anonymize-key", key]
    encoding = ["--bitstream", 1, "--anonymize", *with_key]
    assert run(convert, capsys, plain, scan)[0] == 0
    assert run(encode, capsys, scan, stream, *encoding)[0] == 0
    assert run(decode, capsys, stream, tmp_path / "e.dcm", "--like", scan, *with_key)[0] == 0
    before = {path: path.read_bytes() for path in (scan, key, stream)}
    if early:
        for name in ("images.reading.read_image", "streams.reading.decompress"):
            monkeypatch.setattr(f"mmpc.{name}", None)
    else:
        for module in ("decode", "sources"):
            monkeypatch.setattr(f"mmpc.{module}.check_output", lambda *_, **__: None)
    for output in (scan, key):
        for tool, source, options in (
            (encode, scan, encoding),
            (decode, stream, ["--like", scan, *with_key]),
        ):
            code, _, err = run(tool, capsys, source, output, *options)
            assert code == 1 and "is an input file" in err
    assert {path: path.read_bytes() for path in before} == before


def test_an_output_that_cannot_be_written_is_refused_before_the_work(
    tmp_path, scan, capsys, monkeypatch
):
    stream = tmp_path / "scan.mmpc"
    stream.write_bytes(mmpc.compress(np.load(scan), bitstream=1))
    monkeypatch.setattr("mmpc.streams.reading.decompress", None)
    monkeypatch.setattr("mmpc.images.reading.parse_image", None)
    for tool, source in ((decode, stream), (convert, scan)):
        code, _, err = run(tool, capsys, source, tmp_path / "nowhere" / "a.npy")
        assert code == 1 and "does not exist" in err
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=31_999))
    code, _, err = run(decode, capsys, stream, tmp_path / "a.npy")
    assert code == 1 and "32000 bytes are needed and its disk has 31999 free" in err


def test_every_bad_file_ends_in_one_line(tmp_path, capsys):
    from tests.conftest import BAD

    for path in sorted(BAD.glob("*.mmpc")):
        code, out, err = run(decode, capsys, path, tmp_path / "out.npy")
        assert (code, out, err.count("\n")) == (1, "", 1), path.name
        assert err.startswith(f"mmpc: error: {path}: ")
        assert list(tmp_path.iterdir()) == []


def test_as_modules_and_scripts(tmp_path, scan):
    """The forms that the README shows, each in a process of its own."""
    stream = tmp_path / "a.mmpc"
    commands = [
        [sys.executable, "-m", "mmpc.encode", scan, stream],
        [sys.executable, "-m", "mmpc.info", stream],
        [sys.executable, "-m", "mmpc.decode", stream, tmp_path / "a.npy"],
    ]
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    broken = subprocess.run([*commands[1][:-1], scan], capture_output=True, text=True)
    assert broken.returncode == 1
    assert broken.stderr.startswith("mmpc: error:") and broken.stderr.count("\n") == 1


def test_demo(tmp_path, capsys):
    from mmpc import demo
    from mmpc.images.samples import fetch_samples

    fetch_samples(tmp_path / "data")
    code, out, _ = run(demo, capsys, "--data", tmp_path / "data", "--out", tmp_path / "results",
                       "--sample", "small_ct")  # fmt: skip
    assert code == 0
    rows = [line.split() for line in out.splitlines() if line.split()[0] in ("1", "2")]
    sizes, errors = [int(row[2]) for row in rows], [float(row[5]) for row in rows]
    for version in (slice(0, 3), slice(3, 6)):
        assert sizes[version] == sorted(sizes[version], reverse=True)
        assert errors[version] == sorted(errors[version])
    # Version 2 in the bytes of version 1 at its coarsest, with half its error.
    assert sizes[6] <= sizes[2]
    assert errors[6] < 0.5 * errors[2]
    assert (tmp_path / "results" / "small_ct.png").stat().st_size > 10_000


def test_demo_without_matplotlib_says_so_first(tmp_path, capsys, monkeypatch):
    from mmpc import demo
    from mmpc.images.samples import fetch_samples

    fetch_samples(tmp_path / "data")
    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    monkeypatch.setattr(demo, "_round_trip", lambda *_: (None, {"rate_bpp": 1}))
    code, out, _ = run(demo, capsys, "--data", tmp_path / "data", "--out", tmp_path / "results",
                       "--sample", "small_ct")  # fmt: skip
    assert code == 0
    assert out.startswith("matplotlib is not installed")
    assert not list(tmp_path.rglob("*.png"))
