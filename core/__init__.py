"""Everything that is not a widget: photos, recognition, storage, intake, exports. Imports no streamlit."""

import os
from datetime import UTC, datetime

VERSION = "1.0.0"
"""Bloomcount's version, stated here alone. CHANGELOG.md says what each brought."""

STARTED_AT = datetime.now(UTC)
"""When this process began: whatever it does, it imports this first."""

if hasattr(os, "sched_getaffinity"):  # before anybody imports polars, which by itself looks at the whole machine
    os.environ.setdefault("POLARS_MAX_THREADS", str(len(os.sched_getaffinity(0))))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: its threads wait busily, our matrices are small
