"""python -m core accounts: list and change the people who may sign in."""

from __future__ import annotations

import argparse
import sys

from core.commands.parser import DONE, Commands, add_parser, terminal
from core.commands.progress import say
from core.people.accounts import Accounts
from core.people.person import ROLES
from core.settings import Settings
from core.store.blobs import open_blobs


def add_accounts(commands: Commands) -> None:
    """Let `accounts` follow `python -m core`."""
    parser = add_parser(
        commands,
        "accounts",
        "list and change the people who may sign in",
        'python -m core accounts add anna --name "Anna Bos" --role researcher',
    )
    parser.set_defaults(run=accounts)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_parser(actions, "list", "user name, name, role and state of everybody", "python -m core accounts list")
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


def accounts(chosen: argparse.Namespace, settings: Settings) -> int:
    """List and change the people who may sign in."""
    people = Accounts(open_blobs(settings))
    if chosen.action == "list":
        for person in people.people():
            state = "disabled" if person.disabled else "active"
            sys.stdout.write(f"{person.username}\t{person.name}\t{person.role}\t{state}\n")
    elif chosen.action == "add":
        sys.stdout.write(f"{people.add(chosen.username, chosen.name, chosen.role, by=terminal())}\n")
        say(f"Tell {chosen.username} this password; it must be changed at the first sign-in.")
    elif chosen.action == "role":
        people.set_role(chosen.username, chosen.role, by=terminal())
    elif chosen.action == "password":
        sys.stdout.write(f"{people.one_time_password(chosen.username, by=terminal())}\n")
        say(f"Tell {chosen.username} this password; it must be changed at the next sign-in.")
    elif chosen.action == "disable":
        people.disable(chosen.username, by=terminal())
    else:
        people.enable(chosen.username, by=terminal())
    return DONE


def _of_person(actions: Commands, name: str, does: str) -> argparse.ArgumentParser:
    parser = add_parser(actions, name, does, f"python -m core accounts {name} anna")
    parser.add_argument("username", metavar="USERNAME")
    return parser
