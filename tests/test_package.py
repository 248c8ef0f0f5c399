"""What the package says of itself, in each of the places where it says it."""

import re
import tomllib

from tests.conftest import ROOT


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name):
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", read(name), re.MULTILINE))


def test_the_same_pythons_everywhere():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    minors = [
        int(name.rpartition(".")[2]) for name in project["classifiers"] if "Python :: 3." in name
    ]
    oldest, newest = minors[0], minors[-1]
    assert minors == list(range(oldest, newest + 1))
    assert project["requires-python"] == f">=3.{oldest},<3.{newest + 1}"
    assert f"(3, {oldest}) <= sys.version_info < (3, {newest + 1})" in read("Makefile")
    assert f"Python 3.{oldest} to 3.{newest}" in read("README.md")
    assert f'python: ["3.{oldest}", "3.{newest}"]' in read(".github/workflows/ci.yml")


def test_binder_has_the_same_pins():
    here, there = pins("requirements.txt"), pins("binder/requirements.txt")
    assert there and there.items() <= here.items()


def test_every_requirement_has_a_pin():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"].values()
    named = [*project["dependencies"], *(name for extra in extras for name in extra)]
    missing = {re.match(r"[\w.-]+", name)[0] for name in named} - set(pins("requirements.txt"))
    assert not missing


def test_the_package_needs_no_jupyter():
    needed = " ".join(tomllib.loads(read("pyproject.toml"))["project"]["dependencies"])
    assert not re.search("jupyter|ipy|matplotlib|scipy|scikit|pytest", needed)
