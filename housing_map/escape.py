"""How text from data reaches a page: as text, never as markup or script.

Names, notes and other words come from files that other people write. Each place where such a
word enters HTML, an SVG picture, the script of a map or Markdown passes it through here, once,
at that place. The words themselves are kept as they were written.
"""

from __future__ import annotations

import re
from typing import Final

_SPECIAL: Final = "&<>\"'`$\\{"
_ENTITIES: Final = str.maketrans({sign: f"&#{ord(sign)};" for sign in _SPECIAL})

# Signs that mean something to Markdown, or to Streamlit's additions to it, wherever they stand:
# emphasis, code, links, HTML, tables, formulas, and ``:red[text]`` with its relatives.
_MARKDOWN: Final = "&<>`$\\*_[]|~:"
_MARKDOWN_ENTITIES: Final = str.maketrans({sign: f"&#{ord(sign)};" for sign in _MARKDOWN})
_BLOCK_START: Final = re.compile(r"^(?:[#+=-]|\d{1,9}[.)])")
_LINK_START: Final = re.compile(r"://|www(?=\.)|@", re.IGNORECASE)
_WORD_JOINER: Final = "\N{WORD JOINER}"


def escape(text: object) -> str:
    r"""Return ``text`` so that a browser shows it and does nothing else with it.

    Nine signs become numeric HTML entities: the five of HTML; backtick, dollar and backslash,
    which mean something inside a JavaScript template literal; and the opening brace, because
    folium compiles the script it has written as a template once more, on the server. The result
    is safe in HTML text, in a quoted attribute, in SVG and in the script of a map.

    Parameters
    ----------
    text
        Anything with a string form; None gives the empty string.

    Examples
    --------
    >>> escape("<b> & `${x}`")
    '&#60;b&#62; &#38; &#96;&#36;&#123;x}&#96;'
    >>> escape(None)
    ''
    """
    return "" if text is None else str(text).translate(_ENTITIES)


def markdown_text(text: object) -> str:
    r"""Return ``text`` so that ``st.markdown`` shows it as one run of plain words.

    Signs with a meaning in Markdown become entities, white space of any kind becomes a single
    space (a new line could start a heading or a list), and an invisible word joiner keeps web
    and mail addresses from turning into links.

    Parameters
    ----------
    text
        Anything with a string form; None gives the empty string.

    Examples
    --------
    >>> markdown_text("# not a\nheading, *not* bold")
    '&#35; not a heading, &#42;not&#42; bold'
    """
    if text is None:
        return ""
    words = _LINK_START.sub(lambda found: found.group() + _WORD_JOINER, " ".join(str(text).split()))
    start = _BLOCK_START.match(words)
    if start is None:
        return words.translate(_MARKDOWN_ENTITIES)
    mark = start.group()
    return f"{mark[:-1]}&#{ord(mark[-1])};{words[len(mark) :].translate(_MARKDOWN_ENTITIES)}"
