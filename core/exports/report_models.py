"""The section of a report on its models: their photos, their measured accuracy, their agreement with people."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from core.exports.model_card import measured
from core.exports.report_parts import Line, Part, Table
from core.exports.stored import Stored
from core.formatting import number
from core.formatting import photos as photos_in_words
from core.language import tr
from core.recognition.package import ModelPackage
from core.review.agreement import by_part, compare, names_agree, names_in_words


def models(stored: Stored, observations: pd.DataFrame) -> Iterator[Part]:
    """The models that counted these observations, each with its accuracy as measured, then people beside them."""
    yield Line(tr("Models and their accuracy"), "heading")
    photos = observations.drop_duplicates("photo_id")["model"].value_counts()
    for model, counted in photos.items():
        yield Line(tr("{model} counted {photos} photos.", model=model, photos=number(counted)))
        if package := package_that_counted(stored, str(model)):
            yield from _accuracy(package)
        else:
            yield Line(tr("Its package is no longer here, so its accuracy is unknown."), "doubt")
    yield from _agreement(stored)


def package_that_counted(stored: Stored, model: str) -> ModelPackage | None:
    """The very package that counted so; None where another version would stand in for it."""
    package = stored.package_of(*model.split(" ", 1))
    return package if f"{package.name} {package.version}" == model else None


def _accuracy(package: ModelPackage) -> Iterator[Part]:
    lines = measured(package)
    if not lines:
        yield Line(tr("It has no model card with measurements, so its accuracy is unknown."), "doubt")
        return
    yield Line(
        tr("From its model card, measured on photos that it was not trained on. Expect less on other photos."), "quiet"
    )
    yield Table((tr("Measured"), tr("Value"), tr("Photos")), lines, figures=(1, 2))


def _agreement(stored: Stored) -> Iterator[Part]:
    """The agreement with people who counted these photos blind; nothing where nobody did."""
    compared = compare(stored.library, stored.which)
    figures = by_part(compared.blind, "all").get("")
    if figures is None or figures.bias is None or figures.error is None:
        return
    yield Line(
        tr(
            "People counted blind, without the model's word: {photos}. There the model counts {bias} flowers a "
            "photo beside them, is {error} off on average and within one flower in {within}; its interval holds "
            "their count in {covered}.",
            photos=photos_in_words(figures.pairs),
            bias=f"{figures.bias:+.2f}",
            error=f"{figures.error:.2f}",
            within=f"{figures.within_one.some / figures.pairs:.0%}",
            covered=f"{figures.covered.some / figures.pairs:.0%}",
        )
    )
    if (names := names_agree(compared.blind)).of:
        yield Line(names_in_words(names))
    between = by_part(compared.people, "all").get("")
    if between is not None and between.error is not None:
        yield Line(
            tr(
                "Two people who counted the same photos blind ({photos}) are {error} flowers apart on average, and "
                "within one in {within}.",
                photos=photos_in_words(between.pairs),
                error=f"{between.error:.2f}",
                within=f"{between.within_one.some / between.pairs:.0%}",
            )
        )
    if figures.missing:
        yield Line(
            tr("Too few for firm figures: {photos} more are needed.", photos=photos_in_words(figures.missing)),
            "doubt",
        )
