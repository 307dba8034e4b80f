"""What may follow `python -m core`, with help and an example each. What the commands do is in __main__."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from core.exports.formats import FORMATS
from core.intake.seams import SEAMS_MAY_CHANGE
from core.people.person import ROLES
from core.survey.repeats import LONGEST_WINDOW_DAYS, RULES

Commands: TypeAlias = "argparse._SubParsersAction[Any]"

MOST_DEMO_PHOTOS = 10_000_000
PATH_HELP = "a photo, a folder with all below it, or s3://bucket/prefix"


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments; `command` names the command. Wrong use ends the process with 2 and one sentence."""
    parser = _Parser(prog="python -m core", description="Count flowers in photos, and look after the store.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_count(commands)
    _add_ingest(commands)
    _add_export(commands)
    _add_accounts(commands)
    _add_models(commands)
    _add_store(commands)
    _add_demo(commands)
    return parser.parse_args(arguments)


class _Parser(argparse.ArgumentParser):
    """An error is one sentence and says where help is."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message[:1].upper()}{message[1:].rstrip('.')}. See {self.prog} --help\n")


def _command(commands: Commands, name: str, does: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=does,
        description=f"{does[:1].upper()}{does[1:]}.",
        epilog=f"Example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def _add_count(commands: Commands) -> None:
    parser = _command(
        commands,
        "count",
        "count the flowers in photos, without touching any store",
        "python -m core count veld/ IMG_1.heic -o counts.csv --boxes boxes.json",
    )
    parser.add_argument("path", nargs="+", metavar="PATH", help=PATH_HELP)
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE", help="write the CSV here, not to the screen")
    parser.add_argument("--model", type=Path, metavar="DIR", help="count with this model package (else BLOOM_MODEL)")
    more = parser.add_mutually_exclusive_group()
    more.add_argument(
        "--boxes", type=Path, metavar="FILE", help="also write every candidate flower as COCO JSON, with its score"
    )
    more.add_argument(
        "--check-seams",
        action="store_true",
        help="count each photo again with the tiles of its closer looks shifted by half a tile, and write both counts "
        "and the change in percent instead; ends with 1 where a count changes by more than "
        f"{100 * SEAMS_MAY_CHANGE:.0f} %% and more than one flower",
    )


def _add_ingest(commands: Commands) -> None:
    parser = _command(
        commands,
        "ingest",
        "take photos into the store as an upload would, and count them",
        'python -m core ingest card/ --site "Plot 3" --note "after rain"',
    )
    parser.add_argument("path", nargs="+", metavar="PATH", help=PATH_HELP)
    parser.add_argument("--site", required=True, metavar="NAME", help="where the photos were taken")
    parser.add_argument("--note", default="", metavar="TEXT", help="a remark kept with every photo")
    parser.add_argument(
        "--by", default=_user(), metavar="NAME", help="who uploads them (else the name you are logged in with)"
    )


def _add_export(commands: Commands) -> None:
    formats = _command(
        commands, "export", "write what the store holds to a file", "python -m core export csv -o counts.csv"
    ).add_subparsers(dest="format", required=True, metavar="FORMAT")
    for name, wanted in FORMATS.items():
        example = (
            f'python -m core export {name} --site "Plot 3" --from 2026-05-01 --to 2026-05-31 -o may{wanted.suffix}'
        )
        parser = _command(formats, name, wanted.does, example)
        _add_filter(parser)
        if name == "report":
            _add_repeats(parser)


def _add_filter(parser: argparse.ArgumentParser) -> None:
    """Which photos and observations, and where they go; an option given again adds to it."""
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


def _add_accounts(commands: Commands) -> None:
    actions = _command(
        commands,
        "accounts",
        "list and change the people who may sign in",
        'python -m core accounts add anna --name "Anna Bos" --role researcher',
    ).add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(actions, "list", "user name, name, role and state of everybody", "python -m core accounts list")
    add = _of_person(actions, "add", "make an account and print its one-time password")
    add.add_argument("--name", required=True, help="the person's name")
    add.add_argument("--role", choices=ROLES, default=ROLES[0], help=f"what the person may do (else {ROLES[0]})")
    add.epilog = 'Example: python -m core accounts add anna --name "Anna Bos" --role lead'
    role = _of_person(actions, "role", "give a person another role")
    role.add_argument("role", choices=ROLES, help="what the person may do")
    role.epilog = "Example: python -m core accounts role anna lead"
    _of_person(actions, "password", "print a new one-time password")
    _of_person(actions, "disable", "let an account sign in no more, and end its sign-ins")
    _of_person(actions, "enable", "let a disabled account sign in again")


def _of_person(actions: Commands, name: str, does: str) -> argparse.ArgumentParser:
    parser = _command(actions, name, does, f"python -m core accounts {name} anna")
    parser.add_argument("username", metavar="USERNAME")
    return parser


def _add_models(commands: Commands) -> None:
    actions = _command(
        commands,
        "models",
        "list model packages, check one, or take one into use",
        "python -m core models check models/bloom-108",
    ).add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(
        actions, "list", "packages of this machine and of the store, and the one in use", "python -m core models list"
    )
    check = _command(
        actions, "check", "read a package and run its networks once", "python -m core models check models/bloom-108"
    )
    use = _command(
        actions,
        "use",
        "check a package, copy it into the store and count with it from now on",
        "python -m core models use models/bloom-108",
    )
    for parser in (check, use):
        parser.add_argument("folder", type=Path, metavar="DIR", help="the folder with model.toml; see docs/models.md")
    use.add_argument("--by", default=_user(), metavar="NAME", help="who decides (else the name you are logged in with)")


def _add_store(commands: Commands) -> None:
    actions = _command(
        commands, "store", "look after what the store holds", "python -m core store check"
    ).add_subparsers(dest="action", required=True, metavar="ACTION")
    check = _command(
        actions,
        "check",
        "find photos without rows, rows without photos and tickets without photos, and repair what can be repaired; "
        "ends with 1 where something is left that needs a person",
        "python -m core store check",
    )
    check.add_argument(
        "--by",
        default=_user(),
        metavar="NAME",
        help="whose the photos become of which only the bytes are left (else the name you are logged in with)",
    )


def _add_demo(commands: Commands) -> None:
    parser = _command(
        commands,
        "demo",
        "fill the store with made-up photos and counts, marked as such, or take exactly those out again",
        "python -m core demo --photos 5000",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--photos", type=_whole_number, metavar="N", help="add so many demo photos")
    what.add_argument("--remove", action="store_true", help="take all demo photos out; real ones stay")


def _whole_number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= MOST_DEMO_PHOTOS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MOST_DEMO_PHOTOS:,}")
    return int(text)


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


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "command line"
