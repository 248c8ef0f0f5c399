"""Which modules are tried, and which tests cover each."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The tests of modules, by the longest name that fits. A module's own run before these: those of
# its name, such as tests/v1/test_rle.py, and what is listed below.
TRELLIS = tuple(
    f"mmpc/v2/search/{name}.py"
    for name in ("all_edges", "edges", "magnitudes", "own_contexts", "paths", "shared_contexts",
                 "trellis")
)  # fmt: skip
COVERED_BY = {
    "mmpc": ("tests/test_files.py", "tests/test_streams.py", "tests/test_encode.py",
             "tests/test_tools.py", "tests/test_door.py"),
    **{f"mmpc/{name}.py": ("tests/test_door.py",)
       for name in ("__main__", "info", "interruption", "lazy")},
    **{f"mmpc/{name}.py": ("tests/test_door.py", "tests/test_tools.py")
       for name in ("cli", "decode", "demo", "files", "samples")},
    "mmpc/convert.py": ("tests/images/test_convert.py", "tests/test_door.py",
                        "tests/test_tools.py"),
    "mmpc/batch": ("tests/batch", "tests/evaluation/test_evaluate.py",
                   "tests/evaluation/test_cluster.py"),
    "mmpc/evaluate.py": ("tests/evaluation",),
    "mmpc/evaluation": ("tests/evaluation",),
    "mmpc/explore": ("tests/notebooks/test_slider.py", "tests/notebooks/test_decisions.py",
                     "tests/notebooks/test_lesson_pieces.py",
                     "tests/notebooks/test_lesson_figures.py",
                     "tests/notebooks/test_recoding.py", "tests/notebooks/test_block_costs.py",
                     "tests/notebooks/test_microscope.py", "tests/notebooks/test_stack.py",
                     "tests/notebooks/test_walker.py", "tests/notebooks/test_predictor.py",
                     "tests/notebooks/test_lesion.py",
                     "tests/notebooks/test_exercises.py::TestCheck"),
    "mmpc/images": ("tests/images", "tests/test_tools.py"),
    "mmpc/rate": ("tests/rate", "tests/test_streams.py"),
    "mmpc/streams": ("tests/test_streams.py", "tests/test_metadata.py", "tests/test_bad_files.py",
                     "tests/test_mutations.py", "tests/test_encode.py", "tests/test_tools.py"),
    "mmpc/streams/image.py": ("tests/images/test_convert.py", "tests/images/test_original.py"),
    "mmpc/v1": ("tests/v1", "tests/test_vectors.py", "tests/test_streams.py"),
    "mmpc/v2": ("tests/v2/test_arithmetic_coder.py", "tests/v2/test_quantizer.py",
                "tests/v2/test_transform.py", "tests/v2/test_prediction.py",
                "tests/v2/test_deblocking.py", "tests/v2/test_wiener.py",
                "tests/v2/test_trellis.py", "tests/v2/test_vectors.py"),
    "mmpc/v2/codec.py": ("tests/v2/test_vectors.py", "tests/v2/test_bad_files.py"),
    "mmpc/v2/header.py": ("tests/v2/test_vectors.py", "tests/v2/test_bad_files.py"),
    "mmpc/v2/slice_table.py": ("tests/v2/test_vectors.py", "tests/v2/test_bad_files.py"),
    "mmpc/v2/slice_order.py": ("tests/v2/test_slice_order.py",),
    "mmpc/v2/search": ("tests/v2/test_trellis.py", "tests/v2/test_wiener.py",
                       "tests/v2/test_codec.py", "tests/v2/test_rate_distortion.py"),
    **{name: ("tests/v2/test_trellis.py",) for name in TRELLIS},
    "mmpc/v2/search/wiener_design.py": ("tests/v2/test_wiener.py",),
    "mmpc/v2/kernel.py": ("tests/v2/test_kernels.py",),
    "mmpc/v2/kernel_cache.py": ("tests/v2/test_kernel_cache.py",),
    "mmpc/v2/kernel_folder.py": ("tests/v2/test_kernel_cache.py",),
    "mmpc/v2/process_lock.py": ("tests/v2/test_kernel_cache.py",),
}  # fmt: skip
OWN_TESTS = {
    "tests/evaluation/test_codec.py": "evaluation/catalogue",
    "tests/evaluation/test_evaluate.py": "evaluate evaluation/experiment evaluation/slices "
    "evaluation/pictures",
    "tests/evaluation/test_our_codecs.py": "evaluation/catalogue",
    "tests/evaluation/test_peers.py": "evaluation/catalogue evaluation/codec "
    "evaluation/ffmpeg_peers evaluation/our_codecs evaluation/promises",
    "tests/evaluation/test_reports.py": "evaluation/ablations evaluation/targets evaluation/plots",
    "tests/evaluation/test_settings.py": "evaluation/ablations evaluation/ffmpeg_peers "
    "evaluation/our_codecs evaluation/padding_ablation evaluation/peers evaluation/promises "
    "evaluation/tasks_codecs evaluation/tasks_measurements evaluation/tool_ablations "
    "evaluation/volume_peers evaluation/volumes",
    "tests/evaluation/test_tasks.py": "evaluation/tasks_codecs evaluation/tasks_curves "
    "evaluation/tasks_detection evaluation/tasks_edges evaluation/tasks_guidelines "
    "evaluation/tasks_journal evaluation/tasks_measurements evaluation/tasks_plots "
    "evaluation/tasks_rates evaluation/tasks_report evaluation/tasks_sheets",
    "tests/evaluation/test_tool_ablations.py": "evaluation/promises",
    "tests/evaluation/test_v1_variants.py": "evaluation/ablations",
    "tests/evaluation/test_volumes.py": "evaluation/volume_peers evaluation/volume_views",
    "tests/images/test_convert.py": "convert images/dicom/conversion",
    "tests/images/test_dicom.py": "images/dicom/elements images/dicom/jpeg images/dicom/parsing "
    "images/dicom/pixels images/dicom/reading images/frames",
    "tests/images/test_dicom_writing.py": "images/dicom/classes images/dicom/derivation "
    "images/dicom/json_model images/dicom/metadata images/dicom/packing images/dicom/padding "
    "images/dicom/writing",
    "tests/images/test_multiframe.py": "images/dicom/series_reading",
    "tests/images/test_nifti.py": "decode images/nifti_header images/nifti_reading "
    "images/nifti_writing",
    "tests/images/test_notes.py": "images/dicom/metadata",
    "tests/images/test_profile.py": "images/dicom/kept_acquisition images/dicom/kept_elements",
    "tests/images/test_samples.py": "samples",
    "tests/images/test_series.py": "images/dicom/series_order images/dicom/series_reading "
    "images/dicom/series_writing images/dicom/slice_header images/dicom/stacking",
    "tests/images/test_signs.py": "images/dicom/mending images/dicom/parsing",
    "tests/plugins/test_imageio.py": "plugins/imageio_plugin",
    "tests/plugins/test_zarr.py": "plugins/chunks plugins/numcodecs_codec plugins/zarr_codec",
    "tests/tasks/test_measurements.py": "tasks/agreement tasks/masks tasks/overlap",
    "tests/tasks/test_noise_and_sharpness.py": "tasks/lesions tasks/noise_spectrum "
    "tasks/phantoms tasks/sharpness",
    "tests/tasks/test_observers.py": "tasks/detectability",
    "tests/test_archive.py": "batch/archiving batch/manifest batch/studies",
    "tests/test_door.py": "__main__ interruption lazy",
    "tests/test_encode.py": "goal_options sources streams/report",
    "tests/test_metadata.py": "streams/metadata",
    "tests/test_parsers.py": "archive convert decode demo encode evaluate goal_options info "
    "samples",
    "tests/test_report.py": "streams/report",
    "tests/test_request.py": "coding_tools",
    "tests/test_sample_volume.py": "streams/sample_volume",
    "tests/test_series_tools.py": "sources",
    "tests/test_slices.py": "streams/slices",
    "tests/test_streams.py": "streams/compress streams/image streams/info streams/reading",
    "tests/test_tools.py": "decode demo info samples",
    "tests/test_volume.py": "streams/volume",
    "tests/v1/test_codec.py": "v1/trailer",
}
# These walk through all real files for minutes: a mistake is to be seen by smaller tests as well.
TOO_SLOW = ("tests/images/test_packaged_files.py", "tests/images/test_planted_identity.py",
            "tests/images/test_whole_objects.py")  # fmt: skip
# Compiling a mutant of version 2 takes a minute. As plain Python it is tested in seconds on what
# is small, the golden streams above all; of the encoder's search these are the trellis and the
# design of the filter.
WITHOUT_COMPILER = ("mmpc/v2", "mmpc/v2/codec.py", "mmpc/v2/header.py", *TRELLIS,
                    "mmpc/v2/search/wiener_design.py")  # fmt: skip


def chosen_modules(modules: Sequence[str], since: str | None) -> list[str]:
    """Return the modules of some folders and files, or those changed since a commit."""
    if since:
        command = ["git", "diff", "--name-only", "--diff-filter=d", since, "--", "mmpc/*.py"]
        changed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return sorted(changed.stdout.split())
    found = []
    for given in modules:
        path = ROOT / given
        paths = [path] if path.is_file() else sorted(path.rglob("*.py"))
        if not paths:
            raise SystemExit(f"{given}: no module there")
        found += [module.relative_to(ROOT).as_posix() for module in paths]
    return list(dict.fromkeys(found))


def own_tests(module: str) -> list[str]:
    """Return the files of tests that are a module's own; they are asked before all others."""
    first, *folders = Path(module).parts[1:-1] or ("",)
    named = [Path("tests", first, *folders[:n]) for n in range(len(folders), -1, -1)]
    found = [(folder / f"test_{Path(module).name}").as_posix() for folder in named]
    found = [name for name in found if (ROOT / name).exists()]
    name = module.removeprefix("mmpc/").removesuffix(".py")
    found += [test for test, modules in OWN_TESTS.items() if name in modules.split()]
    return list(dict.fromkeys(found))


def files_of_tests(module: str) -> list[str]:
    """Return the files of tests that cover a module, or parts of files; its own first."""
    found = own_tests(module)
    for given in COVERED_BY[_row(module)]:
        path = ROOT / given
        paths = sorted(path.glob("test_*.py")) if path.is_dir() else []
        found += [path.relative_to(ROOT).as_posix() for path in paths] or [given]
    return [name for name in dict.fromkeys(found) if name not in TOO_SLOW]


def runs_without_compiler(module: str) -> bool:
    """Tell whether the tests of a module run with numba's compiler switched off."""
    return _row(module) in WITHOUT_COMPILER


def _row(module: str) -> str:
    return max((name for name in COVERED_BY if f"{module}/".startswith(f"{name}/")), key=len)
