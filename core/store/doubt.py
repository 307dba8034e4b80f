"""How doubtful a photo's count is: what puts photos in the order in which a person's look is worth most.

Half the width of the interval says how many flowers the count may be off; a count times what its name lacks to be sure,
how many are expected to be called wrongly (an unknown flower has no name at all). Both are numbers of flowers, so they
add up; divided by the count, a meadow is no more doubtful than a bunch for being large. A flag adds as much as the
whole count: that count is a lower bound, and its interval knows nothing of what lies above. What a person has reviewed
is in no doubt, nor is a photo without flowers, which has no interval.
"""

from __future__ import annotations

_NAMELESS = "CASE WHEN taxon = 'unknown' THEN 1.0 ELSE 1.0 - confidence END"

DOUBT = f"""
    CASE WHEN bool_or(reviewed) OR sum(count) = 0 THEN 0.0 ELSE
        CASE WHEN max(flag) <> '' THEN 1.0 ELSE 0.0 END
        + sum((count_high - count_low) / 2.0 + count * {_NAMELESS}) / sum(count)
    END
"""
"""SQL over the rows of OBSERVED of one photo: flowers in doubt for each flower counted."""

DOUBTFUL = 1.5
"""From here on a photo needs attention. A rose that may be none or two, 1 (0-2), is at 1 when its name is sure."""
