"""The columns of the tables that leave Bloomcount, each with what it holds: the data dictionary."""

from __future__ import annotations

COLUMNS = {
    "photo_id": "SHA-256 of the file's bytes: the same bytes twice are one photo",
    "file": "its name when it was uploaded",
    "site": "where it was taken, as typed; of a photo of a plot, the plot's site",
    "taken_at": "when, by the camera; with offset only where the camera gave one",
    "latitude": "degrees north, WGS 84, by the camera's GPS, else in exports of the store that of the site, also "
    "where a person said that the site's holds",
    "longitude": "degrees east, WGS 84, likewise",
    "uploaded_by": "who uploaded it",
    "uploaded_at": "when it was uploaded (UTC)",
    "taxon": "the taxon's short name, `unknown` for an unknown flower, the genus or family for one named no further; "
    "empty for a photo without flowers, or without any of the selection",
    "scientific_name": "scientific name of the taxon",
    "rank": "species, cultivar, genus or family",
    "family": "family of the taxon",
    "unit": "what is counted: flower, flower head, inflorescence",
    "count": "flowers of this taxon in this photo, as sure as the threshold or surer; 0 where `taxon` is empty",
    "count_low": "lower end of the 90 % interval of the count; empty of a model that is not calibrated",
    "count_high": "upper end of the 90 % interval of the count",
    "confidence": "how sure the name is, 0 to 1, mean over the flowers",
    "band": "confident (over 0.9), uncertain (0.2 to 0.9), unknown (under 0.2)",
    "reviewed": "`true` where a person has answered for the whole photo, without interval; `false` where only the "
    "recogniser has, or a person named some flowers",
    "flag": "crowded, blurred, tiny, capped: the count is a lower bound; empty where a person has counted all",
    "model": "name and version of the recogniser; of a classifier that people brought, and what found its flowers",
    "problem": "why the file could not be read",
    "note": "what was typed when it was uploaded, or corrected since",
    "reviewed_by": "who said the count; empty where only the recogniser has",
    "how": "how they came to it: accepted a suggestion, chosen freely, blind (without the recogniser's word); empty "
    "where nobody answered for the whole photo, and in reviews of version 1.0",
    "area_m2": "area of the plot, as described for its site; under `quadrats` that which the photo shows, under "
    "`transect` that of the whole line",
    "habitat": "habitat, as described for its site",
    "gbif_key": "the taxon's key in the GBIF backbone, where one is known",
    "year": "the year of `taken_at`",
    "plot": "the plot of the site, where the site has plots",
    "protocol": "the relation of the photos of a visit: views (of one plot: repeats), quadrats (each its own ground), "
    "transect (along a line), timed (what was found in `minutes`)",
    "minutes": "minutes that a timed count took",
    "observer": "who observed, as said of the drop",
    "weather": "the weather, as said of the drop",
    "name_list": "the list of names that the recogniser could give; empty for all it knows, and where a person has "
    "said it",
}
"""In the order of docs/data-dictionary.md."""

CAMTRAP = {
    "photo_id": "media.mediaID",
    "file": "media.fileName",
    "taken_at": "media.timestamp",
    "note": "media.mediaComments",
    "site": "deployments.locationName",
    "latitude": "deployments.latitude",
    "longitude": "deployments.longitude",
    "habitat": "deployments.habitat",
    "observer": "deployments.setupBy",
    "visit_id": "deployments.deploymentID",
    "scientific_name": "observations.scientificName",
    "count": "observations.count",
    "confidence": "observations.classificationProbability",
    "reviewed_by": "observations.classifiedBy",
}
"""Columns of the Camera Trap Data Package (Camtrap DP 1.0) that hold the same."""

PER_PHOTO = (
    "Counts are of each photo by itself: photos of one place on one day may show the same flowers again, and are not "
    "to be added up without a rule for such repeats."
)
"""A warning for those who add up the rows; it goes with every export but the CSV, which has no place for it."""
