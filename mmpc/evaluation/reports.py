"""The three experiments of the tool: what is measured, and the tables and plots made of it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmpc.batch.inputs import read_frames
from mmpc.batch.runs import Results
from mmpc.batch.scheduler import Workers
from mmpc.batch.tables import read_table, write_table
from mmpc.cli import progress
from mmpc.evaluation import (
    ablations,
    comparison,
    padding_ablation,
    plots,
    promises,
    tool_ablations,
    vvc,
)
from mmpc.evaluation.aggregates import AGGREGATE_COLUMNS, aggregate, table_text
from mmpc.evaluation.catalogue import available_peers, find_codec
from mmpc.evaluation.experiment import Experiment, run_experiment
from mmpc.evaluation.our_codecs import has_bitstream, our_codec_name
from mmpc.evaluation.targets import GOAL_COLUMNS, target_table

TIMED_REPEATS = 3


def report_slices(
    codecs: Sequence[str], qualities: Iterable[float], *, out: Path, **options: Any
) -> None:
    """Measure our codecs slice by slice: summary, aggregates, rate-distortion plot.

    Parameters
    ----------
    codecs : sequence of str
        Names of our codecs.
    qualities : iterable of float
        Quantization steps.
    out : Path
        Folder for the results.
    **options
        As `run_experiment`.
    """
    points = tuple((codec, float(quality)) for codec in codecs for quality in qualities)
    results = run_experiment(Experiment("summary", points), out=out, **options)
    aggregates = aggregate(read_table(results.table))
    write_table(out / "aggregates.csv", aggregates, AGGREGATE_COLUMNS)
    plots.plot_rate_distortion(out / "rd_plot.png", read_table(results.table), aggregates)
    print(table_text(aggregates, ("rate_bpp", "rmse", "psnr_db")))
    _say_what_was_done(results)


def report_ablations(*, out: Path, **options: Any) -> None:
    """Measure version 1 with one stage changed: table and plot."""
    experiment = Experiment("ablation_points", ablations.ablation_points(), full=False)
    results = run_experiment(experiment, out=out, **options)
    table = ablations.ablation_table(read_table(results.table))
    write_table(out / "ablations.csv", table, ablations.ABLATION_COLUMNS)
    plots.plot_ablations(out / "ablations.png", table)
    print(_columns(table, ablations.ABLATION_COLUMNS))
    _say_what_was_done(results)


def report_tools(*, out: Path, **options: Any) -> None:
    """Measure version 2 with one tool switched off: table."""
    experiment = Experiment("tool_points", tool_ablations.tool_points(), full=False)
    results = run_experiment(experiment, out=out, **options)
    table = tool_ablations.tool_table(read_table(results.table))
    write_table(out / "tools.csv", table, tool_ablations.TOOL_COLUMNS)
    print(_columns(table, tool_ablations.TOOL_COLUMNS))
    _say_what_was_done(results)


def report_padding(*, out: Path, **options: Any) -> None:
    """Measure version 2 with exact padding and without: table."""
    experiment = Experiment("padding_points", padding_ablation.padding_points(), full=False)
    results = run_experiment(experiment, out=out, **options)
    table = padding_ablation.padding_table(read_table(results.table))
    write_table(out / "padding.csv", table, padding_ablation.PADDING_COLUMNS)
    print(_columns(table, padding_ablation.PADDING_COLUMNS))
    _say_what_was_done(results)


def report_peers(
    target: str, with_goals: bool, without: Iterable[str] = (), *, out: Path, **options: Any
) -> None:
    """Measure the standards and our codecs in one run: tables and plots.

    Parameters
    ----------
    target : str
        Our codec that the goals are for.
    with_goals : bool
        Print and write the table of goals.
    without : iterable of str
        Standards that are left out.
    out : Path
        Folder for the results.
    **options
        As `run_experiment`.
    """
    for name in without:
        find_codec(name)
    working, missing = available_peers()
    names = [name for name in working if name not in without]
    for reason in missing.values():
        print(f"left out: {reason}")
    ours = [our_codec_name(version) for version in (1, 2) if has_bitstream(version)]
    codecs = list(dict.fromkeys([*ours, target, *names]))
    points = tuple((name, float(q)) for name in codecs for q in find_codec(name).sweep)
    experiment = Experiment("peer_points", points, full=False, repeats=TIMED_REPEATS)
    results = run_experiment(experiment, out=out, **options)
    measured = comparison.Comparison(read_table(results.table))
    table = measured.peer_table()
    write_table(out / "peers.csv", table, comparison.PEER_COLUMNS)
    rmse = np.geomspace(*comparison.RMSE_LIMITS, 41)
    plots.plot_relative_rate(out / "peers_rate.png", measured.relative_rates(rmse))
    plots.plot_times(out / "peers_time.png", table, comparison.TIMED_RMSE)
    print(_columns(table, comparison.PEER_COLUMNS[1:]))
    if with_goals:
        goals = target_table(measured, target)
        write_table(out / "targets.csv", goals, GOAL_COLUMNS)
        print(f"\n{target}, mean over {len(measured.images)} slices")
        print(_columns(goals, GOAL_COLUMNS))
    _say_what_was_done(results)


def report_vvc(
    vtm: tuple[Path, Path] | None, *, files: dict[str, Path], out: Path, workers: Workers
) -> None:
    """Compare version 2 with VVC's reference encoder, slice by slice and in the mean: table.

    Parameters
    ----------
    vtm : tuple of Path or None
        The program and its configuration; None for points that were measured elsewhere.
    files : dict of Path
        The slices by name; without `vtm` those that have no points are left out.
    out : Path
        Folder for the table ``vvc.csv``.
    workers : Workers
        Who codes.
    """
    source = vvc.Vtm(*vtm) if vtm else vvc.StoredPoints()
    tasks = [
        vvc.Task(f"{name}#{frame}" if frame else name, image, codec, source)
        for name, path in files.items()
        for frame, image in read_frames(path)
        for codec in vvc.OURS
    ]
    outcomes = workers.run(vvc.rows_of, tasks, vvc.lost)
    rows = [row for rows in progress(outcomes, "VVC", total=len(tasks)) for row in rows]
    table = vvc.table(rows)
    write_table(out / "vvc.csv", table, vvc.COLUMNS)
    print(_columns(table, vvc.COLUMNS))


def report_promises(*, files: dict[str, Path], out: Path, **options: Any) -> None:
    """Measure promised errors beside JPEG-LS and JPEG XL, and what a region of interest gains."""
    experiment = Experiment("promise_points", promises.bound_points(), full=False, repeats=3)
    results = run_experiment(experiment, files=files, out=out, **options)
    points = list(read_table(results.table))
    table = promises.bound_table(points)
    write_table(out / "promises.csv", table, promises.BOUND_COLUMNS)
    print(_columns(table, promises.BOUND_COLUMNS))
    table = promises.lossless_table(points)
    write_table(out / "lossless.csv", table, promises.LOSSLESS_COLUMNS)
    print(_columns(table, promises.LOSSLESS_COLUMNS))
    rows = []
    for name, path in progress(files.items(), "regions"):
        for frame, image in read_frames(path):
            rows += promises.region_rows(f"{name}#{frame}" if frame else name, image)
    write_table(out / "regions.csv", rows, promises.REGION_COLUMNS)
    summary = promises.region_summary(rows)
    write_table(out / "regions_summary.csv", summary, promises.SUMMARY_COLUMNS)
    print(_columns(rows, promises.REGION_COLUMNS))
    print(_columns(summary, promises.SUMMARY_COLUMNS))
    _say_what_was_done(results)


def _columns(rows: list[dict[str, Any]], columns: Sequence[str]) -> str:
    """Return a table as aligned lines for a terminal."""
    text = [[_short(row[column]) for column in columns] for row in rows]
    widths = [max(len(c), *(len(line[i]) for line in text)) for i, c in enumerate(columns)]
    lines = [columns, *text]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _short(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _say_what_was_done(results: Results) -> None:
    print(f"{results.rows} rows in {results.table}")
    if results.failures:
        print(f"{results.failures} failures, with reasons, in {results.failures_table}")
