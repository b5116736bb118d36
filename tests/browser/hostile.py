"""A valid data pack whose every name and note tries to be markup, script or a template.

Each attack calls ``alert`` with its own word, so that a test can tell which one ran.
"""

from itertools import cycle
from pathlib import Path
from typing import Any

from tests.packs import base_info, base_layers, base_tables, write_pack

TAG = "<img src=x onerror=alert(1)>"
ATTACKS = (
    TAG,
    "${alert(1)}",
    "a`-alert(1)-`b",
    "</script><script>alert(1)</script>",
    "{{7*7}}{% raw %}",
    "*bold* _it_ # $x^2$ :red[y]",
    "[a](javascript:alert(1))",
    "\" onmouseover=alert(1) x='",
    r"\u003cimg src=x onerror=alert(1)\u003e",
    "<svg/onload=alert(1)>",
)

# Columns of text that people wrote: whatever stands there is shown somewhere, or may be one day.
_WRITTEN = frozenset({"name", "label", "note", "source", "unit", "helpline", "funder", "stream"})
_SEVEN = {"{{7*7}}": "49"}
