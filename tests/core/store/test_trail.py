"""The trail: every change of state adds to it, and it names photos by their ids only."""

from __future__ import annotations

import ast
import getpass
import platform
import re
from argparse import Namespace
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from core.bloomcount import assemble
from core.commands.demo import demo
from core.errors import AccountProblem, StoreError
from core.exports.publication import Publication, keep_publication
from core.flora.plants import Plant
from core.intake.corrections import Correction, correct, correct_many, rename_site, undo
from core.intake.deletion import delete_photos
from core.intake.store_check import check
from core.language import DUTCH_TIME
from core.people import passwords
from core.recognition.name_lists import flora_list
from core.recognition.package import load_package
from core.review.names import write_name
from core.review.reviews import undo_review
from core.review.samples import draw_sample
from core.settings import SHIPPED_MODEL, Settings
from core.store.records import Fieldwork, Site
from core.store.selection import EVERYTHING
from core.store.tables import Tables
from core.store.trail import ACTIONS, Named, Part
from tests.counts_saved import redo_review, save_counts
from tests.people import ADMIN
from tests.survey import UPLOADED, count, person, photo

ROOT = Path(__file__).parents[3]
OWN = "four calm yellow daisies"
EVERY_ENTRY = Part()
LEA = Named("lea", "198.51.100.7")


@pytest.fixture
def bloom(tmp_path, monkeypatch):
    """A store with an account lea and a photo of the dunes by anna."""
    monkeypatch.setattr(passwords, "BCRYPT_COST", 4)
    bloom = assemble(Settings(store=str(tmp_path / "store")))
    bloom.accounts.first_start()
    bloom.accounts.add("lea", "Lea Bos", "lead", by=ADMIN)
    bloom.accounts.set_password("lea", OWN, address=LEA.address)
    count(bloom.library, photo("IMG_1.jpg", note="rare orchid here"), {"rosa": 3})
    return bloom


def told(bloom, part=EVERY_ENTRY):
    """The entries, oldest first, without their times."""
    columns = ("by", "from", "action", "what", "before", "after")
    rows = bloom.library.trail.entries(part).reverse().select(columns).rows()
    return [
        tuple(re.sub(r"^[0-9a-f]{12}$", "the id", re.sub(r"drop \d\S*", "drop D", text)) for text in row)
        for row in rows
    ]


def sign_in(bloom):
    person = bloom.accounts.sign_in("lea", OWN, address=LEA.address)
    bloom.accounts.open_sign_in(person, 4e9)


def refused(bloom):
    for name in ("lea", "my password"):
        with pytest.raises(AccountProblem):
            bloom.accounts.sign_in(name, "wrong", address=LEA.address)


def lose_row(bloom):
    """A photo of which only the bytes are left."""
    return bloom.library.pictures.add(b"bytes")


def lead():
    return replace(person("lea", "lead"), address=LEA.address)


def site(**other):
    return Site("dunes", 52.4, 4.6, "", None, "lea", UPLOADED, **other)


