"""The command line as people use it: data on standard output or -o, everything else beside it, and an exit code."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
import pytest

from core import models
from core.__main__ import main
from core.bloomcount import assemble
from core.commands import count
from core.exports.formats import FORMATS, Format
from core.exports.publication import Publication, keep_publication
from core.intake.sources import find_photos
from core.settings import SHIPPED_MODEL, Settings
from core.store.pictures import photo_key
from tests.core.counting_squares import PACKAGE, Squares, photo_of
from tests.core.digits import digit_package
from tests.people import ADMIN

ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty store, and a recogniser that reads the count off made photos."""
    monkeypatch.setenv("BLOOM_STORE", str(tmp_path / "store"))
    for module in (count, models):
        monkeypatch.setattr(module, "load_model", lambda _: Squares())
    monkeypatch.setattr(models, "load_package", lambda _: PACKAGE)
    return Settings(store=str(tmp_path / "store"))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with photos of 3 and 0 flowers, one of 5 below it, and files that are no photos."""
    folder = tmp_path / "veld"
    (folder / "plot 2").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(photo_of(3))
    (folder / "b.JPEG").write_bytes(photo_of(0))
    (folder / "plot 2" / "c.jpg").write_bytes(photo_of(5, kind=1))
    (folder / "notes.txt").write_text("after rain")
    (folder / "._a.jpg").write_bytes(b"what a Mac leaves")
    return folder


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def in_process_of_its_own(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def counts(text: str) -> list[tuple[str, str, str]]:
    return [(row["file"], row["taxon"], row["count"]) for row in csv.DictReader(StringIO(text, newline=""))]


COUNTED = [("a.jpg", "oxeye-daisy", "3"), ("b.JPEG", "", "0"), ("plot 2/c.jpg", "'=cmd", "5")]


def test_count_writes_the_counts_of_a_folder_and_touches_no_store(store, photos, capsys):
    assert run("count", photos) == 0
    out, err = capsys.readouterr()
    assert counts(out) == COUNTED
    assert err == f"Left out of {photos}, as they are no photos: 1 (notes.txt).\n"
    assert not Path(store.store).exists()


def test_count_repeats_exactly(store, photos, tmp_path):
    for name in ("1.csv", "2.csv"):
        assert run("count", photos, "-o", tmp_path / name) == 0
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_count_names_what_failed_and_counts_the_rest(store, photos, tmp_path, capsys):
    (photos / "d.png").write_bytes(b"")
    assert run("count", photos, "-o", tmp_path / "out.csv") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[1:] == ["d.png is empty (0 bytes). Copy it again from the camera or its card."]
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert counts(text) == [*COUNTED[:2], ("d.png", "", ""), COUNTED[2]]


def test_a_file_given_itself_is_tried_whatever_its_name(store, photos, capsys):
    (photos / "renamed.xyz").write_bytes(photo_of(4))
    assert run("count", photos / "renamed.xyz", photos / "notes.txt") == 1
    out, err = capsys.readouterr()
    assert counts(out) == [("renamed.xyz", "oxeye-daisy", "4"), ("notes.txt", "", "")]
    assert (
        err == "notes.txt seems to be a text file, not a photo. Bloomcount reads JPEG, PNG, WebP, TIFF, HEIC or AVIF.\n"
    )


def test_boxes_are_coco_with_every_candidate_its_score_and_taxon(store, photos, tmp_path):
    assert run("count", photos, "-o", tmp_path / "out.csv", "--boxes", tmp_path / "boxes.json") == 0
    coco = json.loads((tmp_path / "boxes.json").read_text())
    category = {c["id"]: c["name"] for c in coco["categories"]}
    file_name = {i["id"]: i["file_name"] for i in coco["images"]}
    assert list(category.values()) == ["oxeye-daisy", "=cmd", "unknown"]
    assert list(file_name.values()) == ["a.jpg", "b.JPEG", "plot 2/c.jpg"]
    found = [(file_name[a["image_id"]], category[a["category_id"]]) for a in coco["annotations"]]
    assert found == [("a.jpg", "oxeye-daisy")] * 3 + [("plot 2/c.jpg", "=cmd")] * 5
    assert coco["annotations"][1] == {
        "id": 2, "image_id": 1, "category_id": 1, "bbox": [1.0, 1.0, 1.0, 1.0], "area": 1.0, "iscrowd": 0,
        "score": 0.99, "taxon_score": 0.97,
    }  # fmt: skip
    assert [a["id"] for a in coco["annotations"]] == list(range(1, 9))


def test_check_seams_counts_every_photo_twice_and_names_what_failed(store, photos, monkeypatch, capsys):
    (photos / "d.png").write_bytes(b"")
    shifts = []
    monkeypatch.setattr(count, "load_model", lambda _, grid_shift=0.0: (shifts.append(grid_shift), Squares())[1])
    assert run("count", photos, "--check-seams") == 1
    out, err = capsys.readouterr()
    problem = "d.png is empty (0 bytes). Copy it again from the camera or its card."
    assert out.splitlines() == [
        "file,count,count_shifted,change_percent,problem",
        "a.jpg,3,3,0.0,",
        "b.JPEG,0,0,0.0,",
        f"d.png,,,,{problem}",
        "plot 2/c.jpg,5,5,0.0,",
    ]
    assert err.splitlines()[1:] == [problem]
    assert shifts == [0.0, 0.5]


def test_boxes_and_seams_are_two_questions(store, photos, capsys):
    with pytest.raises(SystemExit) as ended:
        run("count", photos, "--check-seams", "--boxes", "boxes.json")
    assert ended.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_an_output_file_is_there_whole_or_not_at_all(store, photos, tmp_path, monkeypatch):
    out = tmp_path / "out.csv"
    out.write_text("of yesterday")

    def fails(_: object) -> Squares:
        raise KeyboardInterrupt

    monkeypatch.setattr(count, "load_model", fails)
    assert run("count", photos, "-o", out) == 130
    assert out.read_text() == "of yesterday"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "veld"]


def test_photos_are_read_from_s3(store, s3_settings, monkeypatch, capsys):
    bucket, _, prefix = s3_settings.store.removeprefix("s3://").partition("/")
    client = boto3.client("s3", endpoint_url=s3_settings.s3_endpoint)
    for key, data in (("m/a.jpg", photo_of(3)), ("m/x/b.jpg", photo_of(5)), ("m/n.txt", b"x"), ("m2/c.jpg", b"x")):
        client.put_object(Bucket=bucket, Key=f"{prefix}/{key}".lstrip("/"), Body=data)
    monkeypatch.setenv("BLOOM_S3_ENDPOINT", s3_settings.s3_endpoint)
    assert run("count", f"{s3_settings.store}/m") == 0
    assert counts(capsys.readouterr().out) == [("a.jpg", "oxeye-daisy", "3"), ("x/b.jpg", "oxeye-daisy", "5")]
    assert run("count", f"{s3_settings.store}/m/a.jpg") == 0
    assert counts(capsys.readouterr().out) == [("a.jpg", "oxeye-daisy", "3")]


def test_ingest_stores_and_counts_as_an_upload_would(store, photos, capsys):
    assert run("ingest", photos, "--site", "Plot 3", "--note", "after rain", "--by", "anna") == 0
    drop_id = capsys.readouterr().out.strip()
    results = assemble(store).library.drop_results(drop_id)
    assert sorted((r.photo.file, len(r.analysis.flowers)) for r in results) == [
        ("a.jpg", 3),
        ("b.JPEG", 0),
        ("plot 2/c.jpg", 5),
    ]
    assert {(r.photo.site, r.photo.note, r.photo.uploaded_by) for r in results} == {("Plot 3", "after rain", "anna")}
    assert assemble(store).inbox.waiting() == []


def test_ingest_says_what_was_here_already_and_moves_it_when_asked(store, photos, capsys):
    run("ingest", photos, "--site", "Plot A", "--note", "first", "--by", "anna")
    capsys.readouterr()
    assert run("ingest", photos, "--site", "", "--by", "bob") == 0
    assert "3 of 3 were here already; kept as they were." in capsys.readouterr().err
    stored = [photo for batch in assemble(store).library.photo_records() for photo in batch]
    assert {(one.site, one.note, one.uploaded_by) for one in stored} == {("Plot A", "first", "anna")}
    assert run("ingest", photos / "a.jpg", "--site", "Plot B", "--by", "bob", "--move") == 0
    assert "1 of 1 were here already; 1 moved to Plot B." in capsys.readouterr().err
    stored = [photo for batch in assemble(store).library.photo_records() for photo in batch]
    assert sorted((one.site, one.uploaded_by) for one in stored) == [("Plot A", "anna")] * 2 + [("Plot B", "anna")]


def test_photos_are_hidden_shown_and_deleted(store, photos, capsys):
    run("ingest", photos, "--site", "Plot 3")
    drop_id = capsys.readouterr().out.strip()
    start = hashlib.sha256(photo_of(3)).hexdigest()[:12]
    assert run("photos", "hide", start, "--why", "a face", "--by", "lea") == 0
    assert "1 of 1 photos are hidden now." in capsys.readouterr().err
    assert run("export", "csv") == 0
    assert "a.jpg" not in capsys.readouterr().out
    assert run("photos", "show", "--drop", drop_id) == 0
    assert "1 of 3 photos are shown now." in capsys.readouterr().err
    assert run("photos", "delete", start, "--counts", "delete") == 2
    assert "This deletes 1 photos for good: say --yes." in capsys.readouterr().err
    assert run("photos", "delete", start, "--counts", "delete", "--yes") == 0
    assert run("export", "csv") == 0
    out, err = capsys.readouterr()
    assert "1 photos are deleted" in err
    assert "a.jpg" not in out
    assert run("ingest", photos / "a.jpg", "--site", "Plot 3") == 1
    assert "a.jpg was deleted for privacy on" in capsys.readouterr().err


@pytest.mark.parametrize("said", [[], ["ffffffffffff"], ["x"], ["--drop", "none"]])
def test_photos_that_are_not_there_are_named(store, photos, said, capsys):
    assert run("photos", "hide", *said) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_ingest_says_how_many_files_are_no_photos_and_stores_none_of_them(store, photos, capsys):
    assert run("ingest", *sorted(photos.iterdir()), "--site", "Plot 3") == 0
    out, err = capsys.readouterr()
    assert "2 files are no photos and were left out: ._a.jpg, notes.txt." in err
    assert len(assemble(store).library.drop_results(out.strip())) == 3


def test_ingest_names_what_failed_and_keeps_it(store, photos, capsys):
    (photos / "d.png").write_bytes(b"%PDF")
    assert run("ingest", photos, "--site", "Plot 3") == 1
    out, err = capsys.readouterr()
    assert "d.png seems to be a PDF document" in err
    assert len(assemble(store).library.drop_results(out.strip())) == 4


def test_export_gives_what_ingest_stored(store, photos, tmp_path, capsys):
    run("ingest", photos / "a.jpg", "--site", "Plot 3")
    drop_id = capsys.readouterr().out.strip()
    run("ingest", photos / "plot 2", "--site", "Plot 4")
    capsys.readouterr()
    assert run("export", "csv") == 0
    assert counts(capsys.readouterr().out) == [("a.jpg", "oxeye-daisy", "3"), ("c.jpg", "'=cmd", "5")]
    assert run("export", "csv", "--site", "Plot 4", "-o", tmp_path / "out.csv") == 0
    assert counts((tmp_path / "out.csv").read_text()) == [("c.jpg", "'=cmd", "5")]
    assert run("export", "csv", "--drop", drop_id) == 0
    assert counts(capsys.readouterr().out) == [("a.jpg", "oxeye-daisy", "3")]
    assert run("export", "csv", "--from", "2026-05-01", "--to", "2026-05-31") == 0
    assert counts(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("options", "found"),
    [
        pytest.param(["--site", "Plot 3"], ["a.jpg"], id="a site"),
        pytest.param(["--site", "Plot 3", "--site", "Plot 4"], ["a.jpg", "c.jpg"], id="two sites"),
        pytest.param(["--by", "ben"], ["c.jpg"], id="a person"),
        pytest.param(["--surer-than", "0.98"], [], id="sure names"),
        pytest.param(["--taxon", "oxeye-daisy", "--site", "Plot 3"], ["a.jpg"], id="a taxon"),
        pytest.param(["--reviewed-only"], [], id="reviewed"),
    ],
)
def test_export_takes_what_the_filter_says(store, photos, capsys, options, found):
    run("ingest", photos / "a.jpg", "--site", "Plot 3", "--by", "anna")
    run("ingest", photos / "plot 2", "--site", "Plot 4", "--by", "ben")
    capsys.readouterr()
    assert run("export", "csv", *options) == 0
    assert [file for file, taxon, _ in counts(capsys.readouterr().out) if taxon] == found


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written_to_a_file_and_to_a_pipe(store, photos, tmp_path, capfdbinary, name):
    run("ingest", photos, "--site", "Plot 3")
    keep_publication(assemble(store).blobs, Publication("T", "P", "C", "c@example.org", "CC0 1.0"), by=ADMIN)
    capfdbinary.readouterr()
    assert run("export", name, "-o", tmp_path / "out") == 0
    assert run("export", name) == 0
    out, err = capfdbinary.readouterr()
    assert err == b""
    assert (tmp_path / "out").read_bytes()[:8] == out[:8]
    assert len(out) == pytest.approx((tmp_path / "out").stat().st_size, abs=200)


def test_a_format_that_is_added_to_the_table_is_a_command_with_help(store, monkeypatch, capsys):
    lines = Format("Lines", "a line a photo, to read aloud", ".txt", "text/plain", lambda _, file: file.write(b"1\n"))
    monkeypatch.setitem(FORMATS, "lines", lines)
    with pytest.raises(SystemExit):
        run("export", "--help")
    assert re.search(r"lines +Lines: a line a photo, to read aloud", capsys.readouterr().out)
    assert run("export", "lines") == 0
    assert capsys.readouterr().out == "1\n"


def test_an_archive_says_what_nobody_has_typed_yet(store, tmp_path, capsys):
    assert run("export", "dwca", "-o", tmp_path / "archive.zip") == 0
    assert capsys.readouterr().err == (
        "The archive does not say title, publisher, contact, email, licence yet: fill in the form on the page Export.\n"
    )


def test_accounts_are_made_changed_and_listed(store, capsys):
    assemble(store).accounts.first_start()
    assert run("accounts", "add", "anna", "--name", "Anna Bos", "--role", "researcher") == 0
    password = capsys.readouterr().out.strip()
    assert assemble(store).accounts.sign_in("anna", password, address="1").must_change_password
    assert run("accounts", "role", "anna", "lead") == 0
    assert run("accounts", "disable", "anna") == 0
    assert run("accounts", "list") == 0
    assert capsys.readouterr().out == "admin\tAdministrator\tadmin\tactive\nanna\tAnna Bos\tlead\tdisabled\n"
    assert run("accounts", "enable", "anna") == 0
    assert run("accounts", "password", "anna") == 0
    password = capsys.readouterr().out.strip()
    assert assemble(store).accounts.sign_in("anna", password, address="1").role == "lead"


def test_a_whole_store_says_so_and_a_photo_that_is_gone_is_named(store, photos, capsys):
    assert run("ingest", photos, "--site", "Plot 3") == 0
    capsys.readouterr()
    assert (run("store", "check"), capsys.readouterr()) == (0, ("", "The store is whole.\n"))
    bloom = assemble(store)
    bloom.blobs.delete(photo_key(hashlib.sha256(photo_of(3)).hexdigest()))
    assert run("store", "check") == 1
    out, err = capsys.readouterr()
    assert "\ta.jpg\ta row without its photo" in out
    assert err == "0 repaired, 1 need a person.\n"


def test_models_are_listed_checked_and_put_to_use(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BLOOM_STORE", str(tmp_path / "store"))
    digits = digit_package(tmp_path / "digits")
    assert run("models", "check", SHIPPED_MODEL) == 0
    assert capsys.readouterr().err.strip().endswith("with 142 taxa can be used.")
    assert not (tmp_path / "store").exists()
    assert run("models", "use", digits, "--by", "anna") == 0
    said = capsys.readouterr().err.splitlines()[-1]
    assert re.fullmatch(r"digits 1 with bloom \S+ with 10 taxa is in use from now on\.", said)
    assert run("models", "list") == 0
    shipped, brought = capsys.readouterr().out.splitlines()
    assert shipped.endswith(f"\t{SHIPPED_MODEL}\t")
    assert brought == "digits 1\tin the store\tin use"
    assert run("models", "use", SHIPPED_MODEL) == 0
    capsys.readouterr()
    assert run("models", "list") == 0
    assert [line.split("\t")[2] for line in capsys.readouterr().out.splitlines()] == ["in use", ""]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["count", "nowhere.jpg"], "nowhere.jpg does not exist.", id="no such file"),
        pytest.param(["count", "EMPTY"], "There are no photos in EMPTY; they end in .jpg, .jpeg, ", id="empty folder"),
        pytest.param(["count", "PHOTO", "-o", "no/such/out.csv"], "no/such/out.csv cannot be written: ", id="output"),
        pytest.param(["count", "PHOTO", "--model", "EMPTY"], "EMPTY/model.toml is missing", id="no model"),
        pytest.param(["models", "check", "EMPTY"], "EMPTY/model.toml is missing", id="no package"),
        pytest.param(["count", "s3:///x"], "s3:///x names no bucket; write s3://bucket/prefix.", id="no bucket"),
        pytest.param(["accounts", "role", "anna", "lead"], "There are no accounts yet.", id="no accounts"),
        pytest.param(["export", "csv", "--from", "May"], "Argument --from: 'May' is no day; write it as ", id="no day"),
        pytest.param(["export", "csv", "--surer-than", "9"], "Argument --surer-than: '9' is no share; ", id="no share"),
        pytest.param(["export", "report", "--window", "0"], "Argument --window: '0' is no window; ", id="no window"),
        pytest.param(["export", "report", "--repeats", "all"], "Argument --repeats: invalid choice", id="no rule"),
        pytest.param(["export", "pdf"], "Argument FORMAT: invalid choice: 'pdf'", id="no such format"),
        pytest.param(["export", "dwca", "-o", "no/a.zip"], "no/a.zip cannot be written: ", id="output of an export"),
        pytest.param(["ingest", "PHOTO"], "The following arguments are required: --site. See ", id="no site"),
        pytest.param(["bloom"], "Argument COMMAND: invalid choice: 'bloom'", id="no such command"),
        pytest.param([], "The following arguments are required: COMMAND. See python -m core --help", id="nothing"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_2(tmp_path, monkeypatch, capfd, arguments, sentence):
    (tmp_path / "EMPTY").mkdir()
    (tmp_path / "PHOTO").write_bytes(photo_of(1))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BLOOM_STORE", str(tmp_path / "store"))
    try:
        code = run(*arguments)
    except SystemExit as stop:
        code = stop.code
    out, err = capfd.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith(sentence)
    assert len(err.splitlines()) == 1


@contextmanager
def somebody_else(folder: Path) -> Iterator[None]:
    """As a user who may not look into the folder. Root may look everywhere, and is nobody meanwhile."""
    owner = os.geteuid()
    folder.chmod(0)
    os.seteuid(owner or 65534)
    try:
        yield
    finally:
        os.seteuid(owner)
        folder.chmod(0o700)


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_a_disk_that_fills_up_is_one_sentence(store, name, capsys):
    assert run("export", name, "-o", "/dev/full") == 2
    assert capsys.readouterr().err == "No space left on device. Check disk space and permissions.\n"


def test_a_folder_below_that_may_not_be_read_is_named_as_a_file_would_be():
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "closed").mkdir()
        (Path(folder) / "open.jpg").write_bytes(photo_of(1))
        with somebody_else(Path(folder) / "closed"):
            photo, closed = find_photos([folder], s3_endpoint=None)
            assert (photo.file, photo.read(), closed.file) == ("open.jpg", photo_of(1), "closed")
            with pytest.raises(PermissionError):
                closed.read()


def test_a_photo_in_a_folder_of_somebody_else_is_named(store, photos, capsys):
    with somebody_else(photos / "plot 2"):
        assert run("count", photos / "plot 2" / "c.jpg") == 2
    assert capsys.readouterr().err.startswith(f"{photos / 'plot 2' / 'c.jpg'}: Permission denied. Check ")


COMMANDS = [
    ["count"], ["ingest"], *(["export", name] for name in FORMATS),
    ["accounts"], ["accounts", "list"], ["accounts", "add"], ["accounts", "role"], ["accounts", "password"],
    ["accounts", "disable"], ["accounts", "enable"],
    ["models"], ["models", "list"], ["models", "check"], ["models", "use"],
    ["store"], ["store", "check"], ["demo"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as stop:
        run(*command, "--help")
    assert stop.value.code == 0
    assert f"Example: python -m core {' '.join(command[:1])}" in capsys.readouterr().out


def test_the_shipped_model_counts_a_photo_from_the_command_line(tmp_path):
    (tmp_path / "a.jpg").write_bytes(photo_of(1))
    done = in_process_of_its_own("count", tmp_path / "a.jpg", "--boxes", tmp_path / "boxes.json")
    assert done.returncode == 0
    assert [row["file"] for row in csv.DictReader(StringIO(done.stdout))] == ["a.jpg"]
    assert len(json.loads((tmp_path / "boxes.json").read_text())["categories"]) == 191


def test_what_reads_the_output_may_stop_early(tmp_path):
    (tmp_path / "a.jpg").write_bytes(photo_of(1))
    command = f"{sys.executable} -m core count {tmp_path / 'a.jpg'} | true"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert "Traceback" not in done.stderr
