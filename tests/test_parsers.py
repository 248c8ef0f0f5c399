"""Each option of each tool: how it is read, what it is without being named, what it refuses."""

import itertools
from pathlib import Path

import pytest

from mmpc import archive, convert, decode, demo, encode, evaluate, info, samples
from mmpc.evaluate import PICTURED_FILES, QUALITIES

GOALS = {
    **{"preset": None, "metadata": "full", "quality": None, "bpp": None, "psnr": None},
    **{"max_error": None, "max_error_hu": None, "rmse": None, "noise_share": None},
    "noise_by_slice": False,
}
CONVERT = {
    **{"input": Path("a"), "output": Path("b"), "frame": None, "window": None, "unsigned": False},
    **{"modality": None, "rescale_slope": None, "rescale_intercept": None, "pixel_spacing": None},
    "transfer_syntax": None,
}
DECODE = {
    **{"input": Path("a"), "output": Path("b"), "slice": None, "jobs": 1, "window": None},
    **{"transfer_syntax": None, "like": None, "anonymize_key": None, "force": False},
}
ENCODE = {
    **GOALS,
    **{"input": Path("a"), "output": Path("b"), "series": None, "bitstream": 2, "frame": None},
    **{"jobs": 1, "anonymize": False, "anonymize_key": None, "roi": None, "roi_gain": None},
    **{"no_rle": False, "report_exact": False, "verify": False, "json": False},
}
ARCHIVE = {
    **GOALS,
    **{"source": Path("a"), "archive": Path("b"), "check": False, "no_verify": False},
    **{"anonymize": False, "anonymize_key": None, "scheduler": None, "fresh": False},
}
EVALUATE = {
    **{"input": [], "quality": QUALITIES, "out": Path("results"), "bitstream": None},
    **{"preset": None, "mask": None, "samples": False, "pictures": PICTURED_FILES},
    **{"ablations": False, "peers": False, "target_table": False, "vvc": False, "vtm": None},
    **{"without": [], "promises": False, "tasks": False, "scheduler": None, "fresh": False},
}
DEMO = {"sample": "head_ct", "data": Path("data"), "out": Path("results/demo")}


def parsed(tool, text):
    arguments = vars(tool.build_parser().parse_args(text.split()))
    if tool in (archive, evaluate) and "--jobs" not in text:
        assert arguments.pop("jobs") >= 1  # all cores
    return arguments


@pytest.mark.parametrize(
    ("tool", "text", "expected"),
    [
        (convert, "a b", CONVERT),
        (decode, "a b", DECODE),
        (encode, "a b", ENCODE),
        (archive, "a b", ARCHIVE),
        (archive, "b --check", {**ARCHIVE, "source": None, "check": True}),
        (evaluate, "", EVALUATE),
        (demo, "", DEMO),
        (info, "a", {"input": Path("a"), "json": False}),
        (samples, "", {"data": Path("data")}),
    ],
)
def test_what_is_not_named(tool, text, expected):
    assert parsed(tool, text) == expected


GOAL_OPTIONS = {
    "--preset best": {"preset": "best"},
    "--metadata none": {"metadata": "none"},
    "--quality 2.5": {"quality": 2.5},
    "--bpp 0.5": {"bpp": 0.5},
    "--psnr 70": {"psnr": 70.0},
    "--max-error 0": {"max_error": 0.0},
    "--max-error-hu 1.5": {"max_error_hu": 1.5},
    "--rmse 3": {"rmse": 3.0},
    "--noise-share 0.25": {"noise_share": 0.25},
}
BY_SLICE = {"--noise-by-slice": {"noise_by_slice": True}}
OPTIONS = {
    convert: {
        "--frame 2": {"frame": 2},
        "--window 40,80": {"window": convert.parse_window("40,80")},
        "--unsigned": {"unsigned": True},
        "--modality MR": {"modality": "MR"},
        "--rescale-slope 2": {"rescale_slope": 2.0},
        "--rescale-intercept -5.5": {"rescale_intercept": -5.5},
        "--pixel-spacing 0.5,0.25": {"pixel_spacing": (0.5, 0.25)},
        "--transfer-syntax rle": {"transfer_syntax": "rle"},
    },
    decode: {
        "--slice 0": {"slice": 0},
        "--jobs 2": {"jobs": 2},
        "--window lung": {"window": decode.parse_window("lung")},
        "--transfer-syntax jpeg-ls": {"transfer_syntax": "jpeg-ls"},
        "--like c.dcm": {"like": Path("c.dcm")},
        "--anonymize-key k": {"anonymize_key": Path("k")},
        "--force": {"force": True},
    },
    encode: {
        **GOAL_OPTIONS,
        **BY_SLICE,
        "--series 1.2.3": {"series": "1.2.3"},
        "--bitstream 1": {"bitstream": 1},
        "--frame 2": {"frame": 2},
        "--jobs 2": {"jobs": 2},
        "--anonymize --anonymize-key k": {"anonymize": True, "anonymize_key": Path("k")},
        "--roi auto --roi-gain 3": {"roi": "auto", "roi_gain": 3.0},
        "--no-rle": {"no_rle": True},
        "--report-exact": {"report_exact": True},
        "--verify --json": {"verify": True, "json": True},
    },
    archive: {
        **GOAL_OPTIONS,
        **BY_SLICE,
        "--no-verify": {"no_verify": True},
        "--anonymize --anonymize-key k": {"anonymize": True, "anonymize_key": Path("k")},
        "--jobs 3": {"jobs": 3},
        "--scheduler tcp://host:1": {"scheduler": "tcp://host:1"},
        "--fresh": {"fresh": True},
    },
    evaluate: {
        "c d": {"input": [Path("c"), Path("d")]},
        "--quality 1.5 7": {"quality": [1.5, 7.0]},
        "--out there": {"out": Path("there")},
        "--bitstream 1 2": {"bitstream": [1, 2]},
        "--preset best": {"preset": "best"},
        "--mask m.png": {"mask": Path("m.png")},
        "--samples": {"samples": True},
        "--pictures 0": {"pictures": 0},
        "--ablations": {"ablations": True},
        "--peers --target-table": {"peers": True, "target_table": True},
        "--vvc --vtm e c": {"vvc": True, "vtm": [Path("e"), Path("c")]},
        "--without libaom webp": {"without": ["libaom", "webp"]},
        "--promises": {"promises": True},
        "--tasks": {"tasks": True},
        "--jobs 2": {"jobs": 2},
        "--scheduler tcp://host:1": {"scheduler": "tcp://host:1"},
        "--fresh": {"fresh": True},
    },
    demo: {
        "--sample chest_ct": {"sample": "chest_ct"},
        "--data x": {"data": Path("x")},
        "--out y": {"out": Path("y")},
    },
    info: {"--json": {"json": True}},
    samples: {"--data x": {"data": Path("x")}},
}
NAMED = {convert: "a b", decode: "a b", encode: "a b", archive: "a b", info: "a"}


