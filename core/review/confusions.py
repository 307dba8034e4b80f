"""Taxa that a taxon is confused with: where people named flowers otherwise than the machine did.

Told from the counts of a photo: of flowers that the machine counted as one taxon and people as another, as many as are
too many of the one and too few of the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.recognition.taxa import UNKNOWN_TAXON
from core.review.agreement import Pair


class Mixed(NamedTuple):
    """Flowers of a pair of taxa that were named otherwise. to_other: the machine's were this taxon, people's the other.

    from_other: the machine's were the other, people's this taxon. photos: that show any.
    """

    taxon: str
    to_other: int
    from_other: int
    photos: int


def confused_with(pairs: Sequence[Pair], taxon: str) -> list[Mixed]:
    """The taxa that a taxon is confused with, the most often first. pairs: of machine and people, photo by photo."""
    to_other, from_other, photos = Counter[str](), Counter[str](), Counter[str]()
    for review in _reviews(pairs):
        more = {pair.taxon: pair.count - pair.by_person for pair in review if pair.taxon}
        here = more.pop(taxon, 0)
        for other, surplus in more.items():
            if here * surplus < 0:  # one too many, the other too few
                mixed = min(abs(here), abs(surplus))
                (to_other if here > 0 else from_other)[other] += mixed
                photos[other] += 1
    mixed_up = [Mixed(other, to_other[other], from_other[other], photos[other]) for other in photos]
    return sorted(mixed_up, key=lambda one: (one.taxon == UNKNOWN_TAXON, -one.to_other - one.from_other, one.taxon))


def _reviews(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """The pairs of each review: those of all flowers come first."""
    review: list[Pair] = []
    for pair in pairs:
        if not pair.taxon and review:
            yield review
            review = []
        review.append(pair)
    if review:
        yield review
