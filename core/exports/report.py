"""A survey report: one HTML file that opens anywhere, without a network, and prints well, also in grey.

Figures are drawn by plotly.js, which is written into the file once; a browser prints them as vectors. This module says
what is in it and in which order, report.html.j2 has the HTML. The language is that of the person who asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count as numbers
from typing import BinaryIO

import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from core.charts.abundance import abundance
from core.charts.colours import taxon_colours
from core.charts.form import one_line, with_doubt
from core.charts.sites import sites_by_taxa
from core.charts.time import calendar as calendar_figure
from core.charts.time import over_time as time_figure
from core.exports.contents import contents
from core.exports.report_models import models, package_that_counted
from core.exports.report_parts import Cell, Figure, Line, Numbers, Part, Table
from core.exports.stored import Stored
from core.formatting import count_with_interval, not_calibrated_words, number
from core.language import current_language, tr
from core.survey.density import densities, samples
from core.survey.density_words import density_columns, density_sentence, why_not_comparable_sites
from core.survey.diversity import INDICES, cautions, community, countable, index_table
from core.survey.headline import headline
from core.survey.index_words import index_words
from core.survey.observed import not_calibrated, observed
from core.survey.phenology import calendar, expected_months, out_of_season
from core.survey.repeats import visits
from core.survey.totals import by_site, by_site_and_taxon, by_taxon, over_time, step_of_curves
from core.templates import templates_beside

TEMPLATES = templates_beside(__file__)
WIDTH_PX = 690
"""The width of a printed A4 page."""

MOST_TAXA, MOST_CURVES, MOST_SITES = 15, 6, 25
"""In figures, so that each fits on a page; the tables have all."""
CONFIG = {"displayModeBar": False, "staticPlot": False}


def export_report(stored: Stored, file: BinaryIO) -> None:
    """Write the report of the selection, part by part as they are made."""
    stream = TEMPLATES.get_template("report.html.j2").stream(
        language=current_language(),
        title=stored.publication.title or tr("Flower survey"),
        plotly_js=Markup(get_plotlyjs()),
        parts=_Report(stored).parts(),
    )
    stream.dump(file, encoding="utf-8")


class _Report:
    """The sections of the report, top to bottom."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._observations = observed(stored.library, stored.labels, stored.which)
        stored.progress(len(self._observations))
        self._visits = visits(self._observations, stored.repeats)
        self._taxa = by_taxon(self._visits)
        self._held = contents(self._observations, stored.library.described_sites())
        self._none = tr("Without such flowers") if stored.which.of_some_flowers else tr("Without flowers")
        self._numbers = numbers(1)
        self._note = tr(
            "{rule}; {reviewed} of {photos} photos reviewed",
            rule=stored.repeats.in_short(),
            reviewed=number(self._held.photos - self._held.unreviewed),
            photos=number(self._held.photos),
        )

    def parts(self) -> Iterator[Part]:
        """Each as the template takes it."""
        yield from self._about()
        if not self._held.photos:
            yield Line(tr("There are no counted photos in this selection, so there is nothing to report."))
            return
        yield from self._headline()
        if len(self._taxa):
            yield from self._species()
            yield from self._charts()
            yield from self._diversity()
        yield from self._sites()
        yield from self._methods()
        yield from models(self._stored, self._observations)
        yield from self._settings()

    def _about(self) -> Iterator[Part]:
        about = self._stored.publication
        days = self._observations["day"].dropna()
        when = _span(days.min(), days.max()) if len(days) else ""
        who = " · ".join(filter(None, (about.publisher, about.contact, about.email)))
        if opening := " · ".join(filter(None, (who, when))):
            yield Line(opening, "quiet")
        if about.description:
            yield Line(about.description)
        if self._held.made_up:
            yield Line(
                tr("{photos} of these photos are made up, for the demo.", photos=number(self._held.made_up)), "doubt"
            )

    def _headline(self) -> Iterator[Part]:
        of = headline(self._observations, self._visits)
        flowers = count_with_interval(of.flowers)
        values = (
            (tr("Flowers"), flowers),
            (tr("Taxa"), number(of.taxa)),
            (tr("Photos"), number(of.photos)),
            (self._none, number(self._held.without_flowers)),
            (tr("Visits"), number(self._visits["visit"].nunique())),
            (tr("Sites"), number(of.sites)),
            (tr("People"), number(of.people)),
        )
        yield Numbers(values)
        yield Line(self._stored.repeats.in_words())
        if of.flowers.lower_bound:
            yield Line(tr("Minimum: some photos are too crowded or blurred to count fully."), "doubt")
        if raw := int(not_calibrated(self._observations.drop_duplicates("photo_id")).sum()):
            yield Line(not_calibrated_words(raw), "doubt")

    def _species(self) -> Iterator[Part]:
        yield Line(tr("Species"), "heading")
        table = self._taxa
        yield Table(
            (tr("Taxon"), tr("Family"), tr("Flowers"), tr("Visits")),
            (
                (Markup(name), Cell(latin=family), figure, number(seen))
                for name, family, figure, seen in zip(
                    one_line(table["name"]), table["family"], with_doubt(table), table["visits"], strict=True
                )
            ),
            figures=(2, 3),
        )
        yield Line(
            tr(
                "7 (6-9) means seven, between six and nine. ≥ 7 means at least seven, because one of the photos "
                "is flagged."
            ),
            "quiet",
        )

    def _charts(self) -> Iterator[Part]:
        yield Line(tr("Flowers by taxon"), "heading")
        colours = taxon_colours(self._taxa["taxon"])
        shown = self._taxa.head(MOST_TAXA)
        yield self._figure(
            abundance(shown, colours, note=self._note),
            tr("Flowers of the {taxa} most abundant taxa. Error bars: 90 % interval.",
               taxa=len(shown)),
        )  # fmt: skip
        days = self._visits["day"].dropna()
        if len(days):
            yield Line(tr("When"), "heading")
            step = step_of_curves(days.min(), days.max())
            curves = over_time(self._visits, step, list(self._taxa["taxon"][:MOST_CURVES]))
            yield self._figure(
                time_figure(curves, colours, note=self._note),
                tr("Flowers per visit of the most abundant taxa. Band: 90 % interval."),
            )
            yield self._calendar()
        most = by_site_and_taxon(self._visits)
        sites = most.groupby("site")["count"].sum().nlargest(MOST_SITES).index
        taxa = list(self._taxa["taxon"][:MOST_TAXA])
        fields = most[most["site"].isin(sites) & most["taxon"].isin(taxa)]
        fields = fields.sort_values("taxon", key=lambda names: names.map(taxa.index), kind="stable")
        yield Line(tr("What grows where"), "heading")
        yield self._figure(
            sites_by_taxa(fields, note=self._note).update_xaxes(tickangle=-90),
            tr("Flowers per visit of each taxon at each site; empty where it was not found."),
        )

    def _calendar(self) -> Figure:
        expected = expected_months(self._stored.labels)
        names = dict(zip(self._taxa["taxon"][:MOST_TAXA], self._taxa["name"], strict=False))
        weeks = calendar(self._visits, expected)
        odd = out_of_season(self._visits, expected)
        return self._figure(
            calendar_figure(weeks[weeks["taxon"].isin(list(names))], expected, names, note=self._note),
            tr(
                "Weeks in which each taxon was found, all years together, over the months in which it is "
                "expected. Finds out of season: {finds}.",
                finds=number(len(odd)),
            ),
        )

    def _diversity(self) -> Iterator[Part]:
        yield Line(tr("Diversity"), "heading")
        counted = countable(self._visits)
        of = community(counted.of(self._visits))
        rows = index_table({"": of})
        words = [index_words(index.key) for index in INDICES]
        yield Table(
            (tr("Index"), tr("Value"), tr("Meaning")),
            (
                (word.name, _measure(row), Cell(word.sentence, source=word.source))
                for word, row in zip(words, rows.to_dict("records"), strict=True)
            ),
            figures=(1,),
        )
        for sentence in cautions(of):
            yield Line(sentence, "doubt")

    def _sites(self) -> Iterator[Part]:
        yield Line(tr("Sites"), "heading")
        table = by_site(self._visits)
        yield Table(
            (tr("Site"), tr("Visits"), tr("Photos"), tr("Flowers"), tr("Taxa"), tr("Last visit")),
            (
                (
                    row["site"] or tr("no site given"),
                    number(row["visits"]),
                    number(row["photos"]),
                    figure,
                    number(row["taxa"]),
                    "" if pd.isna(row["last_day"]) else row["last_day"].date().isoformat(),
                )
                for row, figure in zip(table.to_dict("records"), with_doubt(table), strict=True)
            ),
            figures=(1, 2, 3, 4),
        )
        dense = densities(samples(self._observations, self._visits))
        if dense.empty:
            return
        columns = density_columns(dense)
        yield Line(tr("Density"), "heading")
        yield Table(tuple(columns), zip(*columns.values(), strict=True), figures=tuple(range(2, len(columns))))
        yield Line(density_sentence())
        if sentence := why_not_comparable_sites(dense):
            yield Line(sentence, "doubt")

    def _methods(self) -> Iterator[Part]:
        held = self._held
        yield Line(tr("Methods"), "heading")
        yield Line(
            tr(
                "Flowers in photos were found, counted and named by a model, and some photos were reviewed by people. "
                "A flower is one floral unit: a single flower, a flower head or an inflorescence. The interval of a "
                "count is computed to hold the true count in 90 of 100 photos; the model card below says how often it "
                "did. Intervals of several photos are added up, as their errors tend to go the same way."
            )
        )
        yield Line(self._stored.repeats.in_words())
        yield Line(
            tr(
                "Photos: {photos}. {none}, and counted as zeros: {without}. Reviewed by a person: {reviewed}. "
                "Without a date: {undated}. Without a position: {unplaced}. Files that could not be read: {unread}.",
                photos=number(held.photos),
                none=self._none,
                without=number(held.without_flowers),
                reviewed=number(held.photos - held.unreviewed),
                undated=number(held.undated),
                unplaced=number(held.unplaced),
                unread=number(sum(1 for _ in self._stored.library.unread(self._stored.which))),
            )
        )

    def _settings(self) -> Iterator[Part]:
        stored = self._stored
        yield Line(tr("Settings used"), "heading")
        thresholds = [
            f"{model}: {package.default_threshold:.2f}"
            for model in self._observations["model"].unique()
            if (package := package_that_counted(self._stored, str(model)))
        ]
        rows = (
            (tr("Selection"), stored.selection),
            (tr("Repeated photos"), stored.repeats.in_words()),
            (tr("Minimum confidence"), "; ".join(thresholds)),
            (tr("Licence"), stored.publication.licence),
            (tr("Made"), stored.at.isoformat()),
        )
        yield Table((tr("Setting"), tr("Value")), [row for row in rows if row[1]])

    def _figure(self, figure: go.Figure, says: str) -> Figure:
        """The figure with its number and the sentence that says what it shows, for those too who do not see it."""
        place = next(self._numbers)
        figure.update_layout(
            template="plotly_white", width=WIDTH_PX, paper_bgcolor="#fff", plot_bgcolor="#fff", font_color="#1F2A22"
        )
        drawn = figure.to_html(include_plotlyjs=False, full_html=False, config=CONFIG, div_id=f"figure-{place}")
        return Figure(Markup(drawn), tr("Figure {number}. {says}", number=place, says=says))


def _measure(row: dict[str, object]) -> str:
    value, low, high = (row[name] for name in ("value", "low", "high"))
    if value is None or pd.isna(value):
        return tr("no number")
    return f"{value:.2f}" if low == high else f"{value:.2f} ({low:.2f}-{high:.2f})"


def _span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    days = dict.fromkeys((first.date().isoformat(), last.date().isoformat()))
    return " - ".join(days)
