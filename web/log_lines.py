"""Lines of Streamlit and uvicorn go where Bloomcount's own go: each of their loggers had a handler of its own."""

from __future__ import annotations

import logging
import sys

from streamlit import logger as streamlit_logger

from core.watching.logs import tell


def take_over() -> None:
    """Tell everything as core.watching.logs does, from now on. To be called once uvicorn has set up its loggers."""
    tell(sys.stdout)
    streamlit_logger.setup_formatter = _hand_on
    streamlit_logger.update_formatter()
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
        _hand_on(logging.getLogger(name))
    logging.getLogger("uvicorn.access").disabled = True  # web.requests tells what is of interest


def _hand_on(logger: logging.Logger) -> None:
    logger.handlers.clear()
    logger.propagate = True
