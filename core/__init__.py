"""Everything that is not a widget: photos, recognition, storage, intake, exports. Imports no streamlit."""

from datetime import UTC, datetime

VERSION = "0.1.0"
"""The version of Bloomcount: CHANGELOG.md says what each brought."""

STARTED_AT = datetime.now(UTC)
"""When this process began: whatever it does, it imports this first."""
