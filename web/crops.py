"""The addresses that the page Crops asks beside itself: flowers that wait, their pictures, and what is said of them.

What these answers need is imported by the first request.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.language import tr
from web.answers import BadReview, for_person, picture_for_person, sent, texts_of
from web.process import bloomcount

if TYPE_CHECKING:
    from core.people.person import Person
    from core.review.crops import Crop, Mark

ADDRESS = "/flowers"
MOST_MARKS = 2000
BOX = re.compile(r"(\d{1,6})-(\d{1,6})-(\d{1,6})-(\d{1,6})")


async def waiting(request: Request) -> Response:
    """The flowers of a taxon that wait, of the selection in the address."""
    query = {word: request.query_params.getlist(word) for word in request.query_params}
    return await run_in_threadpool(for_person, request, lambda _: _waiting(query))


async def save(request: Request) -> Response:
    """Save what one press says of some flowers, undo it or redo it; the same twice is done once."""
    return await sent(request, _save)


async def picture(request: Request) -> Response:
    """One flower, cut from its photo, for people who are signed in."""
    box = request.path_params["box"]
    return await run_in_threadpool(picture_for_person, request, lambda photo_id: _cut(photo_id, box))


def _waiting(query: dict[str, list[str]]) -> dict[str, Any]:
    from dataclasses import replace

    from core.recognition.taxa import taxa_of, taxon_named
    from core.review.crops import crops
    from core.store.selection import Selection
    from web.process import package
    from web.review_sheet import names_of

    bloom, taxon = bloomcount(), (query.get("of") or [""])[0]
    which = replace(Selection.from_query(query), taxa=())
    found = crops(bloom.library, which, taxon, package_of=bloom.models.package_of)
    photos, taxa = bloom.library.photos([crop.photo_id for crop in found]), taxa_of(package().names)
    named = {taxon, *(name for crop in found for name in crop.best)}
    return {
        "crops": [_crop(crop) for crop in found],
        "files": {photo_id: photo.file for photo_id, photo in photos.items()},
        "taxa": {name: names_of(taxon_named(name, taxa)) for name in named},
    }


def _crop(crop: Crop) -> dict[str, Any]:
    left, top, right, bottom = crop.box_xyxy
    corners = [max(0, round(side)) for side in (left, top, right, bottom)]
    return {
        "photo": crop.photo_id,
        "box": crop.box_xyxy,
        "picture": f"{ADDRESS}/{crop.photo_id}/{'-'.join(map(str, corners))}.webp",
        "was": crop.taxon,
        "sure": f"{crop.sure:.2f}",
        "best": crop.best,
        "heap": crop.heap,
    }


def _save(step: dict[str, Any], person: Person) -> dict[str, Any]:
    """Save, undo or redo a step; news: what could not be, as others said something since."""
    from core.review.crops import redo_marks, save_marks, undo_marks
    from web.tables import edition

    step_id, undoes, redoes = texts_of(step, person, "review_id", "undoes", "redoes")
    bloom, marks = bloomcount(), _marks(step)
    library, package_of = bloom.library, bloom.models.package_of
    photo_ids = list(dict.fromkeys(mark.photo_id for mark in marks))
    if undoes:
        since = undo_marks(library, photo_ids, step_id=undoes, package_of=package_of, by=person)
    elif redoes:
        since = redo_marks(library, photo_ids, step_id=redoes, package_of=package_of, by=person)
    else:
        since = save_marks(library, marks, step_id=step_id, package_of=package_of, by=person)
    edition.clear()
    news = tr("Others reviewed {number} of these meanwhile: what they said stands.", number=since) if since else ""
    return {"news": news}


def _marks(step: dict[str, Any]) -> list[Mark]:
    """The flowers of a step as they were sent. Raises BadReview."""
    from core.review.crops import Mark

    try:
        marks = []
        for one in step["marks"]:
            xmin, ymin, xmax, ymax = (float(side) for side in one["box"])
            texts = (one["photo"], one["was"], one["taxon"] or "nothing")
            if not all(isinstance(text, str) and 0 < len(text) < 200 for text in texts):
                raise BadReview(f"A flower needs photo, was and taxon as short texts: {one}")
            marks.append(Mark(one["photo"], (xmin, ymin, xmax, ymax), one["was"], one["taxon"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadReview(f"This says nothing of flowers: {error!r}") from error
    if not 0 < len(marks) <= MOST_MARKS:
        raise BadReview(f"At most {MOST_MARKS} flowers can be named at once.")
    return marks


def _cut(photo_id: str, box: str) -> bytes | None:
    from web.pictures import cut

    corners = BOX.fullmatch(box)
    return cut(photo_id, *map(int, corners.groups())) if corners else None


ROUTES = [
    Route(f"{ADDRESS}/{{photo_id}}/{{box}}.webp", picture),
    Route(f"{ADDRESS}/waiting", waiting),
    Route(ADDRESS, save, methods=["POST"]),
]
