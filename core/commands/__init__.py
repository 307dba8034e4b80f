"""The commands of `python -m core`: one module each, with what may follow the command and what it does."""
