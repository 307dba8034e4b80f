"""python -m core demo: made-up photos into the store, or out of it again."""

from __future__ import annotations

import argparse

from core.bloomcount import assemble
from core.commands.parser import DONE, Commands, add_parser, terminal
from core.commands.progress import Progress, say
from core.demo.store import fill, remove
from core.settings import Settings

MOST_PHOTOS = 10_000_000


def add_demo(commands: Commands) -> None:
    """Let `demo` follow `python -m core`."""
    parser = add_parser(
        commands,
        "demo",
        "fill the store with made-up photos and counts, marked as such, or take exactly those out again",
        "python -m core demo --photos 5000",
    )
    parser.set_defaults(run=demo)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--photos", type=_whole_number, metavar="N", help="add so many demo photos")
    what.add_argument("--remove", action="store_true", help="take all demo photos out; real ones stay")


def demo(chosen: argparse.Namespace, settings: Settings) -> int:
    """Made-up photos into the store, or out of it again."""
    bloom = assemble(settings)
    if chosen.remove:
        gone = remove(bloom.library)
        bloom.library.trail.add("demo photos removed", f"{gone} photos", by=terminal())
        say(f"{gone:,} demo photos are gone; nothing else was touched.")
        return DONE
    progress = Progress(chosen.photos)
    fill(bloom.library, bloom.models.package(), chosen.photos, progress=progress.tell)
    bloom.library.trail.add("demo photos added", f"{chosen.photos} photos", by=terminal())
    say(f"{chosen.photos:,} demo photos are in {settings.store}. Take them out again: python -m core demo --remove")
    return DONE


def _whole_number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= MOST_PHOTOS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MOST_PHOTOS:,}")
    return int(text)
