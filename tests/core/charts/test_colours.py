from core.charts.colours import OKABE_ITO, OTHER, taxon_colours


def test_the_eight_most_abundant_taxa_get_their_own_colour_and_the_rest_share_one():
    taxa = [f"taxon-{i}" for i in range(10)]
    colours = taxon_colours(taxa)
    assert [colours[taxon] for taxon in taxa] == [*OKABE_ITO, OTHER, OTHER]
    assert len(set(OKABE_ITO)) == 8


def test_an_unknown_flower_is_grey_and_takes_no_colour_from_the_others():
    assert taxon_colours(["unknown", "rose"]) == {"unknown": OTHER, "rose": OKABE_ITO[0]}
