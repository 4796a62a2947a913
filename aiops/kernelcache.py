"""Where compiled kernels are kept between runs: a folder per state of their sources.

numba's own cache sits beside each source file and looks at that file alone, so a kernel that calls into another
module goes stale unseen when only the other one changes, as in an upgrade. A folder named after the content of all
kernel sources cannot. It also works where the installed package is read-only.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

PATTERNS = (
    "detectors/*.py", "aiops/decode/kernels/*.py", "aiops/signals/*kernel*.py",
    "aiops/signals/content/*kernel*.py", "aiops/signals/llm/*kernel*.py", "aiops/logfile/*kernel*.py",
    "aiops/ingest/kafka/kernels.py",
)  # fmt: skip


def use() -> None:
    """Point numba at the folder, unless the user pointed it elsewhere; before numba is imported."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for file in sorted(one for pattern in PATTERNS for one in root.glob(pattern)):
        digest.update(file.read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ["NUMBA_CACHE_DIR"] = str(base / "aiops" / f"kernels-{digest.hexdigest()[:16]}")
