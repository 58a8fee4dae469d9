"""Where build output and local state live: everything under `var/`, nothing elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("HPF_VAR_DIR") or ROOT / "var").resolve()
"""HPF_VAR_DIR moves all of it, for a read-only or slow checkout."""

CACHE = VAR / "cache"
FONTS = VAR / "fonts"
INFRA = VAR / "infra"
INSTANCES = VAR / "instances"
TOOLS = VAR / "tools"