@pytest.mark.parametrize(
    ("tool", "option"), [(tool, option) for tool in OPTIONS for option in OPTIONS[tool]]
)
def test_what_is_named(tool, option):
    plain = NAMED.get(tool, "")
    expected = {**parsed(tool, plain), **OPTIONS[tool][option]}
    assert parsed(tool, f"{plain} {option}") == expected


NO_NUMBERS = ("x", "nan", "inf")
REFUSED = {
    convert: {
        "--frame": ("x", "1.5"),
        "--window": ("none", "40,1"),
        "--rescale-slope": (*NO_NUMBERS, "0"),
        "--rescale-intercept": ("x",),
        "--pixel-spacing": ("1", "1,0", "1,2,3", "a,b"),
        "--transfer-syntax": ("zip",),
    },
    decode: {
        "--slice": ("-1", "x"),
        "--jobs": ("0", "x"),
        "--window": ("none",),
        "--transfer-syntax": ("zip",),
    },
    encode: {
        "--bitstream": ("0", "3", "x"),
        "--frame": ("x",),
        "--jobs": ("0", "1.5"),
        "--roi-gain": (*NO_NUMBERS, "0"),
    },
    archive: {"--jobs": ("0", "x")},
}
for tool in (encode, archive):
    REFUSED[tool].update(
        {f"--{name}": (*NO_NUMBERS, "0") for name in ("quality", "bpp", "psnr", "noise-share")},
        **{f"--{name}": (*NO_NUMBERS, "-1") for name in ("max-error", "max-error-hu", "rmse")},
        **{"--preset": ("quick",), "--metadata": ("some",)},
    )


@pytest.mark.parametrize(
    ("tool", "option"), [(tool, option) for tool in REFUSED for option in REFUSED[tool]]
)
def test_what_is_refused(tool, option, capsys):
    for value in REFUSED[tool][option]:
        with pytest.raises(SystemExit) as stop:
            parsed(tool, f"{NAMED[tool]} {option}={value}")
        assert stop.value.code == 2
        assert f"argument {option}" in capsys.readouterr().err


@pytest.mark.parametrize("tool", [encode, archive])
def test_there_is_one_goal(tool, capsys):
    goals = [
        option for option in GOAL_OPTIONS if option not in ("--preset best", "--metadata none")
    ]
    for first, second in itertools.pairwise(goals):
        with pytest.raises(SystemExit):
            parsed(tool, f"{NAMED[tool]} {first} {second}")
        assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("b", "name the studies and the archive, or --check"),
        ("a b --check", "name the studies and the archive, or --check"),
        ("a b --anonymize", "go together"),
        ("a b --anonymize-key k", "go together"),
        ("a b --preset best", "--preset does nothing"),
        ("a b --preset best --max-error 3", "--preset does nothing"),
        ("a b --noise-by-slice", "--noise-by-slice needs --noise-share"),
        ("a b --noise-by-slice --rmse 3", "--noise-by-slice needs --noise-share"),
    ],
)
def test_what_archive_is_asked_makes_sense(text, words, capsys):
    with pytest.raises(SystemExit) as stop:
        archive.main(text.split())
    assert stop.value.code == 2 and words in capsys.readouterr().err


@pytest.mark.parametrize("option", ["quality", "bpp", "psnr", "rmse", "noise-share"])
def test_a_preset_is_for_each_goal_that_searches(option, tmp_path, capsys):
    missing = tmp_path / "missing"
    assert archive.main([missing, tmp_path / "b", f"--{option}", "3", "--preset", "fast"]) == 1
    assert "there is no such folder" in capsys.readouterr().err
