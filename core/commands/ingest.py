"""python -m core ingest: photos into the store, as an upload would; counted before the command ends."""

from __future__ import annotations

import argparse
import sys
import time

from core.bloomcount import Bloomcount, assemble
from core.commands.parser import DONE, PATH_HELP, SOME_FAILED, Commands, add_parser, operator, user
from core.commands.progress import Progress, say
from core.errors import NotAPhoto, NotTaken, StoreError
from core.intake.drops import move_here
from core.intake.inbox import new_drop_id
from core.intake.pipeline import accept
from core.intake.sources import Source, find_photos
from core.intake.worker import Worker
from core.settings import Settings
from core.store.records import Drop


def add_ingest(commands: Commands) -> None:
    """Let `ingest` follow `python -m core`."""
    parser = add_parser(
        commands,
        "ingest",
        "take photos into the store as an upload would, and count them",
        'python -m core ingest card/ --site "Plot 3" --note "after rain"',
    )
    parser.set_defaults(run=ingest)
    parser.add_argument("path", nargs="+", metavar="PATH", help=PATH_HELP)
    parser.add_argument("--site", required=True, metavar="NAME", help="where the photos were taken")
    parser.add_argument("--note", default="", metavar="TEXT", help="a remark kept with every photo")
    parser.add_argument(
        "--by", default=user(), metavar="NAME", help="who uploads them (else the name you are logged in with)"
    )
    parser.add_argument(
        "--move",
        action="store_true",
        help="move photos that are in the store already to this site too (else they are kept as they are)",
    )


def ingest(chosen: argparse.Namespace, settings: Settings) -> int:
    """Into the store, as an upload would; counted before the command ends."""
    sources = find_photos(chosen.path, s3_endpoint=settings.s3_endpoint, say=say)
    bloom, drop_id = assemble(settings), new_drop_id()
    bloom.models.recogniser()
    worker = Worker(bloom.library, bloom.inbox, bloom.models.newest_recogniser, settings)
    worker.start()
    try:
        outcomes = {source.file: _accepted(source, bloom, drop_id, chosen) for source in sources}
        _wait_for(bloom, drop_id)
    finally:
        worker.stop()
    failed, left_out = ([file for file, one in outcomes.items() if one == kind] for kind in ("failed", "left out"))
    if left_out:
        say(f"{len(left_out)} files are no photos and were left out: {', '.join(left_out)}.")
    results, again = bloom.library.drop_results(drop_id), len(bloom.library.seen_again(drop_id))
    if again and chosen.move:
        moved = move_here(bloom.library, drop_id, by=operator(chosen.by)).photos
        say(f"{again} of {len(results)} were here already; {moved} moved to {chosen.site}.")
    elif again:
        say(f"{again} of {len(results)} were here already; kept as they were.")
    for result in results:
        if result.photo.problem:
            say(result.photo.problem)
            failed.append(result.photo.file)
    say(f"{len(results)} photos are in the store as drop {drop_id}; {len(failed)} failed.")
    sys.stdout.write(f"{drop_id}\n")
    return SOME_FAILED if failed else DONE


def _accepted(source: Source, bloom: Bloomcount, drop_id: str, chosen: argparse.Namespace) -> str:
    """Take a file in; "accepted", "failed", or "left out" where it is no photo."""
    try:
        data = source.read()
    except (OSError, StoreError) as error:
        say(f"{source.file} cannot be read: {error}.")
        return "failed"
    drop = Drop(drop_id, chosen.site, chosen.note, chosen.by)
    try:
        accept(bloom.library, bloom.inbox, data, file=source.file, drop=drop)
    except NotAPhoto:
        return "left out"
    except NotTaken as refusal:
        say(str(refusal))
        return "failed"
    return "accepted"


def _wait_for(bloom: Bloomcount, drop_id: str) -> None:
    """Until every photo of the drop is counted, by this process or another that works on the same store."""
    total = len(bloom.inbox.waiting(drop_id))
    progress = Progress(total)
    while waiting := len(bloom.inbox.waiting(drop_id)):
        progress.tell(total - waiting)
        time.sleep(0.5)
