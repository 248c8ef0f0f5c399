"""Compress a tree of DICOM studies, series by series: ``python -m mmpc.archive SRC DST``."""

if __name__ == "__main__":  # before the imports, so that Ctrl-C is minded while modules load
    from mmpc.__main__ import enter

    raise SystemExit(enter("archive"))

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmpc import cli
from mmpc.errors import FileError, MmpcError, UnreadableFileError
from mmpc.goal_options import add_goal_options

if TYPE_CHECKING:
    from mmpc.batch.archiving import Settings

GOALS = {
    "quality": "quality",
    "bpp": "rate_bpp",
    "psnr": "psnr_db",
    "rmse": "rmse",
    "max_error": "max_error",
    "max_error_hu": "max_error_hu",
    "noise_share": "noise_share",
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(
        prog="mmpc archive",
        description="Compress a tree of DICOM studies, a stream for each series, "
        "without loss unless a goal is named. Each stream is decoded again and compared before it "
        "counts. manifest.csv in the archive names each source file with its hash, its stream, and "
        "what was refused and why; a run that was broken off goes on where it stopped. Source "
        "files are only read. Not for diagnosis.",
    )
    parser.add_argument("source", type=Path, nargs="?", help="folder of the studies")
    parser.add_argument("archive", type=Path, help="folder of the archive")
    parser.add_argument(
        "--check",
        action="store_true",
        help="without a source: prove that the streams are those of the manifest",
    )
    add_goal_options(parser, default="--max-error 0, lossless")
    parser.add_argument(
        "--no-verify", action="store_true", help="do not decode each stream again: twice as fast"
    )
    parser.add_argument(
        "--anonymize",
        action="store_true",
        help="de-identify all headers as encode does, and name the streams by numbers; needs "
        "--anonymize-key, since an archive is made in several runs whose UIDs must match",
    )
    parser.add_argument(
        "--anonymize-key",
        type=Path,
        metavar="FILE",
        help="the secret behind the new UIDs and names, outside of the archive; made if it does "
        "not exist",
    )
    parser.add_argument(
        "--jobs",
        type=cli.positive_integer,
        default=os.cpu_count(),
        metavar="N",
        help="folders at a time, each in a process (default: all cores)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="a dask.distributed scheduler, whose workers see the same folders",
    )
    parser.add_argument("--fresh", action="store_true", help="forget what is in the archive")
    return parser


def archive(arguments: argparse.Namespace) -> None:
    """Archive, or check an archive; raises MmpcError for whatever is wrong."""
    if arguments.check:
        _check(arguments.archive)
        return
    from mmpc.batch.archiving import COLUMNS, FAILURE_COLUMNS, Task, archive_folders, lost_folders
    from mmpc.batch.manifest import drop_unfinished
    from mmpc.batch.provenance import provenance
    from mmpc.batch.runs import Plan, carry_out
    from mmpc.batch.scheduler import Workers
    from mmpc.batch.studies import find_folders, group_folders, left_to_do

    source, destination = arguments.source.resolve(), arguments.archive.resolve()
    if not source.is_dir():
        raise UnreadableFileError(f"{arguments.source}: there is no such folder")
    if source.is_relative_to(destination):
        raise FileError(f"{arguments.archive}: holds the studies themselves; name another folder")
    key = _key(arguments, destination)
    settings = _settings(arguments, key)
    groups = group_folders(cli.progress(find_folders(source, destination), "folders"))
    if not groups:
        raise UnreadableFileError(f"{arguments.source}: there is no file in it")
    try:
        destination.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{arguments.archive}: cannot be made ({error.strerror})") from None
    drop_unfinished(destination, groups)
    plan = Plan(
        out=destination,
        name="manifest",
        columns=COLUMNS,
        failure_columns=FAILURE_COLUMNS,
        settings={"source": str(source), **settings.to_dict()},
        facts=provenance(["mmpc", "archive", *arguments.command]),
        tasks=lambda rows: (
            Task(source, destination, tuple(group), settings, key)
            for group in left_to_do(groups, rows)
        ),
        n_tasks=len(groups),
        work=archive_folders,
        lost=lost_folders,
    )
    workers = Workers(arguments.jobs, arguments.scheduler)
    results = carry_out(plan, workers, fresh=arguments.fresh)
    print(_in_words(arguments.archive))
    if key:
        cli.print_notes(["manifest.csv tells whose each stream is: keep it as close as the key"])
    if results.failures:
        raise MmpcError(
            f"{results.failures} folders could not be archived, see {results.failures_table}; the "
            "same command tries them again"
        )


def _key(arguments: argparse.Namespace, destination: Path) -> bytes | None:
    """Return the key of a de-identified archive."""
    if not arguments.anonymize:
        return None
    from mmpc.images.dicom.key_file import read_or_make_key

    if arguments.anonymize_key.resolve().is_relative_to(destination):
        raise FileError(
            f"{arguments.anonymize_key}: would be given away with the archive; keep it elsewhere"
        )
    return read_or_make_key(arguments.anonymize_key)


def _settings(arguments: argparse.Namespace, key: bytes | None) -> "Settings":
    from mmpc.batch.archiving import Settings, key_name

    given = {word: getattr(arguments, option) for option, word in GOALS.items()}
    goal = {word: value for word, value in given.items() if value is not None}
    if arguments.noise_by_slice:
        goal["noise_by_slice"] = True
    return Settings(
        goal or {"max_error": 0.0},
        arguments.preset or "default",
        arguments.metadata,
        not arguments.no_verify,
        key_name(key) if key else None,
    )


def _in_words(folder: Path) -> str:
    """Return a line about all that is in an archive."""
    from mmpc.batch.manifest import summarize

    found = summarize(folder)
    ratio = f", ratio {found.bytes_before / found.bytes_after:.2f}" if found.bytes_after else ""
    error = "not verified" if found.largest_error is None else found.largest_error
    refused = f"; {found.n_refused} files refused, see the manifest" if found.n_refused else ""
    return (
        f"{folder}: {found.n_stored} files in {len(found.streams)} streams, "
        f"{found.bytes_before} to {found.bytes_after} bytes{ratio}, largest error {error}{refused}"
    )


def _check(folder: Path) -> None:
    from mmpc.batch.manifest import find_damage, summarize

    streams = summarize(folder).streams
    wrong = find_damage(folder, streams)
    for sentence in wrong:
        print(f"mmpc: {sentence}", file=sys.stderr)
    if wrong:
        raise MmpcError(f"{folder}: {len(wrong)} of its streams are not as the manifest says")
    print(_in_words(folder))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    argv = sys.argv[1:] if argv is None else [str(argument) for argument in argv]
    parser = build_parser()
    arguments = parser.parse_args(argv)
    arguments.command = argv
    if arguments.check == (arguments.source is not None):
        parser.error("name the studies and the archive, or --check and the archive alone")
    if arguments.anonymize != (arguments.anonymize_key is not None):
        parser.error("--anonymize and --anonymize-key FILE go together")
    lossy = ("quality", "bpp", "psnr", "rmse", "noise_share")
    if arguments.preset and all(getattr(arguments, goal) is None for goal in lossy):
        parser.error("--preset does nothing where a largest error is promised; name another goal")
    if arguments.noise_by_slice and arguments.noise_share is None:
        parser.error("--noise-by-slice needs --noise-share")
    return cli.run(archive, arguments)
