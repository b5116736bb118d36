"""Colours and the font of every chart, map and picture.

Colours go from least to most. None stands alone: whatever is coloured has its words beside it.
"""

from __future__ import annotations

from typing import Final

FONT: Final = "Arial, Helvetica, sans-serif"
INK: Final = "#0b0c0c"
QUIET_INK: Final = "#505a5f"
RULE: Final = "#d9dadb"

MET_COLOURS: Final = ("#D5E6F7", "#A5CBEF", "#6BACE6", "#2073BC", "#12436D")
LOST_COLOURS: Final = ("#FDE8DC", "#FBCBB0", "#F9AD86", "#F78B57", "#F46A25")
NEED_COLOURS: Final = ("#DCE2E9", "#B1BDCA", "#8295A9", "#51677F", "#233B53")
