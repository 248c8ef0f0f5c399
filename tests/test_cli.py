"""What the tools share: exit codes, one-line errors, parsers of numbers, a bar on a terminal."""

import argparse
import io
import sys
from pathlib import Path

import numpy as np
import pytest

from mmpc import cli
from mmpc.errors import MmpcError


def run(error=None):
    def tool(arguments):
        assert arguments.number == 5
        if error is not None:
            raise error

    return cli.run(tool, argparse.Namespace(number=5))


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (None, 0, ""),
        (SystemExit(), 0, ""),
        (SystemExit(2), 2, ""),
        (MmpcError("a.dcm: is\nno  image"), 1, "mmpc: error: a.dcm: is no image\n"),
        (MemoryError(), 1, "mmpc: error: not enough memory for an image of this size\n"),
        (BrokenPipeError(), 141, ""),
        (OSError(28, "No space left", "a.dcm"), 1, "mmpc: error: a.dcm: No space left\n"),
        (OSError(28, "No space left"), 1, "mmpc: error: standard output: No space left\n"),
        (OSError("no disk"), 1, "mmpc: error: standard output: no disk\n"),
    ],
)
def test_exit_codes(capsys, error, code, line):
    assert run(error) == code
    assert capsys.readouterr() == ("", line)


def test_a_mistake_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run(ZeroDivisionError())


def test_standard_output_may_be_closed(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert run() == 0


def test_letters_that_a_terminal_lacks_are_escaped(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="\n")
    monkeypatch.setattr(sys, "stdout", out)
    assert cli.run(lambda _: print("Müller"), argparse.Namespace()) == 0
    assert out.buffer.getvalue() == rb"M\xfcller" + b"\n"


@pytest.mark.parametrize(
    ("parse", "good", "bad"),
    [
        (
            cli.positive_number,
            {"0.5": 0.5, "1e3": 1000.0, "3": 3.0},
            ("0", "-1", "inf", "nan", "", "a"),
        ),
        (
            cli.non_negative_number,
            {"0": 0.0, " 0.0": 0.0, "0.25": 0.25},
            ("-1", "inf", "nan", "a"),
        ),
        (cli.positive_integer, {"1": 1, "12": 12}, ("0", "00", "-1", "1.5", "a", "")),
        (cli.whole_number, {"0": 0, "12": 12}, ("-1", "1.5", "a", "")),
    ],
)
def test_numbers(parse, good, bad):
    assert {text: parse(text) for text in good} == good
    for text in bad:
        with pytest.raises(argparse.ArgumentTypeError):
            parse(text)


def test_the_words_of_a_parser_reach_the_user():
    def parse(text):
        raise ValueError("say one, two or three")

    assert cli.sentence_of(int)("5") == 5
    with pytest.raises(argparse.ArgumentTypeError, match=r"^say one, two or three$"):
        cli.sentence_of(parse)("four")


def test_sizes_in_words():
    assert cli.size_in_words((300, 512)) == "512 x 300"
    assert cli.size_in_words((24, 300, 512)) == "24 slices of 512 x 300"


def test_an_image_is_reported_where_it_is_not_in_the_way(capsys):
    pixels = np.zeros((2, 3), np.int16)
    cli.report_image(Path("a.npy"), pixels)
    assert capsys.readouterr() == ("a.npy: 3 x 2 int16\n", "")
    cli.report_image(Path("-"), pixels, "it is small")
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[1]) == ("", "note: it is small")
    assert err.splitlines()[0].endswith(": 3 x 2 int16")
    cli.print_notes(["one\nline", "another"])
    assert capsys.readouterr() == ("", "mmpc: note: one line\nmmpc: note: another\n")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("stderr", [None, io.StringIO()])
def test_no_bar_where_no_one_looks(monkeypatch, stderr):
    monkeypatch.setattr(sys, "stderr", stderr)
    with cli.progress_bar("encode") as tell:
        assert tell is None
    assert stderr is None or stderr.getvalue() == ""


def test_a_bar_says_how_much_of_what_is_done(monkeypatch):
    bars = []

    class Bar:
        def __init__(self, **options):
            self.options, self.n, self.total = options, 0, None
            bars.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def update(self, more):
            self.n += more

    monkeypatch.setattr("tqdm.tqdm", Bar)
    monkeypatch.setattr(sys, "stderr", Terminal())
    with cli.progress_bar("encode") as tell:
        for done in (2, 5, 7):
            tell(done, 9)
            assert (bars[0].n, bars[0].total) == (done, 9)
    assert bars[0].options["desc"] == "encode" and bars[0].options["file"] is sys.stderr
    assert bars[0].options["delay"] > 0 and bars[0].options["leave"] is False
