"""The zip that Elastic Beanstalk takes: all that the app needs, made of the last commit, and nothing else."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
SECRETS = {
    ".env": "AWS_SECRET_ACCESS_KEY=petals",
    "deploy.pem": "-----BEGIN PRIVATE KEY-----",
    "docker-compose.yml": "services: {}",
    "docker-compose.override.yaml": "services: {}",
    "compose.yaml": "services: {}",
    "core/.env.production": "AWS_SECRET_ACCESS_KEY=petals",
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip of a clone in which somebody committed what they should not, and left a file uncommitted."""
    clone = tmp_path_factory.mktemp("bundle") / "clone"
    _run("git", "clone", "--quiet", str(ROOT), str(clone))
    for name, text in SECRETS.items():
        (clone / name).write_text(text, encoding="utf-8")
    _run("git", "-C", str(clone), "add", "--force", ".")
    _run("git", "-C", str(clone), "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "Oh dear")
    (clone / "core" / "uncommitted.py").write_text("", encoding="utf-8")
    printed = _run("make", "--silent", "-C", str(clone), "bundle").split()
    assert len(printed) == 1
    return clone / printed[0]


@pytest.fixture(scope="module")
def names(bundle: Path) -> set[str]:
    with ZipFile(bundle) as archive:
        assert archive.testzip() is None
        return {name for name in archive.namelist() if not name.endswith("/")}


@pytest.fixture(scope="module")
def unpacked(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder


def test_its_name_says_which_commit_it_is(bundle: Path) -> None:
    commit = _run("git", "-C", str(bundle.parents[1]), "rev-parse", "HEAD").strip()
    assert bundle.name == f"bloomcount-{commit[:12]}.zip"


def test_nothing_secret_no_compose_file_and_nothing_uncommitted_is_in_it(names: set[str]) -> None:
    """A compose file would make Elastic Beanstalk switch its nginx off."""
    assert names.isdisjoint({*SECRETS, "core/uncommitted.py"})
    assert not [name for name in names if re.search(r"compose|\.env|\.pem$|\.key$|(^|/)\.git/", name)]


@pytest.mark.parametrize("folder", ["tests", "training", "bench", "docs", "deploy", ".ci", ".venv", "work", "data"])
def test_what_serves_nobody_stays_at_home(names: set[str], folder: str) -> None:
    assert not [name for name in names if name.startswith(f"{folder}/")]


def test_what_serves_is_in_it(names: set[str]) -> None:
    tracked = set(
        _run("git", "-C", str(ROOT), "ls-files", "core", "pages", "models", ".streamlit", ".platform").split("\n")
    )
    wanted = {"web/app.py", "streamlit_app.py", "requirements.lock", ".ebextensions/https.config", *tracked} - {""}
    assert wanted - names == set()


def test_the_dockerfile_is_at_the_root_and_finds_all_that_it_copies(names: set[str], unpacked: Path) -> None:
    dockerfile = (unpacked / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", dockerfile, re.MULTILINE)
    assert copied
    assert [name for line in copied for name in line.split() if not (unpacked / name).exists()] == []
    let_in = re.findall(r"^!(.+)$", (unpacked / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in let_in if not (unpacked / name).exists()] == []


def test_nginx_is_sent_to_the_port_that_the_app_listens_on(unpacked: Path) -> None:
    """Elastic Beanstalk takes the first EXPOSE."""
    dockerfile = (unpacked / "Dockerfile").read_text(encoding="utf-8")
    exposed = re.findall(r"^EXPOSE (\d+)", dockerfile, re.MULTILINE)
    assert exposed[:1] == re.findall(r"STREAMLIT_SERVER_PORT=(\d+)", dockerfile)[:1]


def test_hooks_can_be_run(bundle: Path) -> None:
    with ZipFile(bundle) as archive:
        hooks = [one for one in archive.infolist() if one.filename.startswith(".platform/hooks/") and not one.is_dir()]
    assert [one.filename for one in hooks] == [".platform/hooks/prebuild/metadata.sh"]
    assert all(one.external_attr >> 16 & stat.S_IXUSR for one in hooks)


def test_the_app_loads_from_it_and_its_recogniser_works(unpacked: Path, tmp_path: Path) -> None:
    loaded = "import sys, streamlit_app; from core.__main__ import main; sys.exit(main(sys.argv[1:]))"
    run = subprocess.run(
        [sys.executable, "-c", loaded, "models", "check", "models/bloom"],
        cwd=unpacked,
        env={"PATH": "", "BLOOM_STORE": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert re.fullmatch(r"bloom \S+ with 142 taxa can be used\.", run.stderr.splitlines()[-1])


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
