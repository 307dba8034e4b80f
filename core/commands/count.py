"""python -m core count: photos in, CSV out; no store is touched."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeAlias, TypeVar

from core.commands.parser import DONE, PATH_HELP, SOME_FAILED, Commands, add_parser, add_ray
from core.commands.progress import Progress, say
from core.csv_files import write_csv
from core.errors import BloomError
from core.exports.coco import CocoFile, add_candidates, coco_file
from core.exports.columns import COLUMNS
from core.exports.csv import observation_rows
from core.exports.files import output, output_bytes
from core.intake.pipeline import count_sources
from core.intake.seams import COLUMNS as SEAM_COLUMNS
from core.intake.seams import SEAMS_MAY_CHANGE, SHIFTED_BY, SeamCheck, check_seams
from core.intake.sources import each_photo, find_photos
from core.recognition.loading import load_model
from core.recognition.package import ModelPackage, load_package
from core.settings import Settings
from core.store.records import PhotoResult
from core.watching.prometheus import figures_served

CANDIDATES = "Every candidate flower with the probability that it is one."

Counted: TypeAlias = tuple[ModelPackage, Iterator[PhotoResult], int | None]
"""The package that counts, its results, and how many there will be, None where nobody knows yet."""

Result = TypeVar("Result", PhotoResult, SeamCheck)


def add_count(commands: Commands) -> None:
    """Let `count` follow `python -m core`."""
    parser = add_parser(
        commands,
        "count",
        "count the flowers in photos, without touching any store",
        "python -m core count veld/ IMG_1.heic -o counts.csv --boxes boxes.json",
    )
    parser.set_defaults(run=count)
    parser.add_argument("path", nargs="+", metavar="PATH", help=PATH_HELP)
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE", help="write the CSV here, not to the screen")
    parser.add_argument("--model", type=Path, metavar="DIR", help="count with this model package (else BLOOM_MODEL)")
    add_ray(parser)
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


def count(chosen: argparse.Namespace, settings: Settings) -> int:
    """Photos in, CSV out; no store is touched."""
    if chosen.check_seams:
        return _check_seams(chosen, settings)
    count_all = _count_on_ray if chosen.ray else _count_here
    failed: list[str] = []
    with ExitStack() as files:
        out = files.enter_context(output(chosen.output))
        boxes_out = files.enter_context(output_bytes(chosen.boxes)) if chosen.boxes else None
        package, results, total = count_all(chosen, settings, files)
        boxes = files.enter_context(coco_file(boxes_out, package.labels, about=CANDIDATES)) if boxes_out else None
        rows = observation_rows(
            _with_boxes(_with_progress(results, total, failed), boxes),
            package_of=lambda *_: package,
            threshold=package.default_threshold,
        )
        write_csv(rows, out, tuple(COLUMNS))
    return SOME_FAILED if failed else DONE


def _count_here(chosen: argparse.Namespace, settings: Settings, _: ExitStack) -> Counted:
    sources = find_photos(chosen.path, s3_endpoint=settings.s3_endpoint, say=say)
    recogniser = load_model(chosen.model or settings.model_dir)
    return recogniser.package, count_sources(sources, recogniser, limits=settings.photo_limits), len(sources)


def _count_on_ray(chosen: argparse.Namespace, settings: Settings, until: ExitStack) -> Counted:
    """The same on the machines of a Ray cluster, which is left when `until` is."""
    from core.cluster.connection import joined
    from core.cluster.crew import Crew
    from core.cluster.jobs import count_job

    folder = chosen.model or settings.model_dir
    package = load_package(folder)
    until.enter_context(joined(chosen.ray))
    until.enter_context(figures_served(None, settings.metrics))
    sources = each_photo(chosen.path, s3_endpoint=settings.s3_endpoint, say=say)
    crew = Crew(count_job(folder, package, settings.photo_limits), say=say)
    return package, until.enter_context(closing(crew.results(sources))), None


def _check_seams(chosen: argparse.Namespace, settings: Settings) -> int:
    if chosen.ray:
        raise BloomError("--check-seams counts on this machine alone: leave out --ray.")
    sources = find_photos(chosen.path, s3_endpoint=settings.s3_endpoint, say=say)
    failed: list[str] = []
    model_dir = chosen.model or settings.model_dir
    with output(chosen.output) as out:
        recogniser, shifted = load_model(model_dir), load_model(model_dir, grid_shift=SHIFTED_BY)
        checks = check_seams(sources, recogniser, shifted, limits=settings.photo_limits)
        write_csv((check.row for check in _with_progress(checks, len(sources), failed)), out, SEAM_COLUMNS)
    return SOME_FAILED if failed else DONE


def _with_progress(results: Iterable[Result], total: int | None, failed: list[str]) -> Iterator[Result]:
    """The same results; progress and what failed are said as they pass."""
    progress = Progress(total)
    for done, result in enumerate(results, start=1):
        if result.problem:
            say(result.problem)
            failed.append(result.problem)
        progress.tell(done)
        yield result


def _with_boxes(results: Iterable[PhotoResult], boxes: CocoFile | None) -> Iterator[PhotoResult]:
    """The same results; their candidates are written to the file of boxes as they pass."""
    for result in results:
        if boxes:
            add_candidates(boxes, result)
        yield result