ID = photo("IMG_1.jpg").photo_id
AS_LEA = ("lea", LEA.address)
SHIPPED = load_package(SHIPPED_MODEL)
LOST = sha256(b"bytes").hexdigest()
ANSWER = "waits to be counted, in drop D of admin; its name, site and note are lost"
AT_TERMINAL = (getpass.getuser(), f"command line of {platform.node()}")
CHANGES = [
    pytest.param(
        refused,
        [
            (*AS_LEA, "sign-in refused", "lea", "", "wrong password"),
            ("", LEA.address, "sign-in refused", "", "", "no such account"),
        ],
        id="failed sign-ins, without the name that nobody has",
    ),
    pytest.param(sign_in, [(*AS_LEA, "signed in", "lea", "", "")], id="sign-in"),
    pytest.param(
        lambda bloom: bloom.accounts.sign_out("lea", 4e9, address=LEA.address),
        [(*AS_LEA, "signed out", "lea", "", "")],
        id="sign-out",
    ),
    pytest.param(
        lambda bloom: bloom.accounts.sign_out_everywhere("lea", by=LEA),
        [(*AS_LEA, "signed out everywhere", "lea", "", "")],
        id="sign-out everywhere",
    ),
    pytest.param(
        lambda bloom: bloom.accounts.add("ben", "Ben", "researcher", by=LEA),
        [(*AS_LEA, "account added", "ben", "", "researcher")],
        id="account",
    ),
    pytest.param(
        lambda bloom: bloom.library.describe_fieldwork(
            Fieldwork("d1", "lea", UPLOADED, protocol="timed", minutes=10), by=LEA
        ),
        [(*AS_LEA, "field work described", "drop d1", "", '{"protocol": "timed", "minutes": 10}')],
        id="field work of a drop",
    ),
    pytest.param(
        lambda bloom: bloom.accounts.set_role("lea", "admin", by=ADMIN),
        [("admin", ADMIN.address, "role changed", "lea", "lead", "admin")],
        id="role",
    ),
    pytest.param(
        lambda bloom: bloom.accounts.change_password("lea", OWN, OWN + "s", address=LEA.address),
        [(*AS_LEA, "password changed", "lea", "", "")],
        id="password",
    ),
    pytest.param(
        lambda bloom: bloom.accounts.publish_as(lead(), pseudonym="L. B.", orcid=""),
        [(*AS_LEA, "published name changed", "lea", '{"name": "Lea Bos"}', '{"name": "L. B."}')],
        id="published name",
    ),
    pytest.param(
        lambda bloom: bloom.accounts.one_time_password("lea", by=ADMIN),
        [("admin", ADMIN.address, "one-time password made", "lea", "", "")],
        id="one-time password",
    ),
    pytest.param(
        lambda bloom: bloom.accounts.disable("lea", by=ADMIN),
        [("admin", ADMIN.address, "account disabled", "lea", "", "")],
        id="disabled",
    ),
    pytest.param(
        lambda bloom: bloom.accounts.enable("lea", by=ADMIN),
        [("admin", ADMIN.address, "account enabled", "lea", "", "")],
        id="enabled",
    ),
    pytest.param(
        lambda bloom: bloom.library.describe_sites([site()], by=LEA),
        [(*AS_LEA, "site described", "dunes", "", '{"latitude": 52.4, "longitude": 4.6}')],
        id="site",
    ),
    pytest.param(
        lambda bloom: bloom.library.describe_sites([site(removed=True)], by=LEA),
        [(*AS_LEA, "site description removed", "dunes", "", "")],
        id="removed site",
    ),
    pytest.param(
        lambda bloom: rename_site(bloom.library, "dunes", "heath", by=lead()),
        [(*AS_LEA, "site renamed", "dunes", "dunes", "heath")],
        id="renamed site",
    ),
    pytest.param(
        lambda bloom: correct(bloom.library, bloom.library.photo(ID), site="heath", note="", by=person("anna")),
        [("anna", "", "photos corrected", ID, '{"site": "dunes"}', '{"site": "heath", "note": "changed"}')],
        id="moved photo, without its note",
    ),
    pytest.param(
        lambda bloom: correct_many(bloom.library, [ID], Correction(hide="a face"), by=lead()),
        [(*AS_LEA, "photos hidden", ID, "", "")],
        id="hidden photo, without the reason",
    ),
    pytest.param(
        lambda bloom: undo(bloom.library, correct_many(bloom.library, [ID], Correction(hide=""), by=lead()), by=lead()),
        [(*AS_LEA, "photos hidden", ID, "", ""), (*AS_LEA, "correction undone", ID, "", "")],
        id="correction undone",
    ),
    pytest.param(
        lambda bloom: [
            correct_many(bloom.library, [ID], change, by=lead())
            for change in (Correction(hide=""), Correction(show=True))
        ],
        [(*AS_LEA, "photos hidden", ID, "", ""), (*AS_LEA, "photos shown", ID, "", "")],
        id="shown photo",
    ),
    pytest.param(
        lambda bloom: delete_photos(bloom.library, bloom.inbox, [ID], keep_counts=True, by=lead()),
        [(*AS_LEA, "photos deleted", ID, "", '{"counts": "kept"}')],
        id="deleted photo",
    ),
    pytest.param(
        lambda bloom: (
            save_counts(bloom.library, ID, {"rosa": 2}, package=SHIPPED, by=person("anna")),
            undo_review(bloom.library, ID, package=SHIPPED, by=person("anna")),
            redo_review(bloom.library, ID, package=SHIPPED, by=person("lea")),
        ),
        [
            ("anna", "", "review saved", ID, "", '{"rosa": 2}'),
            ("anna", "", "review undone", ID, "", ""),
            ("lea", "", "review redone", ID, "", '{"rosa": 2}'),
        ],
        id="review saved, undone and redone",
    ),
    pytest.param(
        lambda bloom: bloom.recount.start("bloom", "1.0", by=ADMIN),
        [("admin", ADMIN.address, "recount started", "bloom 1.0", "", "")],
        id="recount",
    ),
    pytest.param(
        lambda bloom: bloom.recount.stop(by=ADMIN),
        [("admin", ADMIN.address, "recount stopped", "", "", "")],
        id="recount stopped",
    ),
    pytest.param(
        lambda bloom: draw_sample(bloom.library, EVERYTHING, 5, seed=7, by=person("anna")),
        [("anna", "", "blind recount drawn", "the id", "", "1 photo, seed 7")],
        id="blind recount",
    ),
    pytest.param(
        lambda bloom: write_name(
            bloom.models.names, "Rosa nova", "species", "Rosaceae", package=SHIPPED, by=person("anna")
        ),
        [("anna", "", "name written", "Rosa nova", "", "species, Rosaceae")],
        id="name written",
    ),
    pytest.param(
        lambda bloom: bloom.models.names.put_list([Plant("Rosa nova", "species", "Rosa", "Rosaceae")], by=ADMIN),
        [("admin", ADMIN.address, "list of names replaced", "", "0 names", "1 names")],
        id="list of names",
    ),
    pytest.param(
        lambda bloom: bloom.models.names.let(flora_list(), ["dunes"], by=ADMIN),
        [("admin", ADMIN.address, "list of names chosen", "dunes", "", "Flora of the Netherlands")],
        id="names that may be given",
    ),
    pytest.param(
        lambda bloom: keep_publication(bloom.blobs, Publication(title="Dunes"), by=LEA),
        [(*AS_LEA, "publication changed", "Dunes", '{"title": ""}', '{"title": "Dunes"}')],
        id="publication",
    ),
    pytest.param(
        lambda bloom: bloom.models.use(SHIPPED_MODEL, by=ADMIN),
        [("admin", ADMIN.address, "model chosen", f"{SHIPPED.name} {SHIPPED.version}", "", "")],
        id="model",
    ),
    pytest.param(
        lambda bloom: list(check(bloom.library, bloom.inbox, by=ADMIN)) if lose_row(bloom) else None,
        [("admin", ADMIN.address, "store repaired", LOST, "a photo without a row and without a ticket", ANSWER)],
        id="repair",
    ),
    pytest.param(
        lambda bloom: demo(Namespace(remove=True, photos=None), bloom.settings),
        [(*AT_TERMINAL, "demo photos removed", "0 photos", "", "")],
        id="demo removed",
    ),
    pytest.param(
        lambda bloom: demo(Namespace(remove=False, photos=3), bloom.settings),
        [(*AT_TERMINAL, "demo photos added", "3 photos", "", "")],
        id="demo",
    ),
]


