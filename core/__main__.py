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
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TypeVar

from core.bloomcount import Bloomcount, assemble
from core.commands.arguments import parse
from core.csv_files import write_csv
from core.demo import store as demo_photos
from core.errors import BloomError, StoreError
from core.exports.coco import CocoFile, add_candidates, coco_file
from core.exports.columns import COLUMNS
from core.exports.csv import observation_rows
from core.exports.files import CannotWrite, output, output_bytes
from core.exports.formats import FORMATS
from core.exports.publication import read_publication
from core.exports.stored import Stored
from core.intake.check import check
from core.intake.inbox import new_drop_id
from core.intake.pipeline import accept, count_sources
from core.intake.seams import COLUMNS as SEAM_COLUMNS
from core.intake.seams import SHIFTED_BY, SeamCheck, check_seams
from core.intake.sources import Source, find_photos
from core.intake.worker import Worker
from core.people.accounts import Accounts
from core.recognition.brought import load_model
from core.settings import Settings, load_settings
from core.store.blobs import open_blobs
from core.store.records import PhotoResult
from core.store.selection import Selection
from core.survey.repeats import Repeats

DONE, SOME_FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
CANDIDATES = "Every candidate flower with the probability that it is one."
QUIET_S, TOLD_EVERY_S = 2.0, 5.0

Told = TypeVar("Told", PhotoResult, SeamCheck)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one command."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    logging.basicConfig(format="%(message)s", level=logging.ERROR)
    try:
        chosen = parse(arguments)
        return COMMANDS[chosen.command](chosen, load_settings())
    except BloomError as problem:
        _say(str(problem))
        return WRONG_USE
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return DONE
    except OSError as problem:  # a full disk, a folder of somebody else
        where = f"{problem.filename}: " if problem.filename else ""
        _say(f"{where}{problem.strerror or problem}. Check disk space and permissions.")
        return WRONG_USE
    except KeyboardInterrupt:
        _say("Stopped. Photos that were taken into the store are kept, and counted by the next run or the app.")
        return INTERRUPTED


def count(chosen: argparse.Namespace, settings: Settings) -> int:
    """Photos in, CSV out; no store is touched."""
    sources = find_photos(chosen.path, s3_endpoint=settings.s3_endpoint)
    if chosen.check_seams:
        return _check_seams(chosen, settings, sources)
    failed: list[str] = []
    with ExitStack() as files:
        out = files.enter_context(output(chosen.output))
        boxes_out = files.enter_context(output_bytes(chosen.boxes)) if chosen.boxes else None
        recogniser = load_model(chosen.model or settings.model_dir)
        package = recogniser.package
        boxes = files.enter_context(coco_file(boxes_out, package.labels, about=CANDIDATES)) if boxes_out else None
        results = _told(
            count_sources(sources, recogniser, max_megapixels=settings.max_megapixels), len(sources), failed
        )
        rows = observation_rows(
            _gathered(results, boxes),
            package_of=lambda *_: package,
            threshold=package.default_threshold,
        )
        write_csv(rows, out, tuple(COLUMNS))
    return SOME_FAILED if failed else DONE


def _check_seams(chosen: argparse.Namespace, settings: Settings, sources: Sequence[Source]) -> int:
    failed: list[str] = []
    model_dir = chosen.model or settings.model_dir
    with output(chosen.output) as out:
        recogniser, shifted = load_model(model_dir), load_model(model_dir, grid_shift=SHIFTED_BY)
        checks = check_seams(sources, recogniser, shifted, max_megapixels=settings.max_megapixels)
        write_csv((check.row for check in _told(checks, len(sources), failed)), out, SEAM_COLUMNS)
    return SOME_FAILED if failed else DONE


def ingest(chosen: argparse.Namespace, settings: Settings) -> int:
    """Into the store, as an upload would; counted before the command ends."""
    sources = find_photos(chosen.path, s3_endpoint=settings.s3_endpoint)
    bloom, drop_id = assemble(settings), new_drop_id()
    bloom.models.recogniser()
    worker = Worker(bloom.library, bloom.inbox, bloom.models.newest_recogniser, settings)
    worker.start()
    try:
        failed = [source.file for source in sources if not _accepted(source, bloom, drop_id, chosen)]
        _wait_for(bloom, drop_id)
    finally:
        worker.stop()
    results = bloom.library.drop_results(drop_id)
    for result in results:
        if result.photo.problem:
            _say(result.photo.problem)
            failed.append(result.photo.file)
    _say(f"{len(results)} photos are in the store as drop {drop_id}; {len(failed)} failed.")
    sys.stdout.write(f"{drop_id}\n")
    return SOME_FAILED if failed else DONE


def export(chosen: argparse.Namespace, settings: Settings) -> int:
    """What the store holds, in one of the formats, as pages show it: nothing is counted again."""
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
    repeats = Repeats(chosen.repeats, chosen.window) if chosen.format == "report" else Repeats()
    with output_bytes(chosen.output) as out:
        bloom = assemble(settings)
        labels, publication = bloom.models.package().labels, read_publication(bloom.blobs)
        progress = _Progress(nouns="observations")
        stored = Stored(bloom.library, labels, bloom.models.package_of, which, publication, repeats, told=progress.tell)
        wanted.write(stored, out)
    if chosen.format == "dwca" and publication.missing:
        _say(f"The archive does not say {', '.join(publication.missing)} yet: fill in the form on the page Export.")
    return DONE


