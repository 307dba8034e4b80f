"""A photo with a box around each flower, and the lines that name and count them, as HTML.

Boxes are placed in percent over the picture, so that they stay on their flowers at every width. All text from outside
(file names, sites) is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from core.recognition.counting import FlowerName, TaxonCount
from core.recognition.package import UNKNOWN_TAXON
from core.store.records import PhotoRecord
from core.survey.summary import CountedPhoto, Summary
from pages.parts.words import count_with_doubt

GRID_ASPECT = 4 / 3
LARGE_HEIGHT_VH = 70
FLAG_WORDS = {
    "crowded": "crowded: at least this many",
    "blurred": "blurred: at least this many",
    "tiny": "flowers too small: at least this many",
}


def photo_card(photo: CountedPhoto, colours: Mapping[str, str]) -> str:
    """One photo of a gallery: thumbnail with boxes, file name, and what was counted in it."""
    record = photo.result.photo
    if record.problem:
        picture = (
            f'<div class="unread"><span class="failure">could not be read</span><br>{escape(record.problem)}</div>'
        )
        return _card(record, f'<div class="bloom-photo in-grid failed">{picture}</div>', "")
    wide = record.width / max(1, record.height) >= GRID_ASPECT
    frame = _frame(
        photo, colours, source=f"/thumbs/{record.photo_id}.webp", size="width:100%" if wide else "height:100%"
    )
    return _card(record, f'<div class="bloom-photo in-grid">{frame}</div>', count_lines(photo, colours))


def large_photo(photo: CountedPhoto, colours: Mapping[str, str]) -> str:
    """One photo as large as the window; its boxes can be reached by keyboard."""
    source = f"/pictures/{photo.result.photo.photo_id}.webp"
    record = photo.result.photo
    size = f"width:min(100%,{LARGE_HEIGHT_VH * record.width / record.height:.0f}vh)"
    frame = _frame(photo, colours, source=source, size=size, by_keyboard=True)
    return f'<div class="bloom"><div class="bloom-photo large">{frame}</div></div>'


def count_lines(photo: CountedPhoto, colours: Mapping[str, str]) -> str:
    """The photo's counts, a line a taxon; its doubt in words."""
    if photo.count is None:
        return ""
    flag = photo.result.analysis.flag if photo.result.analysis else ""
    lines = [_line(taxon, colours, lower_bound=bool(flag)) for taxon in photo.count.taxa] or [
        '<li class="quiet">no flowers</li>'
    ]
    if flag:
        lines.append(f'<li class="doubt">{escape(FLAG_WORDS.get(flag, flag))}</li>')
    return f'<ul class="bloom-lines">{"".join(lines)}</ul>'


def totals_table(summary: Summary, colours: Mapping[str, str]) -> str:
    """Totals per taxon over all photos, with bars."""
    most = max((taxon.count for taxon in summary.totals.taxa), default=1)
    rows = "".join(
        f'<tr><th scope="row">{taxon_name(taxon)}</th>'
        f'<td class="figure">{count_with_doubt(taxon.count, taxon.low, taxon.high)}{_band(taxon.band)}</td>'
        f'<td class="bar"><div class="{_kind(taxon.taxon)}" style="--taxon:{colours[taxon.taxon]};'
        f'width:{100 * taxon.count / most:.1f}%"></div></td></tr>'
        for taxon in summary.totals.taxa
    )
    head = '<thead><tr><th scope="col">Taxon</th><th scope="col" class="figure">Flowers</th><td></td></tr></thead>'
    return f'<div class="bloom"><table class="bloom-totals">{head}<tbody>{rows}</tbody></table></div>'


def taxon_name(taxon: TaxonCount | FlowerName) -> str:
    """Vernacular name, then the scientific one in italics."""
    if taxon.scientific_name and taxon.english.startswith(taxon.scientific_name):  # rolled up to a genus or family
        return f"<i>{escape(taxon.scientific_name)}</i>{escape(taxon.english.removeprefix(taxon.scientific_name))}"
    scientific = f" <i>{escape(taxon.scientific_name)}</i>" if taxon.scientific_name else ""
    return f"{escape(taxon.english)}{scientific}"


def _card(record: PhotoRecord, picture: str, lines: str) -> str:
    name = f'<p class="bloom-file quiet" title="{escape(record.file)}">{escape(record.file)}</p>'
    return f'<div class="bloom">{picture}{name}{lines}</div>'


def _frame(
    photo: CountedPhoto, colours: Mapping[str, str], *, source: str, size: str, by_keyboard: bool = False
) -> str:
    record = photo.result.photo
    boxes = "".join(_boxes(photo, colours, by_keyboard=by_keyboard))
    style = f"{size};aspect-ratio:{record.width}/{record.height}"
    return (
        f'<div class="frame" style="{style}">'
        f'<img src="{source}" loading="lazy" alt="{escape(_in_words(photo))}">{boxes}</div>'
    )


def _boxes(photo: CountedPhoto, colours: Mapping[str, str], *, by_keyboard: bool) -> Iterator[str]:
    """The counted flowers' boxes, large ones first so that small ones stay on top."""
    if photo.count is None or photo.result.analysis is None:
        return
    flowers = photo.result.analysis.flowers
    record = photo.result.photo
    areas = (flowers.boxes_xyxy[:, 2] - flowers.boxes_xyxy[:, 0]) * (
        flowers.boxes_xyxy[:, 3] - flowers.boxes_xyxy[:, 1]
    )
    for index in sorted(range(len(flowers)), key=lambda i: -areas[i]):
        name = photo.count.names[index]
        if name is None:
            continue
        x0, y0, x1, y1 = (float(edge) for edge in flowers.boxes_xyxy[index])
        place = (
            f"left:{100 * x0 / record.width:.2f}%;top:{100 * y0 / record.height:.2f}%;"
            f"width:{100 * (x1 - x0) / record.width:.2f}%;height:{100 * (y1 - y0) / record.height:.2f}%"
        )
        sure = f"{taxon_name(name)} {name.confidence:.2f}"
        side = " right" if x0 > record.width / 2 else ""
        focus = ' tabindex="0"' if by_keyboard else ""
        yield (
            f'<div class="box {_kind(name.taxon)}{side}"{focus} style="{place};--taxon:{colours[name.taxon]}">'
            f"<span>{sure}</span></div>"
        )


def _line(taxon: TaxonCount, colours: Mapping[str, str], *, lower_bound: bool) -> str:
    figure = count_with_doubt(taxon.count, taxon.low, taxon.high, lower_bound=lower_bound)
    return (
        f'<li><span class="swatch {_kind(taxon.taxon)}" style="--taxon:{colours[taxon.taxon]}"></span>'
        f"<span><b>{figure}</b> {taxon_name(taxon)}{_band(taxon.band)}</span></li>"
    )


def _band(band: str) -> str:
    return ' <span class="doubt">uncertain</span>' if band == "uncertain" else ""


def _kind(taxon: str) -> str:
    return "unknown" if taxon == UNKNOWN_TAXON else "named"


def _in_words(photo: CountedPhoto) -> str:
    if photo.count is None:
        return photo.result.photo.file
    found = ", ".join(f"{taxon.count} {taxon.english}" for taxon in photo.count.taxa) or "no flowers"
    return f"{photo.result.photo.file}: {found}"