@pytest.mark.parametrize(("change", "entries"), CHANGES)
def test_the_trail_says_who_did_what_and_from_where(bloom, change, entries):
    before = len(told(bloom))
    change(bloom)
    assert told(bloom)[before:] == entries


def test_every_action_of_the_trail_is_shown_above():
    shown = {entry[2] for change in CHANGES for entry in change.values[1]}
    assert [action for action in ACTIONS if action not in shown] == []


def test_the_trail_keeps_neither_file_name_nor_position_nor_note_of_a_photo(bloom):
    stored = bloom.library.photo(ID)
    noted = correct(bloom.library, stored, site="heath", note="a rare orchid", by=person("anna"))
    correct(bloom.library, noted, site="wood", note="two of them", by=lead())
    trail = str(told(bloom))
    assert [text for text in ("IMG_1", "orchid", "two of them", "52.4") if text in trail] == []


def test_a_part_of_the_trail_is_chosen_by_person_action_and_day(bloom):
    today = datetime.now(DUTCH_TIME).date()
    bloom.accounts.set_role("lea", "admin", by=LEA)
    bloom.accounts.set_role("lea", "lead", by=ADMIN)
    roles = Part(actions=("role changed",))
    assert [entry[0] for entry in told(bloom, roles)] == ["lea", "admin"]
    assert [entry[5] for entry in told(bloom, Part(people=("lea",), actions=("role changed",)))] == ["admin"]
    assert bloom.library.trail.number(Part(since=today, until=today, actions=roles.actions)) == 2
    assert bloom.library.trail.number(Part(until=today - timedelta(days=1))) == 0
    assert bloom.library.trail.number(Part(since=date(2200, 1, 1))) == 0
    assert len(bloom.library.trail.entries(Part(), most=2)) == 2
    assert bloom.library.trail.people() == ["admin", "bloomcount", "lea"]