def accounts(chosen: argparse.Namespace, settings: Settings) -> int:
    """List and change the people who may sign in."""
    people = Accounts(open_blobs(settings))
    if chosen.action == "list":
        for person in people.people():
            state = "disabled" if person.disabled else "active"
            sys.stdout.write(f"{person.username}\t{person.name}\t{person.role}\t{state}\n")
    elif chosen.action == "add":
        sys.stdout.write(f"{people.add(chosen.username, chosen.name, chosen.role)}\n")
        _say(f"Tell {chosen.username} this password; it must be changed at the first sign-in.")
    elif chosen.action == "role":
        people.set_role(chosen.username, chosen.role)
    elif chosen.action == "password":
        sys.stdout.write(f"{people.one_time_password(chosen.username)}\n")
        _say(f"Tell {chosen.username} this password; it must be changed at the next sign-in.")
    elif chosen.action == "disable":
        people.disable(chosen.username)
    else:
        people.enable(chosen.username)
    return DONE


def models(chosen: argparse.Namespace, settings: Settings) -> int:
    """List model packages, prove one, or take it into use."""
    if chosen.action == "check":
        package = load_model(chosen.folder).package
        _say(f"{package.name} {package.version} with {len(package.labels)} taxa can be used.")
        return DONE
    known = assemble(settings).models
    if chosen.action == "use":
        package = known.use(chosen.folder, by=chosen.by)
        _say(f"{package.name} {package.version} with {len(package.labels)} taxa is in use from now on.")
        return DONE
    for listed in known.listed():
        name = f"cannot be used: {listed.problem}" if listed.problem else f"{listed.name} {listed.version}"
        sys.stdout.write(f"{name}\t{listed.folder or 'in the store'}\t{'in use' if listed.in_use else ''}\n")
    return DONE


def store(chosen: argparse.Namespace, settings: Settings) -> int:
    """Look whether the store is whole, and repair what can be repaired."""
    bloom = assemble(settings)
    repaired: Counter[bool] = Counter()
    for finding in check(bloom.library, bloom.inbox, by=chosen.by):
        repaired[finding.repaired] += 1
        sys.stdout.write(f"{finding.photo_id}\t{finding.file}\t{finding.problem}\t{finding.answer}\n")
    _say(f"{repaired[True]:,} repaired, {repaired[False]:,} need a person." if repaired else "The store is whole.")
    return SOME_FAILED if repaired[False] else DONE


def demo(chosen: argparse.Namespace, settings: Settings) -> int:
    """Made-up photos into the store, or out of it again."""
    bloom = assemble(settings)
    if chosen.remove:
        _say(f"{demo_photos.remove(bloom.library):,} demo photos are gone; nothing else was touched.")
        return DONE
    progress = _Progress(chosen.photos)
    demo_photos.fill(bloom.library, bloom.models.package(), chosen.photos, told=progress.tell)
    _say(f"{chosen.photos:,} demo photos are in {settings.store}. Take them out again: python -m core demo --remove")
    return DONE


def _accepted(source: Source, bloom: Bloomcount, drop_id: str, chosen: argparse.Namespace) -> bool:
    try:
        data = source.read()
    except (OSError, StoreError) as error:
        _say(f"{source.file} cannot be read: {error}.")
        return False
    accept(
        bloom.library,
        bloom.inbox,
        data=data,
        file=source.file,
        site=chosen.site,
        note=chosen.note,
        drop_id=drop_id,
        uploaded_by=chosen.by,
    )
    return True


def _wait_for(bloom: Bloomcount, drop_id: str) -> None:
    """Until every photo of the drop is counted, by this process or another that works on the same store."""
    total = len(bloom.inbox.waiting(drop_id))
    progress = _Progress(total)
    while waiting := len(bloom.inbox.waiting(drop_id)):
        progress.tell(total - waiting)
        time.sleep(0.5)


def _told(results: Iterable[Told], total: int, failed: list[str]) -> Iterator[Told]:
    """The same results; progress and what failed are told as they pass."""
    progress = _Progress(total)
    for done, result in enumerate(results, start=1):
        if result.problem:
            _say(result.problem)
            failed.append(result.problem)
        progress.tell(done)
        yield result


def _gathered(results: Iterable[PhotoResult], boxes: CocoFile | None) -> Iterator[PhotoResult]:
    for result in results:
        if boxes:
            add_candidates(boxes, result)
        yield result


class _Progress:
    """What is done, and of a known total the time left, told on standard error when it takes long."""

    def __init__(self, total: int | None = None, nouns: str = "photos") -> None:
        self.total = total
        self._nouns = nouns
        self._start = time.monotonic()
        self._told_at = self._start + QUIET_S - TOLD_EVERY_S

    def tell(self, done: int) -> None:
        now = time.monotonic()
        if now - self._told_at < TOLD_EVERY_S or done in (0, self.total):
            return
        self._told_at = now
        if self.total is None:
            _say(f"{done} {self._nouns} so far")
        else:
            left_s = (now - self._start) / done * (self.total - done)
            _say(f"{done} of {self.total} {self._nouns}, about {left_s:.0f} s left")


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


COMMANDS = {
    "count": count,
    "ingest": ingest,
    "export": export,
    "accounts": accounts,
    "models": models,
    "store": store,
    "demo": demo,
}

if __name__ == "__main__":
    sys.exit(main())
