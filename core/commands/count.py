"""python -m core count: photos in, CSV out; no store is touched."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from core.commands.parser import DONE, PATH_HELP, SOME_FAILED, Commands, add_parser
from core.commands.progress import Progress, say
from core.csv_files import write_csv
from core.exports.coco import CocoFile, add_candidates, coco_file
from core.exports.columns import COLUMNS
from core.exports.csv import observation_rows
from core.exports.files import output, output_bytes
from core.intake.pipeline import count_sources
from core.intake.seams import COLUMNS as SEAM_COLUMNS
from core.intake.seams import SEAMS_MAY_CHANGE, SHIFTED_BY, SeamCheck, check_seams
from core.intake.sources import Source, find_photos
from core.recognition.loading import load_model
from core.settings import Settings
from core.store.records import PhotoResult

CANDIDATES = "Every candidate flower with the probability that it is one."

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
    sources = find_photos(chosen.path, s3_endpoint=settings.s3_endpoint, say=say)
    if chosen.check_seams:
        return _check_seams(chosen, settings, sources)
    failed: list[str] = []
    with ExitStack() as files:
        out = files.enter_context(output(chosen.output))
        boxes_out = files.enter_context(output_bytes(chosen.boxes)) if chosen.boxes else None
        recogniser = load_model(chosen.model or settings.model_dir)
        package = recogniser.package
        boxes = files.enter_context(coco_file(boxes_out, package.labels, about=CANDIDATES)) if boxes_out else None
        results = _with_progress(count_sources(sources, recogniser, limits=settings.photo_limits), len(sources), failed)
        rows = observation_rows(
            _with_boxes(results, boxes),
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
        checks = check_seams(sources, recogniser, shifted, limits=settings.photo_limits)
        write_csv((check.row for check in _with_progress(checks, len(sources), failed)), out, SEAM_COLUMNS)
    return SOME_FAILED if failed else DONE


def _with_progress(results: Iterable[Result], total: int, failed: list[str]) -> Iterator[Result]:
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
