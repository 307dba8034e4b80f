"""python -m core export: what the store holds, in one of the formats, as pages show it: nothing is counted again."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from core.bloomcount import assemble
from core.commands.parser import DONE, Commands, add_parser
from core.commands.progress import Progress, say
from core.exports.files import CannotWrite, output_bytes
from core.exports.formats import FORMATS
from core.exports.publication import read_publication
from core.exports.stored import Stored
from core.settings import Settings
from core.store.selection import Selection
from core.survey.filter_words import with_every_name
from core.survey.repeats import LONGEST_WINDOW_DAYS, RULES, Repeats


def add_export(commands: Commands) -> None:
    """Let `export` follow `python -m core`, and each format follow that."""
    parser = add_parser(
        commands, "export", "write what the store holds to a file", "python -m core export csv -o counts.csv"
    )
    parser.set_defaults(run=export)
    formats = parser.add_subparsers(dest="format", required=True, metavar="FORMAT")
    for name, wanted in FORMATS.items():
        example = (
            f'python -m core export {name} --site "Plot 3" --from 2026-05-01 --to 2026-05-31 -o may{wanted.suffix}'
        )
        parser = add_parser(formats, name, f"{wanted.title}: {wanted.purpose}", example)
        _add_filter(parser)
        if wanted.adds_up:
            _add_repeats(parser)


def export(chosen: argparse.Namespace, settings: Settings) -> int:
    """Write the stored observations in one of the formats, as pages show them: nothing is counted again."""
    wanted = FORMATS[chosen.format]
    if chosen.output is None and not wanted.text and sys.stdout.isatty():
        raise CannotWrite(f"{wanted.title} is not for the screen: write it to a file with -o FILE.")
    which = Selection(
        sites=tuple(chosen.site),
        people=tuple(chosen.by),
        taxa=tuple(chosen.taxon),
        taken_from=chosen.from_day,
        taken_to=chosen.to_day,
        min_confidence=chosen.surer_than,
        reviewed_only=chosen.reviewed_only,
        drop_id=chosen.drop,
    )
    repeats = Repeats(chosen.repeats, chosen.window) if wanted.adds_up else Repeats()
    with output_bytes(chosen.output) as out:
        bloom = assemble(settings)
        labels, publication = bloom.models.package().names, read_publication(bloom.blobs)
        which = with_every_name(which, bloom.library.taxa(), labels)
        progress = Progress(nouns="observations")
        stored = Stored(
            bloom.library,
            labels,
            bloom.models.package_of,
            which,
            publication,
            bloom.accounts.published(),
            repeats=repeats,
            progress=progress.tell,
        )
        wanted.write(stored, out)
    if wanted.published and publication.missing:
        say(f"The archive does not say {', '.join(publication.missing)} yet: fill in the form on the page Export.")
    return DONE


def _add_filter(parser: argparse.ArgumentParser) -> None:
    """Options that choose photos and observations, and the file; an option given again adds to it."""
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE", help="write here, not to the screen")
    parser.add_argument(
        "--site", action="append", default=[], metavar="NAME", help="photos of this site only; may be given again"
    )
    parser.add_argument(
        "--from", dest="from_day", type=_day, metavar="DAY", help="photos taken on this day or later: 2026-05-01"
    )
    parser.add_argument("--to", dest="to_day", type=_day, metavar="DAY", help="photos taken on this day or earlier")
    parser.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="USERNAME",
        help="photos that this person uploaded; may be given again",
    )
    parser.add_argument("--drop", metavar="ID", help="photos of this drop only")
    parser.add_argument(
        "--taxon",
        action="append",
        default=[],
        metavar="TAXON",
        help="flowers of this taxon only, as in the column taxon; may be given again",
    )
    parser.add_argument(
        "--surer-than", type=_share, default=0.0, metavar="SHARE", help="names at least as sure as this only: 0.9"
    )
    parser.add_argument("--reviewed-only", action="store_true", help="only what a person has said")


def _add_repeats(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--repeats",
        choices=RULES,
        default=RULES[0],
        help=f"what counts of a site's photos within --window (else {RULES[0]})",
    )
    parser.add_argument(
        "--window", type=_window, default=1, metavar="DAYS", help="photos within so many days are repeats (else 1)"
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as 2026-05-01") from None


def _window(text: str) -> int:
    days = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= days <= LONGEST_WINDOW_DAYS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no window; write a number of days from 1 to {LONGEST_WINDOW_DAYS}"
        )
    return days


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share; write a number from 0 to 1, as in 0.9")
    return share
