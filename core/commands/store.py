"""python -m core store: look whether the store is whole, and repair what can be repaired."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from core.bloomcount import assemble
from core.commands.parser import DONE, SOME_FAILED, Commands, add_parser, terminal, user
from core.commands.progress import say
from core.intake.store_check import check
from core.settings import Settings


def add_store(commands: Commands) -> None:
    """Let `store` follow `python -m core`."""
    parser = add_parser(commands, "store", "look after what the store holds", "python -m core store check")
    parser.set_defaults(run=store)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    action = add_parser(
        actions,
        "check",
        "find photos without rows, rows without photos and tickets without photos, and repair what can be repaired; "
        "ends with 1 where something is left that needs a person",
        "python -m core store check",
    )
    action.add_argument(
        "--by",
        default=user(),
        metavar="NAME",
        help="whose the photos become of which only the bytes are left (else the name you are logged in with)",
    )
    action.add_argument(
        "--restore",
        choices=("first", "last"),
        help="of photos that version 1.0 let be uploaded again with another site or note: the upload whose site and "
        "note hold from now on (else the first, unless it was corrected); an empty one erases nothing",
    )


def store(chosen: argparse.Namespace, settings: Settings) -> int:
    """Look whether the store is whole, and repair what can be repaired."""
    bloom = assemble(settings)
    repaired: Counter[bool] = Counter()
    for finding in check(bloom.library, bloom.inbox, by=terminal(chosen.by), restore=chosen.restore):
        repaired[finding.repaired] += 1
        sys.stdout.write(f"{finding.photo_id}\t{finding.file}\t{finding.problem}\t{finding.answer}\n")
    say(f"{repaired[True]:,} repaired, {repaired[False]:,} need a person." if repaired else "The store is whole.")
    return SOME_FAILED if repaired[False] else DONE
