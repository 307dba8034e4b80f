"""python -m core ingest: photos into the store, as an upload would; counted before the command ends."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import closing

from core.bloomcount import Bloomcount, assemble
from core.commands.parser import DONE, PATH_HELP, SOME_FAILED, Commands, add_parser, add_ray, operator, user
from core.commands.progress import Progress, say
from core.errors import NotAPhoto, NotTaken, StoreError
from core.intake.drops import move_here
from core.intake.inbox import new_drop_id
from core.intake.pipeline import accept
from core.intake.sources import Source, each_photo, find_photos
from core.intake.worker import Worker
from core.settings import Settings
from core.store.records import Drop
from core.watching.prometheus import figures_served


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
    add_ray(parser)
    parser.add_argument(
        "--move",
        action="store_true",
        help="move photos that are in the store already to this site too (else they are kept as they are)",
    )


def ingest(chosen: argparse.Namespace, settings: Settings) -> int:
    """Into the store, as an upload would; counted before the command ends."""
    if chosen.ray:
        return _ingest_on_ray(chosen, settings)
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
    results = bloom.library.drop_results(drop_id)
    _say_again(bloom, drop_id, chosen, len(bloom.library.seen_again(drop_id)), len(results))
    for result in results:
        if result.photo.problem:
            say(result.photo.problem)
            failed.append(result.photo.file)
    return _ended(drop_id, photos=len(results), failed=len(failed))


def _ingest_on_ray(chosen: argparse.Namespace, settings: Settings) -> int:
    """The same on the machines of a Ray cluster: rows are stored as they come, so a run that stopped goes on."""
    from core.cluster.connection import joined
    from core.cluster.crew import Crew
    from core.cluster.jobs import ingest_job
    from core.cluster.storing import Storing

    bloom, drop_id, progress = assemble(settings), new_drop_id(), Progress()
    drop = Drop(drop_id, chosen.site, chosen.note, chosen.by)
    sources = each_photo(chosen.path, s3_endpoint=settings.s3_endpoint, say=say)
    with (
        joined(chosen.ray),
        figures_served(bloom, settings.metrics),
        Storing(bloom, say=say) as storing,
        closing(Crew(ingest_job(bloom, drop), say=say).results(sources)) as results,
    ):
        for done, taken in enumerate(results, start=1):
            storing.add(taken)
            progress.tell(done)
    outcome = storing.outcome
    if outcome.no_photos.number:
        say(f"Files that are no photos were left out: {outcome.no_photos}.")
    _say_again(bloom, drop_id, chosen, outcome.again, outcome.photos)
    return _ended(drop_id, photos=outcome.photos, failed=outcome.failed)


def _say_again(bloom: Bloomcount, drop_id: str, chosen: argparse.Namespace, again: int, photos: int) -> None:
    """Say how many photos were in the store before; with --move they come to the site of this drop."""
    if again and chosen.move:
        moved = move_here(bloom.library, drop_id, by=operator(chosen.by)).photos
        say(f"{again} of {photos} were here already; {moved} moved to {chosen.site}.")
    elif again:
        say(f"{again} of {photos} were here already; kept as they were.")


def _ended(drop_id: str, *, photos: int, failed: int) -> int:
    say(f"{photos} photos are in the store as drop {drop_id}; {failed} failed.")
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
