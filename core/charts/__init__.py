"""How counts are shown: colours and figures made from tables."""
