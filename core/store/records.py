"""Frozen dataclasses of what is stored: a drop, an upload, a photo, an analysis, an observation, a review, a site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from core.recognition.flowers import Flowers


@dataclass(frozen=True, slots=True)
class Drop:
    """Photos uploaded together, and what the person who uploads them says of all."""

    drop_id: str
    site: str
    note: str
    uploaded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file of a drop, as the ticket that waits and the row that is stored both have it.

    The same bytes twice are one photo: photo_id is their sha256. uploaded_at: with time zone.
    """

    drop_id: str
    photo_id: str
    file: str
    bytes: int
    site: str
    note: str
    uploaded_by: str
    uploaded_at: datetime

    def upload_fields(self) -> dict[str, Any]:
        """These fields alone by name, to make another record of the same upload."""
        return {field.name: getattr(self, field.name) for field in fields(Upload)}


PositionOf = Literal["photo", "site"]
"""The position that holds of a photo that is far from its site: the camera's, or that of the site."""

FLIGHT = ("altitude_m", "height_m", "gimbal_pitch_deg", "gimbal_yaw_deg", "gimbal_roll_deg")
"""Facts of PhotoFacts that drones write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRecord(Upload):
    """An uploaded photo that was looked at.

    taken_at: ISO 8601 as the camera wrote it, with offset only where the camera gave one.
    latitude, longitude: degrees, WGS 84. problem: why it could not be read, empty when it could.
    width, height: pixels of the upright photo, 0 where it could not be read.
    changed_by, changed_at: who corrected the photo after the upload, and when; None where nobody did.
    hidden_by, hidden_at, hidden_why: who took it out of all counts, when and why; None where it counts.
    position_of: the position that holds, as a person said; None where nobody did.
    altitude_m, height_m, gimbal_…: as of PhotoFacts, None where the camera says nothing of them.
    """

    width: int
    height: int
    taken_at: str | None
    latitude: float | None
    longitude: float | None
    problem: str = ""
    changed_by: str | None = None
    changed_at: datetime | None = None
    hidden_by: str | None = None
    hidden_at: datetime | None = None
    hidden_why: str | None = None
    altitude_m: float | None = None
    height_m: float | None = None
    gimbal_pitch_deg: float | None = None
    gimbal_yaw_deg: float | None = None
    gimbal_roll_deg: float | None = None
    position_of: PositionOf | None = None


@dataclass(frozen=True, slots=True)
class SeenAgain:
    """A stored photo that came again in a later drop, and what was said of that drop. The photo stays as it is."""

    drop_id: str
    photo_id: str
    by: str
    at: datetime
    site: str
    note: str
    file: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """The result of one model version on one photo.

    flag: crowded, blurred, tiny or capped, where the count is a lower bound; else empty.
    """

    photo_id: str
    model: str
    model_version: str
    analysed_at: datetime
    seconds: float
    flag: str
    flowers: Flowers

    @property
    def analysis_id(self) -> str:
        """Hash of photo and model version: the same work twice has the same id, and counts once."""
        return analysis_id(self.photo_id, self.model, self.model_version)


def analysis_id(photo_id: str, model: str, model_version: str) -> str:
    """The id that the analysis of this photo by this model version has or will have."""
    return sha256(f"{photo_id} {model} {model_version}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Observation:
    """So many flowers of a taxon in a photo, said by a model (analysis_id) or a person (review_id).

    count_low, count_high: the 90 % interval. confidence: 0..1. band: confident, uncertain or unknown.
    unit: flower, flower head or inflorescence. by: model and version, or username.
    taxon, in a review: empty with count 0 where the person sees no flowers, None where they take the review back.
    how, at_least: of the review that says it, see Review; None in an analysis and in reviews of version 1.0.
    name_list: the title of the list of names that held; empty, or None where none ever did, for all names.
    """

    photo_id: str
    taxon: str | None
    count: int
    count_low: int
    count_high: int
    confidence: float | None
    band: str
    unit: str
    by: str
    at: datetime
    analysis_id: str | None
    review_id: str | None = None
    how: str | None = None
    at_least: bool | None = None
    name_list: str | None = None


How = Literal["accepted", "chosen", "blind", ""]
"""The way a person came to a name or a number: took what the model suggested, said otherwise, or did not see what it
suggested; empty where they say nothing of it."""


class ReviewedFlower(NamedTuple):
    """A flower as a person leaves it. box_xyxy: pixels of the upright photo. candidate: its place among the flowers of

    the analysis that the person saw, None for a box that the person drew.
    """

    box_xyxy: tuple[float, float, float, float]
    taxon: str
    candidate: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRecord:
    """A review as tables/reviews keeps it, flower by flower; the observations that follow from it are their own rows.

    names, numbers: how the names and the count were come to; a person may sign one and not the other. flowers: all of
    them, also where they are as suggested. more: flowers of each taxon that nobody can box. at_least: there are more,
    so that the count is a lower bound. analysis_id: the analysis that the candidates of the flowers are of. undoes: the
    review, or the undoing, that this one takes back; its flowers are those that hold again, none where the model's do.
    sample_id: of the blind recount it belongs to. looked_at: places of the flowers whose names are signed, None: all;
    the others are as they were before.
    """

    review_id: str
    photo_id: str
    by: str
    at: datetime
    names: How
    numbers: How
    flowers: tuple[ReviewedFlower, ...] = ()
    more: Mapping[str, int] = field(default_factory=dict)
    at_least: bool = False
    analysis_id: str | None = None
    undoes: str | None = None
    sample_id: str | None = None
    looked_at: tuple[int, ...] | None = None

    @property
    def whole(self) -> bool:
        """True if it answers for the whole photo, and not for some of its flowers alone."""
        return self.looked_at is None or len(self.looked_at) == len(self.flowers)

    @property
    def how(self) -> How:
        """The way of names and numbers together: blind or accepted where all that was signed is so, else chosen; empty

        where it answers for some flowers alone.
        """
        return how_of(self.names, self.numbers) if self.whole else ""

    @property
    def counts(self) -> dict[str, int]:
        """Flowers of each taxon, the boxed ones and those that nobody can box."""
        counts = Counter(flower.taxon for flower in self.flowers)
        counts.update(self.more)
        return {taxon: count for taxon, count in counts.items() if count}


def how_of(names: How, numbers: How) -> How:
    """The way of names and numbers together: blind or accepted where all that was signed is so, else chosen."""
    ways: tuple[How, ...] = ("", "blind", "accepted")
    return next((way for way in ways if {names, numbers} <= {way, ""}), "chosen")


@dataclass(frozen=True, slots=True)
class Review:
    """A person's count of a photo: so many flowers of each of these taxa, and no others.

    record: with what they left of each flower, None in reviews of version 1.0. how, at_least: see ReviewRecord.
    """

    by: str
    at: datetime
    counts: Mapping[str, int]
    review_id: str = ""
    how: How = ""
    at_least: bool = False
    record: ReviewRecord | None = None

    @property
    def whole(self) -> bool:
        """True if it answers for the whole photo; else its numbers, and names of other flowers, are the model's."""
        return self.record is None or self.record.whole


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """A photo with its newest analysis, None while it waits or when the photo has a problem; and the review that holds

    of it, None where a person said nothing of it.
    """

    photo: PhotoRecord
    analysis: Analysis | None
    review: Review | None = None

    @property
    def problem(self) -> str:
        """Why the photo could not be counted; empty where it could."""
        return self.photo.problem

    @property
    def reviewed(self) -> bool:
        """True if a person answered for the whole photo."""
        return self.review is not None and self.review.whole

    @property
    def flag(self) -> str:
        """Why its count is a lower bound; empty where it is none, as a person's is only where they say so."""
        if self.analysis is None or (self.review and self.reviewed and not self.review.at_least):
            return ""
        return self.analysis.flag


