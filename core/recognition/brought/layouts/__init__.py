"""Numbers of a detector -> candidates in pixels of its input, one module a layout."""
