"""Contents of the images, and files that must not be in them."""

from __future__ import annotations

import json
import re

import pytest

from tests.app_server import ROOT
from tests.core.digits import digit_package

PACKAGES = "import json, importlib.metadata as m; print(json.dumps({d.name: d.version for d in m.distributions()}))"
HEAVIER_BY = 0.05
"""The most that the images may differ from the sizes in docs/decisions.md."""


def installed(engine, image):
    packages = json.loads(engine("run", "--rm", "--network=none", image, "/venv/bin/python", "-c", PACKAGES))
    return {named(name): version for name, version in packages.items()}


def named(package):
    return re.sub(r"[-_.]+", "-", package).lower()


def listed_above(heading):
    """The direct dependencies above a heading of requirements.txt."""
    text = (ROOT / "requirements.txt").read_text().split(f"\n# {heading}")
    assert len(text) == 2
    return {named(name) for name in re.findall(r"^([\w-]+)==", text[0], re.M)}


def test_the_image_has_what_the_app_needs_in_the_versions_of_the_lock(engine, image):
    lock = set(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.M))
    packages = installed(engine, image)
    assert listed_above("packages that people bring") <= set(packages)
    assert set(packages.items()) <= lock


def test_the_image_has_no_tensorflow_no_tests_and_nothing_to_build_with(engine, image):
    packages = installed(engine, image)
    assert set(packages).isdisjoint({"tensorflow", "tensorflow-cpu", "keras", "openvino", "matplotlib"})
    assert set(packages).isdisjoint({"pytest", "hypothesis", "moto", "playwright", "mypy", "ruff", "uv", "pip"})
    find = "for tool in gcc cc c++ ld make uv git curl; do command -v $tool; done; ls -A /app"
    assert engine("run", "--rm", "--network=none", image, "sh", "-c", find).split() == [
        ".streamlit",
        *("core", "models", "pages", "requirements.lock", "requirements.txt", "streamlit_app.py", "web"),
    ]


def test_the_app_owns_nothing_but_its_store(engine, image):
    find = "find / -xdev -user bloom -not -path '/proc/*'; id -u"
    assert engine("run", "--rm", "--network=none", image, "sh", "-c", find).split() == ["/data", "10001"]


@pytest.mark.parametrize(("which", "words"), [("image", "default image"), ("full_image", "full image")])
def test_the_images_weigh_what_the_docs_say(engine, request, which, words, capsys):
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").replace(",", "")
    said = float(re.search(rf"{words} adds (\d+) MB", text)[1])
    weighs = engine.unpacked_mb(request.getfixturevalue(which))
    with capsys.disabled():
        print(f"\nthe {words} adds {weighs:.0f} MB to its base")
    assert weighs == pytest.approx(said, rel=HEAVIER_BY)


@pytest.fixture(scope="module")
def keras_package(tmp_path_factory):
    folder = digit_package(tmp_path_factory.mktemp("brought") / "digits", file="digits.keras")
    folder.parent.chmod(0o755)
    return f"--volume={folder}:/brought:ro"


def test_a_keras_file_is_refused_by_the_default_image_in_a_sentence(engine, image, keras_package):
    refused = engine.ask("run", "--rm", "--network=none", keras_package, image, *CHECK)
    assert refused.returncode == 2
    assert "/brought/digits.keras needs TensorFlow, which this machine lacks" in refused.stderr


def test_a_keras_file_is_good_for_the_full_image(engine, full_image, keras_package):
    engine("run", "--rm", "--network=none", "--read-only", "--tmpfs=/tmp", keras_package, full_image, *CHECK)


CHECK = ("python", "-m", "core", "models", "check", "/brought")
