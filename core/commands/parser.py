"""The parser of a command, with help and an example, and the codes that commands end with."""

from __future__ import annotations

import argparse
import getpass
import platform
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeAlias

from core.people.person import Person
from core.store.trail import Named

Commands: TypeAlias = "argparse._SubParsersAction[Any]"

DONE, SOME_FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes."""

PATH_HELP = "a photo, a folder with all below it, s3://bucket/prefix, or a .csv or .parquet list with a column path"


class Parser(argparse.ArgumentParser):
    """An error is one sentence and says where help is."""

    def error(self, message: str) -> NoReturn:
        """End with WRONG_USE."""
        self.exit(WRONG_USE, f"{message[:1].upper()}{message[1:].rstrip('.')}. See {self.prog} --help\n")


def add_parser(commands: Commands, name: str, does: str, example: str) -> argparse.ArgumentParser:
    """The parser of a command, or of an action of one."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=does,
        description=f"{does[:1].upper()}{does[1:]}.",
        epilog=f"Example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def add_ray(parser: argparse.ArgumentParser) -> None:
    """Let a command that counts photos take --ray."""
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="count on the machines of the Ray cluster at this address (auto: the one that this machine is part of), "
        "or in processes of this machine (local): see docs/scale.md",
    )


def terminal(username: str = "") -> Named:
    """The person at this terminal, for the trail: under this name, else the one that they are logged in with."""
    return Named(username or user(), f"command line of {platform.node()}")


def operator(username: str) -> Person:
    """The person at this terminal, who may do with photos what a lead may: the store is in their hands."""
    return Person(username, username, "lead", datetime.now(UTC), "", address=terminal().address)


def user() -> str:
    """The name that the person at this terminal is logged in with."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "command line"
