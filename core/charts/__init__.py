"""Colours and figures of counts, made from tables."""
