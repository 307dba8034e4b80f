"""The addresses that the page Review asks beside itself: a photo as it is to be reviewed, names, and what was said.

What these answers need is imported by the first request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.language import tr
from web.answers import BadReview, for_person, sent, texts_of
from web.process import bloomcount

if TYPE_CHECKING:
    from core.people.person import Person
    from core.review.reviews import Said
    from core.store.records import Analysis

ADDRESS, NAMES = "/reviews", "/names"
MOST_FLOWERS, MOST_PX = 99_999, 1e6


async def sheet(request: Request) -> Response:
    """A photo as it is to be reviewed: its flowers, its facts, and what people said of it before."""
    return await run_in_threadpool(for_person, request, lambda _: _sheet(request.path_params["photo_id"]))


async def names(request: Request) -> Response:
    """The names that some letters may mean, for flowers of a photo."""
    query = request.query_params
    return await run_in_threadpool(
        for_person,
        request,
        lambda _: _names(query.get("q", ""), likely=query.getlist("likely"), photo_id=query.get("photo", "")),
    )


async def write(request: Request) -> Response:
    """Take a name that no list has, with its rank and family; it is then a name for everybody."""
    return await sent(request, _write)


async def save(request: Request) -> Response:
    """Save a review that was finished in a browser, or undo one; the same one twice is saved once."""
    return await sent(request, _save)


def _sheet(photo_id: str) -> dict[str, Any]:
    from web.review_sheet import sheet_of

    return sheet_of(photo_id)


def _names(typed: str, *, likely: list[str], photo_id: str) -> list[tuple[str, str, str]]:
    """Taxa with their scientific and vernacular names: likely ones first, then those of the photo's site."""
    from core.recognition.taxa import taxa_of
    from core.review.names import find_names
    from web.process import package
    from web.review_sheet import names_of
    from web.tables import taxa_of_site

    photo = bloomcount().library.photo(photo_id)
    here, taxa = taxa_of_site(photo.site) if photo else [], taxa_of(package().names)
    found = find_names(package(), typed, likely=likely, here=here)
    return [(match.name, *names_of(taxa[match.name])) for match in found]


def _write(name: dict[str, Any], person: Person) -> tuple[str, str, str]:
    from core.recognition.taxa import taxa_of
    from core.review.names import write_name
    from web.process import package
    from web.review_sheet import names_of

    typed, rank, family = (str(name.get(part, "")) for part in ("typed", "rank", "family"))
    taxon = write_name(bloomcount().models.names, typed, rank, family, package=package(), by=person)
    return taxon, *names_of(taxa_of(package().names)[taxon])


def _save(review: dict[str, Any], person: Person) -> dict[str, Any]:
    """Save it, and answer what holds of the photo now; news: what somebody else said that this person had not seen."""
    from core.formatting import noted_at
    from core.recognition.taxa import taxa_of
    from core.review.reviews import history, save_review, undo_review
    from web.review_sheet import result_of, said_before
    from web.tables import edition

    photo_id, *_ = texts_of(review, person, "photo_id", "review_id", "undoes")
    library = bloomcount().library
    _, analysis = result_of(photo_id)
    package, news = bloomcount().models.package_of(analysis.model, analysis.model_version), ""
    past = library.review_records([photo_id])
    if review.get("undoes"):
        if review["undoes"] not in {record.undoes for record in past}:
            undo_review(library, photo_id, package=package, by=person, of=review["undoes"])
    elif review["review_id"] not in {record.review_id for record in past}:
        holding = history(library, photo_id).holding
        save_review(
            library, photo_id, _said(review, analysis), package=package, by=person,
            review_id=review["review_id"],
        )  # fmt: skip
        if holding and holding[-1].by != person.username and holding[-1].review_id != review["seen"]:
            other = holding[-1]
            news = tr(
                "{person} reviewed this photo too, {when}. Yours holds now.", person=other.by, when=noted_at(other.at)
            )
    edition.clear()
    return {
        "photo_id": photo_id,
        "news": news,
        **said_before(history(library, photo_id).holding, taxa_of(package.names)),
    }


def _said(review: dict[str, Any], analysis: Analysis) -> Said:
    """The flowers of a review as they were sent. Raises BadReview where something in it cannot be.

    Candidates of an analysis that is no longer the newest are boxes like those that the person drew.
    """
    from core.review.reviews import Said
    from core.store.records import ReviewedFlower

    try:
        own, flowers = review["analysis"] == analysis.analysis_id, []
        places = range(max(1, len(analysis.flowers)))
        for one in review["flowers"]:
            xmin, ymin, xmax, ymax = (float(side) for side in one["box"])
            place = int(one["from"]) if own and one["from"] is not None else None
            if not (-MOST_PX < xmin <= xmax < MOST_PX and -MOST_PX < ymin <= ymax < MOST_PX and (place or 0) in places):
                raise BadReview(f"No flower can be there: {one}")
            flowers.append(ReviewedFlower((xmin, ymin, xmax, ymax), _taxon(one["taxon"]), place))
        more = {_taxon(one["taxon"]): int(one["count"]) for one in review["more"]}
        if not all(0 <= count <= MOST_FLOWERS for count in more.values()):
            raise BadReview(f"At most {MOST_FLOWERS} flowers of a taxon can be counted in a photo.")
        return Said(flowers=tuple(flowers), more=more, at_least=bool(review["at_least"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadReview(f"This is no review: {error!r}") from error


def _taxon(name: object) -> str:
    if not isinstance(name, str) or not 0 < len(name) < 200:
        raise BadReview(f"This is no name of a taxon: {name!r}")
    return name


ROUTES = [
    Route(f"{ADDRESS}/{{photo_id}}", sheet),
    Route(ADDRESS, save, methods=["POST"]),
    Route(NAMES, names),
    Route(NAMES, write, methods=["POST"]),
]
