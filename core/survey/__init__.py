"""Figures of many photos together: totals, visits, diversity, seasons, places and sites."""
