"""A run as one self-contained HTML page: no script or style from elsewhere, light and dark."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..files import write_text
from .page import page


def write_report(run: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """`run` is the object of `run --json`. Without its `details` the page has headline, limit and stalls only."""
    write_text(path, page(run))
