"""Lines of Streamlit and uvicorn go where Bloomcount's own go: each of their loggers had a handler of its own."""

from __future__ import annotations

import logging
import sys

from core.watching.logs import tell
from web.streamlit_patches import hand_on


def take_over() -> None:
    """Log everything as core.watching.logs does, from now on. To be called once uvicorn has set up its loggers.

    Streamlit's own loggers are told so by a patch.
    """
    tell(sys.stdout)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
        hand_on(logging.getLogger(name))
    logging.getLogger("uvicorn.access").disabled = True  # web.requests tells what is of interest
