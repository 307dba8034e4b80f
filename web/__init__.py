"""The web process: the ASGI app, uploads, sessions, what sessions share, and patches of Streamlit."""
