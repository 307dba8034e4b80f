"""The export files that this process holds ready: a page has them made, the server sends them."""

from __future__ import annotations

from core.exports.prepared import PreparedFiles

PREPARED_FILES = PreparedFiles()
