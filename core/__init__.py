"""Everything that is not a widget: photos, recognition, storage, intake, exports. Imports no streamlit."""

from datetime import UTC, datetime

VERSION = "1.0.0"
"""Bloomcount's version, stated here alone. CHANGELOG.md says what each brought."""

STARTED_AT = datetime.now(UTC)
"""When this process began: whatever it does, it imports this first."""
