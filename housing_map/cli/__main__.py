"""``python -m housing_map.cli`` is ``housing-map``."""

import sys

from housing_map.cli import main

sys.exit(main())
