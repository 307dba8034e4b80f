"""The errors that a person can do something about; anything else is a bug and may crash loudly.

Each message is a sentence for the person who meets it: what happened, to which file, what to do.
"""


class BloomError(Exception):
    """Base class: pages and commands catch this one and show its sentence."""


class InvalidPhoto(BloomError):
    """A file that cannot be read as a photo."""


class NotTaken(BloomError):
    """A file that is not taken into the store, and why."""


class NotAPhoto(NotTaken):
    """A file that is a photo neither by its content nor by its name."""


class InvalidModel(BloomError):
    """A model package that cannot be used."""


class InvalidSettings(BloomError):
    """A BLOOM_* environment variable with a value that cannot be used."""


class StoreError(BloomError):
    """The store cannot be reached, or refuses."""


class Conflict(StoreError):
    """A conditional write lost: somebody else wrote first."""


class Damaged(StoreError):
    """Something in the store that cannot be read as what it is."""


class AccountProblem(BloomError):
    """An account that cannot be made, changed or signed in to."""


class InvalidSite(BloomError):
    """A description of a site, or a file of sites, that cannot be used."""
