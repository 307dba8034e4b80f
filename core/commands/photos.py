"""python -m core photos: hide photos, show them again, or delete them for privacy."""

from __future__ import annotations

import argparse
import re

from core.bloomcount import Bloomcount, assemble
from core.commands.parser import DONE, Commands, add_parser, operator, user
from core.commands.progress import say
from core.errors import BloomError
from core.intake.corrections import Correction, correct_many
from core.intake.deletion import delete_photos
from core.settings import Settings

START = re.compile(r"[0-9a-f]{8,64}")


class WrongPhoto(BloomError):
    """Photos that the store does not know, or a deletion without its last word."""


def add_photos(commands: Commands) -> None:
    """Let `photos` follow `python -m core`."""
    parser = add_parser(
        commands,
        "photos",
        "hide photos, show them again, or delete them for privacy",
        'python -m core photos hide 5a697da154d4 --why "a face"',
    )
    parser.set_defaults(run=photos)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    hide = _of_photos(
        actions,
        "hide",
        "take photos out of every count, chart and export until they are shown again",
        'python -m core photos hide --drop 20261130T101530.123456-ab12cd34 --why "dropped by mistake"',
    )
    hide.add_argument("--why", default="", metavar="TEXT", help="the reason, kept with every photo")
    _of_photos(actions, "show", "show hidden photos again", "python -m core photos show 5a697da154d4")
    delete = _of_photos(
        actions,
        "delete",
        "delete photos for privacy: nobody can have them back, and the same bytes are not taken in again",
        "python -m core photos delete 5a697da154d4 --counts keep --yes",
    )
    delete.add_argument(
        "--counts",
        choices=("keep", "delete"),
        required=True,
        help="keep the counts, without file name, position, note and person, or delete them too",
    )
    delete.add_argument("--yes", action="store_true", help="do it; without it the command only says how many it would")


def photos(chosen: argparse.Namespace, settings: Settings) -> int:
    """Hide, show or delete the photos that were chosen."""
    bloom, by = assemble(settings), operator(chosen.by)
    ids = _chosen(bloom, chosen)
    if chosen.action == "delete":
        if not chosen.yes:
            raise WrongPhoto(f"This deletes {len(ids):,} photos for good: say --yes.")
        deleted = delete_photos(bloom.library, bloom.inbox, ids, keep_counts=chosen.counts == "keep", by=by)
        say(f"{deleted:,} photos are deleted; a tombstone of each is left.")
        return DONE
    correction = Correction(hide=chosen.why) if chosen.action == "hide" else Correction(show=True)
    changed = correct_many(bloom.library, ids, correction, by=by)
    say(f"{changed.photos:,} of {len(ids):,} photos are {'hidden' if chosen.action == 'hide' else 'shown'} now.")
    return DONE


def _chosen(bloom: Bloomcount, chosen: argparse.Namespace) -> list[str]:
    ids = bloom.library.own_photos(chosen.drop) if chosen.drop else []
    if chosen.drop and not ids:
        raise WrongPhoto(f"There is no drop {chosen.drop}, or all its photos were here already.")
    if not ids and not chosen.photo:
        raise WrongPhoto("Say which photos: their photo_id, as in the CSV, or --drop ID.")
    for start in chosen.photo:
        found = bloom.library.ids_from(start) if START.fullmatch(start) else []
        if len(found) != 1:
            many = f"{len(found)} photos have" if found else "no photo has"
            raise WrongPhoto(f"{many.capitalize()} a photo_id that begins with {start!r}: give it as in the CSV.")
        ids += found
    return list(dict.fromkeys(ids))


def _of_photos(actions: Commands, name: str, does: str, example: str) -> argparse.ArgumentParser:
    parser = add_parser(actions, name, does, example)
    parser.add_argument(
        "photo", nargs="*", metavar="PHOTO", help="a photo_id as in the CSV, or its beginning, 8 letters or more"
    )
    parser.add_argument("--drop", metavar="ID", help="all photos that came first in this drop")
    parser.add_argument(
        "--by", default=user(), metavar="NAME", help="who does it (else the name you are logged in with)"
    )
    return parser
