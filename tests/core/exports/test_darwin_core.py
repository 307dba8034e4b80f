"""A Darwin Core Archive, term by term as GBIF's publishers ask for them, read by python-dwca-reader."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exports.darwin_core import _cell
from core.exports.darwin_core_terms import AC, DC, DWC, ECO, XMP, XMP_RIGHTS
from core.exports.eml import Coverage
from core.exports.publication import UNTOLD
from core.store.records import Site
from core.store.selection import Selection
from tests.core.exports.reading import Archive, archive, exported
from tests.core.exports.summer import PUBLICATION, summer
from tests.people import ADMIN
from tests.survey import UPLOADED, count, photo

LICENCE = "http://creativecommons.org/licenses/by/4.0/legalcode"


@pytest.fixture(scope="module")
def read(tmp_path_factory) -> Archive:
    return archive(exported(summer(tmp_path_factory.mktemp("summer")), "dwca"))


def values(rows, term: str) -> list[str]:
    return [row[DWC + term] for row in rows]


def occurrences(read: Archive) -> list[dict[str, str]]:
    """The flowers that were found."""
    return [row for _, row in read.extensions["Occurrence"] if row[DWC + "occurrenceStatus"] == "present"]


def absences(read: Archive) -> list[tuple[str, dict[str, str]]]:
    """The taxa that a visit did not find, with the event that is."""
    return [pair for pair in read.extensions["Occurrence"] if pair[1][DWC + "occurrenceStatus"] == "absent"]


def test_a_photo_is_an_event_of_the_visit_that_it_was_taken_on(read):
    kinds = Counter(values(read.events, "eventType"))
    assert kinds == {"Photo": 4, "Visit": 2}
    visits = {row[DWC + "eventID"]: row for row in read.events if row[DWC + "eventType"] == "Visit"}
    assert {row[DWC + "parentEventID"] for row in read.events} == {"", *visits}
    assert {
        (row[DWC + "eventDate"], row[DWC + "locality"], row[DWC + "sampleSizeValue"], row[DWC + "sampleSizeUnit"])
        for row in visits.values()
    } == {("2026-06-12", "dunes", "2", "photos"), ("2026-06-13", "=plot 3", "1", "photos")}


def test_an_event_says_when_where_and_how(read):
    first = {term.rsplit("/", 1)[1]: value for term, value in read.events[0].items() if term != "id"}
    protocol = first.pop("samplingProtocol")
    assert "Counts are of each photo by itself" in protocol
    assert "a single flower, a flower head or an inflorescence" in protocol
    assert first.pop("eventID").startswith("photo:")
    assert first.pop("parentEventID").startswith("visit:")
    assert first == {
        "eventType": "Photo",
        "eventDate": "2026-06-12T12:00:00",
        "locality": "dunes",
        "decimalLatitude": "52.4291",
        "decimalLongitude": "4.5771",
        "geodeticDatum": "EPSG:4326",
        "coordinateUncertaintyInMeters": "30",
        "countryCode": "NL",
        "samplingEffort": "",
        "georeferenceRemarks": "by the camera's GPS",
        "sampleSizeValue": "1",
        "sampleSizeUnit": "photos",
        "eventRemarks": "after rain",
    }


def test_a_photo_without_place_and_day_says_nothing_of_them(read):
    (heap,) = [row for row in read.events if row[DWC + "eventType"] == "Photo" and not row[DWC + "eventDate"]]
    assert [heap[DWC + term] for term in ("parentEventID", "locality", "decimalLatitude", "geodeticDatum")] == [""] * 4


def test_an_occurrence_of_a_model(read):
    daisy = dict(occurrences(read)[0])
    photo_id = read.events[0][DWC + "eventID"].removeprefix("photo:")
    assert daisy == {
        DWC + "occurrenceID": f"{photo_id}:oxeye-daisy",
        DWC + "basisOfRecord": "HumanObservation",
        DWC + "occurrenceStatus": "present",
        DWC + "eventDate": "2026-06-12T12:00:00",
        DWC + "scientificName": "Leucanthemum vulgare",
        DWC + "taxonID": "",
        DWC + "taxonRank": "species",
        DWC + "kingdom": "Plantae",
        DWC + "family": "Asteraceae",
        DWC + "vernacularName": "oxeye daisy",
        DWC + "verbatimIdentification": "oxeye-daisy",
        DWC + "organismQuantity": "2",
        DWC + "organismQuantityType": "flower heads",
        DWC + "reproductiveCondition": "in bloom",
        DWC + "recordedBy": "Anna Bos",
        DWC + "recordedByID": "https://orcid.org/0000-0002-1825-0097",
        DWC + "identifiedBy": "squares 1",
        DWC + "identifiedByID": "",
        DWC + "dateIdentified": "2026-06-12T12:00:00+00:00",
        DWC + "identificationVerificationStatus": "unverified",
        DWC + "identificationRemarks": "named by a model alone, score 0.97 (confident); no person has checked it",
        DWC + "occurrenceRemarks": "",
        DWC + "datasetName": "Flowers of the dunes",
        DC + "rightsHolder": "Naturalis Biodiversity Center",
        DC + "license": LICENCE,
    }


def test_a_species_of_the_data_set_that_a_visit_did_not_find_is_absent_from_it(read):
    visits = {row[DWC + "eventID"]: row[DWC + "locality"] for row in read.events if row[DWC + "eventType"] == "Visit"}
    assert {(visits[event], row[DWC + "verbatimIdentification"]) for event, row in absences(read)} == {
        ("=plot 3", "oxeye-daisy"),
        ("=plot 3", "=cmd"),
    }
    (event, row), *_ = absences(read)
    told = [row[DWC + term] for term in ("occurrenceID", "organismQuantity", "eventDate", "reproductiveCondition")]
    assert told == [f"{event}:oxeye-daisy", "0", "2026-06-13", ""]
    assert row[DWC + "identificationVerificationStatus"] == "unverified"


def test_a_selection_of_some_flowers_says_nothing_of_what_is_absent(tmp_path):
    read = archive(exported(summer(tmp_path, Selection(taxa=("=cmd",))), "dwca"))
    assert absences(read) == []
    assert {row[ECO + "isAbsenceReported"] for _, row in read.extensions["Event"]} == {"false"}


def test_plots_are_events_with_their_visits_ground_and_effort(tmp_path):
    stored = summer(tmp_path)
    stored.library.describe_sites(
        [
            Site("coast", 52.4, 4.5, "", None, "lea", UPLOADED, protocol="quadrats", quadrat_m2=0.25),
            Site("dunes", None, None, "", 25.0, "lea", UPLOADED, parent="coast"),
        ],
        by=ADMIN,
    )
    read = archive(exported(stored, "dwca"))
    rows = {(row[DWC + "eventType"], row[DWC + "locality"]): row for row in read.events}
    terms = ("parentEventID", "sampleSizeValue", "sampleSizeUnit", "samplingEffort")
    site, plot = rows["Site", "coast"], rows["Plot", "coast: dunes"]
    visit, picture = rows["Visit", "coast: dunes"], rows["Photo", "coast: dunes"]
    assert [site[DWC + term] for term in terms] == ["", "1", "visits", ""]
    assert [plot[DWC + term] for term in terms] == [site[DWC + "eventID"], "25.0", "square metre", ""]
    assert [visit[DWC + term] for term in terms] == [plot[DWC + "eventID"], "0.5", "square metre", "2 photos"]
    assert [picture[DWC + term] for term in terms] == [visit[DWC + "eventID"], "0.25", "square metre", ""]
    assert visit[DWC + "samplingProtocol"].startswith("Quadrats: each photo shows ground of its own")
    humboldt = dict(read.extensions["Event"])[visit[DWC + "eventID"]]
    names = ("protocolNames", "totalAreaSampledValue", "samplingEffortValue", "samplingEffortUnit")
    assert [humboldt[ECO + name] for name in names] == ["quadrats", "0.5", "2", "photos"]


def test_flowers_are_never_called_individuals(read):
    assert not any("individualCount" in term for row in occurrences(read) for term in row)


def test_what_a_person_said_and_what_a_model_alone_said_are_told_apart(read):
    rows = occurrences(read)
    assert values(rows, "identificationVerificationStatus") == [
        "unverified",
        "requires verification",
        "verified",
        "requires verification",
    ]
    assert values(rows, "identifiedBy") == ["squares 1", "squares 1", "L. B.", "squares 1"]
    assert values(rows, "identificationRemarks")[2] == "said by a person who looked at the photo"


def test_only_what_people_reviewed_is_an_archive_of_its_own(tmp_path):
    read = archive(exported(summer(tmp_path, Selection(reviewed_only=True)), "dwca"))
    assert values(occurrences(read), "identificationVerificationStatus") == ["verified"]


def test_an_unknown_flower_has_the_name_of_what_it_surely_is(read):
    unknown = occurrences(read)[3]
    assert [unknown[DWC + term] for term in ("scientificName", "taxonRank", "vernacularName")] == [
        "Tracheophyta",
        "phylum",
        "",
    ]
    assert unknown[DWC + "identificationRemarks"].startswith("an unknown flower; ")


def test_a_photo_without_flowers_is_an_event_that_measured_none(read):
    mown = read.events[1][DWC + "eventID"]
    assert mown not in {event for event, _ in read.extensions["Occurrence"]}
    (none,) = [row for event, row in read.extensions["ExtendedMeasurementOrFact"] if event == mown]
    assert (none[DWC + "measurementType"], none[DWC + "measurementValue"]) == ("flowers counted in the photo", "0")


def test_a_photo_without_any_of_the_selection_is_not_said_to_be_without_flowers(tmp_path):
    read = archive(exported(summer(tmp_path, Selection(taxa=("=cmd",))), "dwca"))
    totals = [row for _, row in read.extensions["ExtendedMeasurementOrFact"] if not row[DWC + "occurrenceID"]]
    assert values(totals, "measurementValue") == ["1", "0", "0", "0"]
    assert set(values(totals, "measurementType")) == {"flowers of the selection counted in the photo"}
    assert set(values(totals, "measurementMethod")) == {"sum over the taxa of the selection (taxon: =cmd)"}


def test_the_doubt_of_a_count_is_measured(read):
    meadow = read.events[0][DWC + "eventID"]
    rows = [row for event, row in read.extensions["ExtendedMeasurementOrFact"] if event == meadow]
    daisy = f"{meadow.removeprefix('photo:')}:oxeye-daisy"
    assert [
        tuple(row[DWC + f"measurement{part}"] for part in ("Type", "Value", "Unit", "Method"))
        for row in rows
        if row[DWC + "occurrenceID"] == daisy
    ] == [
        ("lower end of the count", "2", "flower heads", "90 % interval"),
        ("upper end of the count", "3", "flower heads", "90 % interval"),
        ("confidence of the name", "0.97", "0 to 1", "mean score of the flowers"),
    ]
    assert len({row[DWC + "measurementID"] for row in rows}) == len(rows) == 7


def test_a_photo_is_described_in_audubon_core(read):
    event, picture = read.extensions["Multimedia"][0]
    photo_id = event.removeprefix("photo:")
    assert picture == {
        DC + "identifier": photo_id,
        DC + "type": "http://purl.org/dc/dcmitype/StillImage",
        DC + "title": "meadow.jpg",
        XMP + "CreateDate": "2026-06-12T12:00:00",
        AC + "hashFunction": "SHA-256",
        AC + "hashValue": photo_id,
        AC + "comments": "The photo is kept by the publisher of this data set; ask the contact for it.",
        XMP_RIGHTS + "Owner": "Naturalis Biodiversity Center",
        DC + "rights": LICENCE,
    }


def test_the_metadata_say_who_publishes_what_and_under_which_licence(read):
    dataset = read.metadata.find("dataset")
    assert dataset.findtext("title") == PUBLICATION.title
    for party in ("creator", "metadataProvider", "contact"):
        assert dataset.findtext(f"{party}/individualName/surName") == "Lea Bos"
        assert dataset.findtext(f"{party}/organizationName") == "Naturalis Biodiversity Center"
        assert dataset.findtext(f"{party}/electronicMailAddress") == "lea@example.org"
    assert dataset.find("intellectualRights/para/ulink").get("url") == LICENCE
    assert "4 photos with the flowers counted in each" in dataset.findtext("abstract/para")
    assert [dataset.findtext(f".//{side}BoundingCoordinate") for side in ("west", "east", "north", "south")] == [
        "4.5771", "4.6", "52.4291", "-0.5",
    ]  # fmt: skip
    days = [dataset.findtext(f".//{end}/calendarDate") for end in ("beginDate", "endDate")]
    assert days == ["2026-06-12", "2026-06-13"]
    assert "Counts are of each photo by itself" in dataset.findtext("methods/methodStep/description/para")


def test_the_metadata_say_whether_positions_are_the_cameras_or_of_sites_that_people_typed(tmp_path):
    stored = summer(tmp_path)
    count(stored.library, photo("lost.jpg", site="wood", latitude=None, longitude=None), {"oxeye-daisy": 1})
    stored.library.describe_sites([Site("wood", 60.5, 4.6, "", None, "lea", UPLOADED)], by=ADMIN)
    place = archive(exported(stored, "dwca")).metadata.find("dataset/coverage/geographicCoverage")
    assert place.findtext("boundingCoordinates/northBoundingCoordinate") == "60.5"
    assert place.findtext("geographicDescription") == (
        "Where the photos were taken (by the camera's GPS: 3; position of the site, as people typed it: 1; "
        "without a position, and so not in this box: 1)."
    )


def test_what_nobody_has_typed_yet_is_said_to_be_missing(tmp_path):
    read = archive(exported(replace(summer(tmp_path), publication=UNTOLD), "dwca"))
    dataset = read.metadata.find("dataset")
    assert dataset.findtext("contact/organizationName") == "publisher not given yet"
    assert dataset.findtext("intellectualRights/para").startswith("No licence was given yet")
    assert {row[DC + "license"] for row in occurrences(read)} == {""}


def test_photos_that_a_camera_took_by_itself_are_machine_observations(tmp_path):
    stored = summer(tmp_path)
    by_camera = replace(stored, publication=replace(PUBLICATION, basis_of_record="MachineObservation"))
    assert set(values(occurrences(archive(exported(by_camera, "dwca"))), "basisOfRecord")) == {"MachineObservation"}


def test_an_empty_store_is_an_archive_without_rows(tmp_path):
    read = archive(exported(summer(tmp_path, Selection(sites=("nowhere",))), "dwca"))
    assert (read.events, [len(rows) for rows in read.extensions.values()]) == ([], [0, 0, 0, 0])


def test_every_file_says_what_its_rows_are(read):
    assert list(read.extensions) == ["Event", "Occurrence", "ExtendedMeasurementOrFact", "Multimedia"]


@given(st.text())
def test_no_text_breaks_a_line_or_a_cell(text):
    cell = _cell(text)
    assert "\t" not in cell
    assert len(cell.splitlines()) <= 1


@pytest.mark.parametrize(
    ("longitudes", "boxes"),
    [
        pytest.param([4.5, 5.0], [(4.5, 5.0)], id="one place"),
        pytest.param([-179.8, 179.9], [(179.9, 180.0), (-180.0, -179.8)], id="Fiji"),
        pytest.param([170.0, -170.0, 10.0], [(10.0, 180.0), (-180.0, -170.0)], id="from Europe to Samoa"),
        pytest.param([-70.0, 5.0], [(-70.0, 5.0)], id="over the Atlantic"),
        pytest.param([-100.0, -70.0], [(-100.0, -70.0)], id="America"),
        pytest.param([], [], id="nowhere"),
    ],
)
def test_no_box_goes_around_the_globe(longitudes, boxes):
    coverage = Coverage()
    for longitude in longitudes:
        coverage.add({"position": "photo", "model": "m", "latitude": -17.0, "longitude": longitude, "day": None})
    assert [(box.west, box.east) for box in coverage.boxes] == boxes
    assert {(box.south, box.north) for box in coverage.boxes} <= {(-17.0, -17.0)}