Protocol = Literal["views", "quadrats", "transect", "timed"]
"""The relation of the photos of a visit: views of one plot, quadrats, photos along a transect, a timed count."""


@dataclass(frozen=True, slots=True)
class Fieldwork:
    """The field work that a drop shows, as far as somebody said it; None, or "", of what nobody said.

    quadrat_m2: the area that each photo shows. length_m, width_m: of the transect. minutes: that were counted.
    """

    drop_id: str
    by: str
    at: datetime
    protocol: Protocol | None = None
    quadrat_m2: float | None = None
    length_m: float | None = None
    width_m: float | None = None
    minutes: float | None = None
    observer: str = ""
    weather: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A place where photos are taken, as somebody described it: a site, or a plot of one.

    latitude, longitude: degrees, WGS 84, both or neither. area_m2: of the plot, None where there is none.
    removed: taken off the list; nothing more is said of it. parent: the site of a plot. protocol and its numbers, as in
    Fieldwork: those that hold where a drop says nothing; None where nobody said.
    """

    site: str
    latitude: float | None
    longitude: float | None
    habitat: str
    area_m2: float | None
    changed_by: str
    changed_at: datetime
    removed: bool = False
    parent: str | None = None
    protocol: Protocol | None = None
    quadrat_m2: float | None = None
    length_m: float | None = None
    width_m: float | None = None
    minutes: float | None = None
