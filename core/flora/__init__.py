"""Names of plants: the flora, synonyms, Dutch and English, and a search that forgives errors."""
