"""A survey report: one HTML file that opens anywhere, without a network, and prints well, also in grey.

Figures are drawn by plotly.js, which is written into the file once; a browser prints them as vectors. Text from outside
is escaped. The language is that of the person who asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import count as numbers
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from core.charts.abundance import abundance
from core.charts.colours import taxon_colours
from core.charts.form import one_line, with_doubt
from core.charts.sites import sites_by_taxa
from core.charts.time import calendar as calendar_figure
from core.charts.time import over_time as time_figure
from core.exports.contents import contents
from core.exports.model_card import measured
from core.exports.stored import Stored
from core.language import spoken, tr
from core.recognition.package import ModelPackage
from core.survey.diversity import INDICES, cautions, community, countable, index_table
from core.survey.headline import headline
from core.survey.index_words import index_words
from core.survey.observed import observed
from core.survey.phenology import calendar, expected_months, out_of_season
from core.survey.repeats import visits
from core.survey.totals import Step, by_site, by_site_and_taxon, by_taxon, over_time

CSS = Path(__file__).with_name("report.css")
WIDTH_PX = 690
"""What fits on a printed A4 page."""

MOST_TAXA, MOST_CURVES, MOST_SITES = 15, 6, 25
"""In figures, so that each fits on a page; the tables have all."""
CONFIG = {"displayModeBar": False, "staticPlot": False}


def export_report(stored: Stored, file: BinaryIO) -> None:
    """Write the report of the selection."""
    title = stored.publication.title or tr("Flower survey")
    head = (
        f'<!doctype html>\n<html lang="{spoken()}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{CSS.read_text(encoding='utf-8')}</style>\n"
        f"<script>{get_plotlyjs()}</script>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
    )
    file.write(head.encode())
    for part in _Report(stored).parts():
        file.write(f"{part}\n".encode())
    file.write(b"</body>\n</html>\n")


class _Report:
    """The sections of the report, top to bottom."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._observations = observed(stored.library, stored.labels, stored.which)
        stored.told(len(self._observations))
        self._visits = visits(self._observations, stored.repeats)
        self._taxa = by_taxon(self._visits)
        self._held = contents(self._observations, stored.library.described_sites())
        self._none = tr("Without such flowers") if stored.which.of_some_flowers else tr("Without flowers")
        self._numbers = numbers(1)
        self._note = tr(
            "{rule}; {reviewed} of {photos} photos reviewed",
            rule=stored.repeats.in_short(),
            reviewed=_number(self._held.photos - self._held.unreviewed),
            photos=_number(self._held.photos),
        )

    def parts(self) -> Iterator[str]:
        """Each as HTML."""
        yield from self._about()
        if not self._held.photos:
            yield _paragraph(tr("There are no counted photos in this selection, so there is nothing to report."))
            return
        yield from self._headline()
        if len(self._taxa):
            yield from self._species()
            yield from self._charts()
            yield from self._diversity()
        yield from self._sites()
        yield from self._methods()
        yield from self._models()
        yield from self._settings()

    def _about(self) -> Iterator[str]:
        about = self._stored.publication
        days = self._observations["day"].dropna()
        when = _span(days.min(), days.max()) if len(days) else ""
        who = " · ".join(filter(None, (about.publisher, about.contact, about.email)))
        yield _paragraph(" · ".join(filter(None, (who, when))), quiet=True)
        yield _paragraph(about.description) if about.description else ""
        if self._held.made_up:
            yield _doubt(tr("{photos} of these photos are made up, for the demo.", photos=_number(self._held.made_up)))

    def _headline(self) -> Iterator[str]:
        of = headline(self._observations, self._visits)
        flowers = with_doubt(
            pd.DataFrame(
                {
                    "count": [of.flowers.count],
                    "count_low": [of.flowers.low],
                    "count_high": [of.flowers.high],
                    "lower_bound": [False],
                }
            )
        )[0]
        values = (
            (tr("Flowers"), flowers),
            (tr("Taxa"), _number(of.taxa)),
            (tr("Photos"), _number(of.photos)),
            (self._none, _number(self._held.without_flowers)),
            (tr("Visits"), _number(self._visits["visit"].nunique())),
            (tr("Sites"), _number(of.sites)),
            (tr("People"), _number(of.people)),
        )
        rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in values)
        yield f'<dl class="numbers">{rows}</dl>'
        yield _paragraph(self._stored.repeats.in_words())
        if of.lower_bound:
            yield _doubt(tr("Minimum: some photos are too crowded or blurred to count fully."))

    def _species(self) -> Iterator[str]:
        yield _heading(tr("Species"))
        table = self._taxa
        yield _table(
            (tr("Taxon"), tr("Family"), tr("Flowers"), tr("Visits")),
            (
                (name, f"<i>{escape(family)}</i>", escape(figure), _number(seen))
                for name, family, figure, seen in zip(
                    one_line(table["name"]), table["family"], with_doubt(table), table["visits"], strict=True
                )
            ),
            figures=(2, 3),
        )
        yield _paragraph(
            tr(
                "7 (6-9) means seven, between six and nine. ≥ 7 means at least seven, because one of the photos "
                "is flagged."
            ),
            quiet=True,
        )

    def _charts(self) -> Iterator[str]:
        yield _heading(tr("Flowers by taxon"))
        colours = taxon_colours(self._taxa["taxon"])
        shown = self._taxa.head(MOST_TAXA)
        yield self._figure(
            abundance(shown, colours, note=self._note),
            tr("Flowers of the {taxa} most abundant taxa. Error bars: 90 % interval.",
               taxa=len(shown)),
        )  # fmt: skip
        days = self._visits["day"].dropna()
        if len(days):
            yield _heading(tr("When"))
            step: Step = "month" if (days.max() - days.min()).days > 120 else "week"
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
        yield _heading(tr("What grows where"))
        yield self._figure(
            sites_by_taxa(fields, note=self._note).update_xaxes(tickangle=-90),
            tr("Flowers per visit of each taxon at each site; empty where it was not found."),
        )

    def _calendar(self) -> str:
        expected = expected_months(self._stored.labels)
        names = dict(zip(self._taxa["taxon"][:MOST_TAXA], self._taxa["name"], strict=False))
        weeks = calendar(self._visits, expected)
        odd = out_of_season(self._visits, expected)
        return self._figure(
            calendar_figure(weeks[weeks["taxon"].isin(list(names))], expected, names, note=self._note),
            tr(
                "Weeks in which each taxon was found, all years together, over the months in which it is "
                "expected. Finds out of season: {finds}.",
                finds=_number(len(odd)),
            ),
        )

    def _diversity(self) -> Iterator[str]:
        yield _heading(tr("Diversity"))
        counted = countable(self._visits)
        of = community(counted.of(self._visits))
        rows = index_table({"": of})
        words = [index_words(index.key) for index in INDICES]
        yield _table(
            (tr("Index"), tr("Value"), tr("Meaning")),
            (
                (
                    escape(word.name),
                    escape(_measure(row)),
                    f"{escape(word.sentence)} <small>{escape(word.source)}</small>",
                )
                for word, row in zip(words, rows.to_dict("records"), strict=True)
            ),
            figures=(1,),
        )
        for sentence in cautions(of):
            yield _doubt(sentence)

    def _sites(self) -> Iterator[str]:
        yield _heading(tr("Sites"))
        table = by_site(self._visits)
        yield _table(
            (tr("Site"), tr("Visits"), tr("Photos"), tr("Flowers"), tr("Taxa"), tr("Last visit")),
            (
                (
                    escape(row["site"] or tr("no site given")),
                    _number(row["visits"]),
                    _number(row["photos"]),
                    escape(figure),
                    _number(row["taxa"]),
                    "" if pd.isna(row["last_day"]) else row["last_day"].date().isoformat(),
                )
                for row, figure in zip(table.to_dict("records"), with_doubt(table), strict=True)
            ),
            figures=(1, 2, 3, 4),
        )

    def _methods(self) -> Iterator[str]:
        held = self._held
        yield _heading(tr("Methods"))
        yield _paragraph(
            tr(
                "Flowers in photos were found, counted and named by a model, and some photos were reviewed by people. "
                "A flower is one floral unit: a single flower, a flower head or an inflorescence. The interval of a "
                "count is computed to hold the true count in 90 of 100 photos; the model card below says how often it "
                "did. Intervals of several photos are added up, as their errors tend to go the same way."
            )
        )
        yield _paragraph(self._stored.repeats.in_words())
        yield _paragraph(
            tr(
                "Photos: {photos}. {none}, and counted as zeros: {without}. Reviewed by a person: {reviewed}. "
                "Without a date: {undated}. Without a position: {unplaced}. Files that could not be read: {unread}.",
                photos=_number(held.photos),
                none=self._none,
                without=_number(held.without_flowers),
                reviewed=_number(held.photos - held.unreviewed),
                undated=_number(held.undated),
                unplaced=_number(held.unplaced),
                unread=_number(sum(1 for _ in self._stored.library.unread(self._stored.which))),
            )
        )

    def _models(self) -> Iterator[str]:
        yield _heading(tr("Models and their accuracy"))
        photos = self._observations.drop_duplicates("photo_id")["model"].value_counts()
        for model, counted in photos.items():
            yield _paragraph(tr("{model} counted {photos} photos.", model=model, photos=_number(counted)))
            if package := self._package(str(model)):
                yield from _accuracy(package)
            else:
                yield _doubt(tr("Its package is no longer here, so its accuracy is unknown."))

    def _package(self, model: str) -> ModelPackage | None:
        """The very package that counted so; None where another version would stand in for it."""
        package = self._stored.package_of(*model.split(" ", 1))
        return package if f"{package.name} {package.version}" == model else None

    def _settings(self) -> Iterator[str]:
        stored = self._stored
        yield _heading(tr("Settings used"))
        thresholds = [
            f"{model}: {package.default_threshold:.2f}"
            for model in self._observations["model"].unique()
            if (package := self._package(str(model)))
        ]
        rows = (
            (tr("Selection"), stored.selection),
            (tr("Repeated photos"), stored.repeats.in_words()),
            (tr("Minimum confidence"), "; ".join(thresholds)),
            (tr("Licence"), stored.publication.licence),
            (tr("Made"), stored.at.isoformat()),
        )
        yield _table(
            (tr("Setting"), tr("Value")), ((escape(name), escape(value)) for name, value in rows if value), figures=()
        )

    def _figure(self, figure: go.Figure, says: str) -> str:
        """The figure with its number and the sentence that says what it shows, for those too who do not see it."""
        number = next(self._numbers)
        figure.update_layout(
            template="plotly_white", width=WIDTH_PX, paper_bgcolor="#fff", plot_bgcolor="#fff", font_color="#1F2A22"
        )
        drawn = figure.to_html(include_plotlyjs=False, full_html=False, config=CONFIG, div_id=f"figure-{number}")
        caption = tr("Figure {number}. {says}", number=number, says=says)
        return f'<figure><div class="wide">{drawn}</div><figcaption>{escape(caption)}</figcaption></figure>'


