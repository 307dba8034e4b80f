"""Everything that is not a widget: photos, recognition, storage, intake, exports. Imports no streamlit."""

VERSION = "0.1.0"
"""Of Bloomcount: CHANGELOG.md says what each brought."""
