"""Write the Word templates that ship with the program: ``python docs/build_templates.py``.

Run it after a change to :mod:`housing_map.documents.template`; a test compares the files.
"""  # noqa: INP001 - a script beside the pages, not part of the package

from __future__ import annotations

from housing_map.documents.template import COMPACT, REPORT, template_docx
from housing_map.documents.word import COMPACT_TEMPLATE, TEMPLATE

if __name__ == "__main__":
    TEMPLATE.write_bytes(template_docx(REPORT))
    COMPACT_TEMPLATE.write_bytes(template_docx(COMPACT))