def _accuracy(package: ModelPackage) -> Iterator[str]:
    lines = measured(package)
    if not lines:
        yield _doubt(tr("It has no model card with measurements, so its accuracy is unknown."))
        return
    yield _paragraph(
        tr("From its model card, measured on photos that it was not trained on. Expect less on other photos."),
        quiet=True,
    )
    yield _table(
        (tr("Measured"), tr("Value"), tr("Photos")), ([escape(cell) for cell in line] for line in lines), figures=(1, 2)
    )


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _paragraph(text: str, *, quiet: bool = False) -> str:
    kind = ' class="quiet"' if quiet else ""
    return f"<p{kind}>{escape(text)}</p>" if text else ""


def _doubt(text: str) -> str:
    return f'<p class="doubt">{escape(text)}</p>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, figures: Sequence[int]) -> str:
    """rows: cells that are HTML already. figures: the columns of numbers."""
    kinds = [' class="figure"' if place in figures else "" for place in range(len(head))]
    titles = "".join(f'<th scope="col"{kind}>{escape(title)}</th>' for title, kind in zip(head, kinds, strict=True))
    body = "\n".join(
        f"<tr>{''.join(f'<td{kind}>{cell}</td>' for cell, kind in zip(row, kinds, strict=True))}</tr>" for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _measure(row: dict[str, object]) -> str:
    value, low, high = (row[name] for name in ("value", "low", "high"))
    if value is None or pd.isna(value):
        return tr("no number")
    return f"{value:.2f}" if low == high else f"{value:.2f} ({low:.2f}-{high:.2f})"


def _span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    days = dict.fromkeys((first.date().isoformat(), last.date().isoformat()))
    return " - ".join(days)


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u2009")
