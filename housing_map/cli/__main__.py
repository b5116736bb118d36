"""``python -m housing_map.cli`` is ``housing-map``."""

from __future__ import annotations

import sys

from housing_map.cli import main

sys.exit(main())
