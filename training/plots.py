"""The pictures of the model card, drawn without a screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from training.evaluate import EyeAndCount
from training.reliability import Bin

_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#999999"  # Okabe and Ito (2008): told apart by everybody
_DPI = 110


def draw_reliability(boxes: Sequence[Bin], names: Sequence[Bin], file: Path) -> None:
    """Two panels: what boxes and names say of themselves, against the share that was right."""
    canvas = Canvas(figsize=(9, 4.6), layout="constrained")
    left, right = canvas.subplots(1, 2)
    _reliability(left, boxes, "Boxes: probability", "box candidates that fit a drawn box (IoU 0.5)")
    _reliability(right, names, "Names: confidence", "photos of one kind named right")
    _save(canvas, file)


def _reliability(axes: Axes, bins: Sequence[Bin], said: str, right: str) -> None:
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1)
    areas = [12 + 300 * (b.n / max(b.n for b in bins)) ** 0.5 for b in bins]
    axes.scatter([b.said for b in bins], [b.right for b in bins], areas, color=_BLUE, alpha=0.7, clip_on=False)
    for b in bins:
        axes.annotate(f"{b.n:,}", (b.said, b.right), (5, -9), textcoords="offset points", fontsize=7, color="#444444")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=said, ylabel=f"share right: {right}", aspect="equal")
    axes.set_title(f"{said.split(':')[0]}, n = {sum(b.n for b in bins):,}", fontsize=10)


def draw_counts(eye: Sequence[EyeAndCount], file: Path) -> None:
    """The counts against the best counts by eye, with low-high of both; the more photos, the larger the point."""
    canvas = Canvas(figsize=(6.4, 6), layout="constrained")
    axes = canvas.subplots()
    most = max([1, *(max(p.high, p.count_high) for p in eye)]) * 1.1
    axes.plot([0, most], [0, most], color=_GREY, linestyle="--", linewidth=1)
    for held, colour in ((True, _BLUE), (False, _ORANGE)):
        some = [p for p in eye if (p.low <= p.count <= p.high) is held]
        axes.errorbar(
            [p.best for p in some],
            [p.count for p in some],
            xerr=[[p.best - p.low for p in some], [p.high - p.best for p in some]],
            yerr=[[p.count - p.count_low for p in some], [p.count_high - p.count for p in some]],
            fmt="none", ecolor=colour, elinewidth=0.8, alpha=0.25,
        )  # fmt: skip
        points = Counter((p.best, p.count) for p in some)
        axes.scatter(
            [best for best, _ in points], [count for _, count in points], [14 * n for n in points.values()],
            color=colour, alpha=0.8, label=f"count {'inside' if held else 'outside'} low-high of the eye ({len(some)})",
        )  # fmt: skip
    axes.set_xscale("symlog", linthresh=10)
    axes.set_yscale("symlog", linthresh=10)
    ticks = [tick for tick in (0, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 50, 100, 200, 500) if tick <= most]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_yticks(ticks, [str(tick) for tick in ticks])
    axes.set(xlim=(0, most), ylim=(-0.3, most), xlabel="flowers by eye: best, low-high",
             ylabel="flowers counted, low-high", aspect="equal")  # fmt: skip
    axes.set_title(f"{len(eye)} photos counted by eye", fontsize=10)
    axes.legend(loc="upper left", fontsize=8)
    _save(canvas, file)


def _save(canvas: Canvas, file: Path) -> None:
    canvas.savefig(file, dpi=_DPI, metadata={"Software": None})