def test_a_trail_that_cannot_be_written_stops_nobody_and_is_in_the_log(bloom, monkeypatch, caplog):
    def full(*_):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(Tables, "append", full)
    assert bloom.accounts.sign_in("lea", OWN, address=LEA.address).username == "lea"
    bloom.accounts.set_role("lea", "researcher", by=ADMIN)
    assert bloom.accounts.find("lea").role == "researcher"
    assert "The trail cannot be written: The disk is full." in caplog.text
    assert "role changed" in str([record.__dict__ for record in caplog.records])


WRITERS = (
    *("change_document", "library.record", "tables.append", "tables.delete", "add_package"),
    *("blobs.put", "blobs.delete", "pictures.add", "pictures.put_thumb", "pictures.put_demo"),
)
"""Ends of the calls that change a store."""
TELLERS = ("trail.add", "trail.add_all")

NO_ACT_OF_A_PERSON = {
    "core/demo/store.py": "the command demo adds the entry",
    "core/intake/drops.py: record": "what a worker found in a person's upload",
    "core/intake/inbox.py": "tickets of photos that wait; who changes a drop or a site adds the entry",
    "core/intake/naming_again.py: some": "the worker goes on with what choosing a list began",
    "core/intake/pipeline.py: accept": "an upload: its row says who, when and in which drop",
    "core/intake/pipeline.py: kept": "an upload: its row says who, when and in which drop",
    "core/intake/pipeline.py: finish": "the worker counts what a person uploaded",
    "core/intake/recount.py: hand_out": "the worker goes on with what a person started",
    "core/models.py: recogniser": "a copy of the running model goes into the store",
    "core/models.py: newest_recogniser": "a copy of the running model goes into the store",
    "core/people/accounts.py: set_csv": "a person's own taste",
    "core/people/accounts.py: set_language": "a person's own taste",
    "core/people/signin_limits.py": "attempts are counted; sign_in adds the entry",
}
"""Modules and functions that write and add nothing to the trail, with the reason. core.store knows no person."""


def untold(path: Path) -> set[str]:
    """Public functions of a module that reach a writer, and no entry of the trail, by calls within the module."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)]
    calls = {node.name: {called(call) for call in ast.walk(node) if isinstance(call, ast.Call)} for node in nodes}
    for _ in calls:
        calls = {name: names.union(*(calls.get(other, set()) for other in names)) for name, names in calls.items()}
    return {
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for name, names in calls.items()
        if not name.startswith("_")
        and any(call.endswith(WRITERS) for call in names)
        and not any(call.lower().startswith("trail") or call.endswith(TELLERS) for call in names)
    }


def called(call: ast.Call) -> str:
    return ast.unparse(call.func).removeprefix("self.")


def test_every_function_that_changes_a_store_adds_to_the_trail_or_says_why_not():
    paths = [path for folder in ("core", "web", "pages") for path in (ROOT / folder).rglob("*.py")]
    found = {name for path in paths if "core/store/" not in path.as_posix() for name in untold(path)}
    excused = {name for name in found if name in NO_ACT_OF_A_PERSON or name.partition(":")[0] in NO_ACT_OF_A_PERSON}
    assert sorted(found - excused) == []
    assert sorted(set(NO_ACT_OF_A_PERSON) - excused - {name.partition(":")[0] for name in excused}) == []


def test_a_function_that_changes_a_store_in_silence_is_found(tmp_path, monkeypatch):
    silent = "def hide(library, rows):\n    _keep(library, rows)\ndef _keep(library, rows):\n    library.record(rows)\n"
    monkeypatch.setattr("tests.core.store.test_trail.ROOT", tmp_path)
    (tmp_path / "a.py").write_text(silent)
    assert untold(tmp_path / "a.py") == {"a.py: hide"}
    (tmp_path / "a.py").write_text(f"{silent}    library.trail.add('hidden')\n")
    assert untold(tmp_path / "a.py") == set()
