"""The questions that the library asks of the tables, as SQL: which photos, and what holds of them now.

Rows are only ever added: of a photo the row uploaded or corrected last counts, of its analyses the newest, and in its
place the newest review, unless that was taken back.
"""

from __future__ import annotations

from core.store.doubt import DOUBT
from core.store.gallery import Order, asks_for_totals, shown_by_totals
from core.store.selection import Selection
from core.store.tables import quoted

DESCRIBED = (
    "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY site ORDER BY changed_at DESC, changed_by) AS place "
    "FROM sites) WHERE place = 1 AND NOT removed"
)
"""What was said last of each site that is on the list."""


def newest(where: str = "TRUE") -> str:
    """One row a photo among those rows: the one uploaded or corrected last, whose site and note count."""
    return (
        "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY photo_id ORDER BY "
        f"coalesce(changed_at, uploaded_at) DESC, drop_id DESC) AS place FROM photos WHERE {where}) WHERE place = 1"
    )


def chosen(which: Selection, only: str = "TRUE") -> str:
    """One row a photo of the selection, whatever was found in it (of_totals).

    A drop is looked for before the newest row: a photo may be in several.
    """
    drop = "TRUE" if which.drop_id is None else f"drop_id = {quoted(which.drop_id)}"
    return f"SELECT * FROM ({newest(f'{drop} AND {only}')}) WHERE {which.of_photos()}"


def of_totals(which: Selection, rows: str) -> str:
    """The condition on photos that asks for their totals, if any. rows: those of found, or a name for them."""
    if which.of_totals() == "TRUE":
        return "TRUE"
    return f"photo_id IN (SELECT photo_id FROM ({totals(rows)}) WHERE {which.of_totals()})"


def totals(rows: str) -> str:
    """One row a photo with what was found in it altogether. rows: those of found."""
    return f"""
        SELECT photo_id, sum(count) AS count, sum(count_low) AS count_low, sum(count_high) AS count_high,
            max(flag) AS flag, bool_or(reviewed) AS reviewed, {DOUBT} AS doubt,
            array_agg(taxon ORDER BY count DESC, taxon) AS taxa
        FROM ({rows}) GROUP BY photo_id
    """


def shown(which: Selection, order: Order) -> str:
    """The photos of a gallery with their totals, where anything depends on them."""
    if not asks_for_totals(which, order):
        return chosen(which)
    return f"""
        SELECT photo.*, count, flag, reviewed, doubt FROM ({chosen(which)}) AS photo
            LEFT JOIN ({totals(found(which))}) AS totals ON totals.photo_id = photo.photo_id
        WHERE {shown_by_totals(which)}
    """


def observed(which: Selection) -> str:
    """The rows of Library.observed."""
    return f"""
        WITH observed AS ({found(which)}) SELECT * FROM observed WHERE {of_totals(which, "SELECT * FROM observed")}
        ORDER BY uploaded_at, photo_id, count DESC, taxon
    """


def found(which: Selection, only: str = "TRUE") -> str:
    """The observations of all photos of chosen. Rows that were recorded twice after a crash are one.

    only: a condition on photo_id, where a few photos are asked for.
    """
    return f"""
        WITH chosen AS ({chosen(which, only)}),
        analysed AS (
            SELECT photo_id, analysis_id, analysed_at, flag, model || ' ' || model_version AS model FROM (
                SELECT photo_id, analysis_id, analysed_at, flag, model, model_version,
                    row_number() OVER (PARTITION BY photo_id ORDER BY analysed_at DESC, analysis_id) AS place
                FROM analyses WHERE {only}
            ) WHERE place = 1
        ),
        reviewed AS (
            SELECT photo_id, review_id FROM (
                SELECT photo_id, review_id, taxon, row_number() OVER (PARTITION BY photo_id ORDER BY at DESC) AS place
                FROM observations WHERE review_id IS NOT NULL AND {only}
            ) WHERE place = 1 AND taxon IS NOT NULL
        ),
        said AS (
            SELECT analysed.*, review_id IS NOT NULL AS reviewed, coalesce(review_id, analysis_id) AS source
            FROM analysed LEFT JOIN reviewed ON reviewed.photo_id = analysed.photo_id
        ),
        found AS (
            SELECT * FROM (
                SELECT *, coalesce(review_id, analysis_id) AS source, row_number() OVER (
                    PARTITION BY photo_id, coalesce(review_id, analysis_id), taxon ORDER BY at DESC) AS place
                FROM observations WHERE {only}
            ) WHERE place = 1 AND {which.of_observations()}
        )
        SELECT chosen.photo_id, file, site, note, taken_at, latitude, longitude, drop_id, uploaded_by, uploaded_at,
            coalesce(taxon, '') AS taxon, coalesce(count, 0) AS count, coalesce(count_low, 0) AS count_low,
            coalesce(count_high, 0) AS count_high, confidence, coalesce(band, '') AS band, coalesce(unit, '') AS unit,
            reviewed, flag, model, coalesce(by, model) AS by, coalesce(found.at, analysed_at) AS at
        FROM chosen JOIN said ON said.photo_id = chosen.photo_id
            LEFT JOIN found ON found.photo_id = said.photo_id AND found.source = said.source
        WHERE problem = '' AND {"reviewed" if which.reviewed_only else "TRUE"}
    """


def last_said(model: str, model_version: str, where: str = "TRUE") -> str:
    """photo_id and analysis_id of the photos whose newest analysis is by this model version."""
    return (
        "SELECT photo_id, analysis_id FROM (SELECT photo_id, analysis_id, model, model_version, row_number() OVER "
        f"(PARTITION BY photo_id ORDER BY analysed_at DESC, analysis_id) AS place FROM analyses WHERE {where}) "
        f"WHERE place = 1 AND model = {quoted(model)} AND model_version = {quoted(model_version)}"
    )
