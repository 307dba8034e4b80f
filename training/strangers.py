"""Photos of flowers whose genus is not among the taxa: they teach, and measure, that no name beats a wrong one.

Found by looking through the photos with an empty `taxon`: kiwifruit; hydrangea and malvaviscus; freesia, hydrangea,
peony and pasqueflower. What is left out: lilies (the genus is known) and sources where an empty `taxon` means doubt.
"""

from __future__ import annotations

from training.dataset import PhotoRow

_SOURCES = ("garden", "kiwi", "korea21")
_LILIES = frozenset(f"boxes/korea21/{n:03}.webp" for n in range(91, 158))
_PEONIES = frozenset(f"boxes/korea21/{n:03}.webp" for n in range(158, 206))


def is_stranger(row: PhotoRow) -> bool:
    """Whether the flowers of a photo are of a genus that no taxon belongs to."""
    return not row.taxon and row.source in _SOURCES and len(row.boxes_xyxy) > 0 and row.photo not in _LILIES


def never_taught(row: PhotoRow) -> bool:
    """Peonies are kept from training, whatever their split: a genus that was never met, easily taken for a rose."""
    return row.photo in _PEONIES
