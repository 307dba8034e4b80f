"""Everything that is not a widget: photos, recognition, storage, intake, exports. Imports no streamlit."""
