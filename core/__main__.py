"""The command line: python -m core. Each command reads its arguments, asks core, writes the answer.

Data goes to standard output or -o, everything else to standard error. Exit 0: done; 1: some photos failed, each
named; 2: wrong use or something that cannot be used, in one sentence.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence

from core.commands.accounts import add_accounts
from core.commands.count import add_count
from core.commands.demo import add_demo
from core.commands.export import add_export
from core.commands.ingest import add_ingest
from core.commands.models import add_models
from core.commands.parser import DONE, INTERRUPTED, WRONG_USE, Parser
from core.commands.photos import add_photos
from core.commands.progress import say
from core.commands.store import add_store
from core.errors import BloomError
from core.settings import load_settings

COMMANDS = (add_count, add_ingest, add_export, add_accounts, add_photos, add_models, add_store, add_demo)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments; `run` is the command. Wrong use ends the process with 2 and one sentence."""
    parser = Parser(prog="python -m core", description="Count flowers in photos, and look after the store.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one command."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    logging.basicConfig(format="%(message)s", level=logging.ERROR)
    try:
        chosen = parse(arguments)
        code: int = chosen.run(chosen, load_settings())
        return code
    except BloomError as problem:
        say(str(problem))
        return WRONG_USE
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return DONE
    except OSError as problem:  # a full disk, a folder of somebody else
        where = f"{problem.filename}: " if problem.filename else ""
        say(f"{where}{problem.strerror or problem}. Check disk space and permissions.")
        return WRONG_USE
    except KeyboardInterrupt:
        say("Stopped. Photos that were taken into the store are kept, and counted by the next run or the app.")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
