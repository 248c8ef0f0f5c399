import json
import platform
import shutil

import pytest

import mmpc
from mmpc.batch.provenance import PACKAGE, codec_fingerprint, provenance, write_json


@pytest.fixture
def package(tmp_path):
    """Return a copy of the package's sources."""
    return shutil.copytree(PACKAGE, tmp_path / "mmpc", ignore=shutil.ignore_patterns("__pycache__"))


def test_a_change_of_any_source_changes_the_fingerprint(package):
    fingerprints = {codec_fingerprint()}
    assert codec_fingerprint(package) in fingerprints
    sources = [path for v in ("v1", "v2") for path in sorted((package / v).rglob("*.py"))]
    sources.append(package / "v2" / "learned_start.bin")
    folders = {path.parent.relative_to(package).as_posix() for path in sources}
    assert folders >= {"v1", "v2", "v2/bounded", "v2/search"}
    for number, source in enumerate(sources):
        with open(source, "a") as stream:
            stream.write("\n# another\n")
        fingerprints.add(codec_fingerprint(package))
        assert len(fingerprints) == number + 2, source


def test_a_name_counts_and_what_is_beside_the_codecs_does_not(package):
    (package / "cli.py").write_text("# another\n")
    (package / "v2" / "notes.txt").write_text("no code\n")
    assert codec_fingerprint(package) == codec_fingerprint()
    (package / "v1" / "rle.py").rename(package / "v1" / "runs.py")
    assert codec_fingerprint(package) != codec_fingerprint()


def test_line_ends_do_not_count(package):
    for path in package.rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert codec_fingerprint(package) == codec_fingerprint()


def test_the_record_says_command_versions_and_machine(tmp_path):
    facts = provenance(["mmpc", "evaluate", "my scan.dcm"])
    assert facts["command"] == "mmpc evaluate 'my scan.dcm'"
    assert facts["versions"]["mmpc"] == mmpc.__version__
    assert facts["versions"]["python"] == platform.python_version()
    assert "numpy" in facts["versions"] and facts["machine"]["cores"] >= 1
    write_json(tmp_path / "facts.json", facts)
    assert json.loads((tmp_path / "facts.json").read_text()) == facts
