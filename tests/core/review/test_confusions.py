"""Taxa that are confused: what people named otherwise than the machine, photo by photo."""

from __future__ import annotations

from core.review.agreement import Pair
from core.review.confusions import Mixed, confused_with


def _review(photo: str, **taxa: tuple[int, int]) -> list[Pair]:
    """The counts of machine and person of a photo, of all and of each taxon."""
    every = sum(machine for machine, _ in taxa.values()), sum(person for _, person in taxa.values())
    pairs = {"": every, **taxa}
    return [Pair(photo, "", name, n, n, n, person, "chosen") for name, (n, person) in pairs.items()]


def test_flowers_that_people_named_otherwise_are_counted_in_both_directions():
    pairs = [
        *_review("a", rosa=(5, 3), papaver=(0, 2)),
        *_review("b", rosa=(0, 1), papaver=(4, 3)),
        *_review("c", rosa=(2, 2), papaver=(1, 1)),
    ]
    assert confused_with(pairs, "rosa") == [Mixed("papaver", 2, 1, 2)]
    assert confused_with(pairs, "papaver") == [Mixed("rosa", 1, 2, 2)]


def test_a_flower_that_was_missed_or_is_none_is_no_confusion():
    assert confused_with(_review("a", rosa=(5, 3)), "rosa") == []
    assert confused_with(_review("a", rosa=(0, 3), papaver=(0, 2)), "rosa") == []


def test_no_more_flowers_are_mixed_up_than_there_are_of_either():
    assert confused_with(_review("a", rosa=(9, 0), papaver=(0, 1)), "rosa") == [Mixed("papaver", 1, 0, 1)]


def test_the_most_frequent_comes_first_and_the_unknown_last():
    pairs = [*_review("a", rosa=(9, 0), unknown=(0, 6), papaver=(0, 1), iris=(0, 2))]
    assert [one.taxon for one in confused_with(pairs, "rosa")] == ["iris", "papaver", "unknown"]


def test_reviews_of_one_photo_by_two_people_stay_apart():
    pairs = [*_review("a", rosa=(2, 0), papaver=(0, 0)), *_review("a", rosa=(2, 2), papaver=(0, 2))]
    assert confused_with(pairs, "rosa") == []
