"""Measure the codec on images: ``python -m mmpc.evaluate INPUT... --out results``."""

if __name__ == "__main__":  # before the imports, so that Ctrl-C is minded while modules load
    from mmpc.__main__ import enter

    raise SystemExit(enter("evaluate"))

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmpc import cli
from mmpc.errors import InvalidParameterError

QUALITIES = (10, 20, 30, 40, 50, 60)
PICTURED_FILES = 12
NEEDED_PACKAGES = ("matplotlib", "scipy", "skimage")
# Slices of 512 x 512 in Hounsfield units; the perfusion sample is a map made for colours.
CT_SAMPLES = ("head_ct", "skull_base_ct", "spine_ct", "abdomen_ct")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(
        prog="mmpc evaluate",
        description="Measure rate, error, similarity and time of the codec on images; continue "
        "a run that was broken off. Not for diagnosis.",
    )
    parser.add_argument(
        "input",
        nargs="*",
        type=Path,
        help="image files, or folders that are looked through; without any, the CT samples",
    )
    parser.add_argument(
        "--quality",
        nargs="+",
        type=cli.positive_number,
        default=QUALITIES,
        metavar="Q",
        help="quantization steps, larger is coarser (default: 10 20 30 40 50 60)",
    )
    parser.add_argument("--out", type=Path, default=Path("results"), help="folder for the results")
    parser.add_argument(
        "--bitstream", nargs="+", type=int, metavar="N", help="versions to measure (default: 1)"
    )
    parser.add_argument("--preset", help="preset of bitstream 2: fast, default or best")
    parser.add_argument("--mask", type=Path, help="image file; what is not 0 is the region")
    parser.add_argument("--samples", action="store_true", help="add the CT samples to the inputs")
    parser.add_argument(
        "--pictures",
        type=int,
        default=PICTURED_FILES,
        metavar="N",
        help="draw pictures of the first N files (default: %(default)s)",
    )
    parser.add_argument("--ablations", action="store_true", help="also what each stage is worth")
    parser.add_argument("--peers", action="store_true", help="also JPEG 2000, JPEG XL, HEVC, ...")
    parser.add_argument(
        "--target-table", action="store_true", help="with --peers: the figures asked of our codec"
    )
    parser.add_argument(
        "--vvc",
        action="store_true",
        help="only version 2, default and best, beside VVC's reference encoder (some minutes)",
    )
    parser.add_argument(
        "--vtm",
        nargs=2,
        type=Path,
        metavar=("ENCODER", "CONFIG"),
        help="with --vvc: VVC's reference encoder and its all-intra configuration; takes minutes "
        "a point (without it, points that were measured elsewhere)",
    )
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        metavar="PEER",
        help="with --peers: leave these out, such as libaom, the slowest",
    )
    parser.add_argument(
        "--promises",
        action="store_true",
        help="also files with a promised largest error beside JPEG-LS and JPEG XL, and regions",
    )
    parser.add_argument(
        "--tasks",
        action="store_true",
        help="only what doctors do with images, before and after each codec: are lesions still "
        "found, are measurements still right (some minutes)",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (all cores)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a dask.distributed scheduler")
    parser.add_argument("--fresh", action="store_true", help="measure anew what is there already")
    return parser


def evaluate(arguments: argparse.Namespace) -> None:
    """Run the experiments that were asked for; raises MmpcError for whatever is wrong."""
    missing = [name for name in NEEDED_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise InvalidParameterError(
            f"{', '.join(missing)} not installed; pip install 'mmpc[evaluation]'"
        )
    from mmpc.batch.scheduler import Workers, use_one_thread

    use_one_thread()  # before numpy is loaded
    from mmpc.batch.inputs import find_files
    from mmpc.evaluation import reports
    from mmpc.evaluation.our_codecs import has_bitstream, our_codec_name
    from mmpc.images.regions import read_mask

    bitstreams = arguments.bitstream or [1]
    for bitstream in bitstreams:
        if not has_bitstream(bitstream):
            raise InvalidParameterError(f"bitstream {bitstream} is not known to this version")
    mask = read_mask(arguments.mask) if arguments.mask else None
    files = find_files(_inputs(arguments), skip=arguments.out)
    arguments.out.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {
        "files": files,
        "out": arguments.out,
        "workers": Workers(arguments.jobs, arguments.scheduler),
        "command": arguments.command,
        "fresh": arguments.fresh,
    }
    if arguments.tasks:
        from mmpc.evaluation.tasks_report import report_tasks

        report_tasks(**options)
        return
    if arguments.vvc:
        workers = options["workers"]
        reports.report_vvc(arguments.vtm, files=files, out=arguments.out, workers=workers)
        return
    ours = [our_codec_name(bitstream, arguments.preset) for bitstream in bitstreams]
    reports.report_slices(
        ours, arguments.quality, mask=mask, pictures=arguments.pictures, **options
    )
    if arguments.ablations:
        reports.report_ablations(**options)
        reports.report_tools(**options)
        reports.report_padding(**options)
    if arguments.promises:
        reports.report_promises(**options)
    if arguments.peers:
        newest = 2 if has_bitstream(2) else 1
        target = our_codec_name(
            max(bitstreams) if arguments.bitstream else newest, arguments.preset
        )
        reports.report_peers(target, arguments.target_table, arguments.without, **options)


def _inputs(arguments: argparse.Namespace) -> list[Path]:
    from mmpc.images.samples import SAMPLES, find_packaged_file

    samples: list[Path] = []
    if arguments.samples or not arguments.input:
        found = [find_packaged_file(SAMPLES[name].file) for name in CT_SAMPLES]
        samples = [path for path in found if path]
        if not samples:
            raise InvalidParameterError("name some images, or pip install pydicom-data")
    return [*arguments.input, *samples]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    argv = sys.argv[1:] if argv is None else [str(argument) for argument in argv]
    parser = build_parser()
    arguments = parser.parse_args(argv)
    arguments.command = argv
    if arguments.jobs < 1:
        parser.error("--jobs must be 1 or more")
    for option, needed in (("target_table", "peers"), ("without", "peers"), ("vtm", "vvc")):
        if getattr(arguments, option) and not getattr(arguments, needed):
            parser.error(f"--{option.replace('_', '-')} needs --{needed}")
    return cli.run(evaluate, arguments)
