"""Persons, accounts, passwords and the limits on sign-in."""
