"""Ways of writing where something is: patterns of addresses and coordinates, words of areas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


WIDE_AREA: Final = re.compile(r"^(E0[6-9]|E1[0-3]|E47|E92|W06|W92|S12|S92|N09|N92|K0[2-4])\d{6}$")
"""Codes of a district, county, region or country: all that safe accommodation may serve."""

LOCATION_WORDS: Final = frozenset(
    {"addr", "coord", "coords", "geom", "geometry", "grid", "house", "lat", "lng", "location",
     "lon", "long", "lsoa", "map", "msoa", "oa", "place", "point", "postal", "street", "town",
     "toid", "usrn", "w3w", "ward", "wkt", "x", "y", "zip"}
)  # fmt: skip
"""Words that, in the name of a column beyond the format, say that it locates something."""

LOCATION_PARTS: Final = re.compile(
    "address|coordinate|easting|gridref|latitude|longitude|northing|postcode|uprn|what3words"
)
"""The same, as parts of the name written together."""

LAND_WORDS: Final = frozenset(
    {"abbey", "airport", "bank", "bay", "beach", "bridge", "brow", "castle", "central", "centre",
     "chapel", "church", "city", "coast", "common", "county", "cross", "dale", "district",
     "docks", "east", "eastern", "end", "field", "fields", "grange", "great", "greater", "green",
     "hall", "hanging", "harbour", "heath", "high", "higher", "hill", "hills", "hospital",
     "inner", "island", "lake", "lane", "little", "long", "low", "lower", "mill", "moor", "mount",
     "new", "north", "northern", "old", "outer", "park", "pleasant", "pole", "port", "primrose",
     "priory", "river", "road", "royal", "rural", "saint", "sea", "shaw", "side", "south",
     "southern", "station", "street", "town", "under", "university", "upon", "upper", "urban",
     "vale", "valley", "valleys", "view", "village", "west", "western", "wood", "woods"}
)  # fmt: skip
"""Words in the names of areas that name no town alone; two together, *Upper Valley*, may."""

ORDINARY_WORDS: Final = frozenset(
    {"and", "for", "the", "with", "area", "areas", "care", "centres", "children", "cluster",
     "community", "communities", "families", "family", "first", "group", "health", "healthcare",
     "hub", "hubs", "local", "locality", "medical", "neighbourhood", "network", "none", "other",
     "partnership", "place", "places", "police", "practice", "primary", "rest", "second",
     "service", "services", "social", "support", "surgery", "team", "third", "unknown",
     "wellbeing", "zone",
     "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
)  # fmt: skip
"""Words in the names of bodies that wards are grouped by, which name no place in any number."""

_UK_LATITUDE: Final = (49.0, 61.0)
_UK_LONGITUDE: Final = (-9.0, 3.0)

POSTCODE: Final = "a postcode"
"""What a full postcode is called."""

START: Final = r"(?<![^\W_])"
END: Final = r"(?![^\W_])"
"""No letter or digit may stand beside a match; unlike with \\b, an underscore may."""

_POSTCODE_AREAS: Final = (
    "AB|AL|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|"
    "EC|EH|EN|EX|FK|FY|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|LA|LD|LE|LL|"
    "LN|LS|LU|ME|MK|ML|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|SA|SE|SG|SK|SL|SM|SN|"
    "SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE|ZZ"
)
_SINGLE_AREAS: Final = "[BEGLMNSW]"
_GRID_SQUARES: Final = "H[PTUWXYZ]|N[A-DF-HJ-OR-UWXYZ]|OV|S[DEHJKMNOPRSTUVWXYZ]|T[AFGLMQRV]"
_ROADS: Final = (
    "street|road|lane|avenue|crescent|terrace|drive|grove|gardens|mews|boulevard|st|rd|ave"
)
_CAPITAL_ROADS: Final = (
    "Close|Court|Place|Way|Square|Row|Hill|Walk|Park|View|Fold|Bank|Green|Mount|Gate|Rise|Yard|"
    "Croft|Parade|Ln|Dr|Cres|Ct|Cl|House|Lodge|Tower|Buildings?"
)
_NOT_A_NAME: Final = (
    "the|a|an|of|in|on|at|to|for|per|and|or|by|from|with|than|is|are|was|were|as|"
    "hours?|days?|weeks?|months?|years?|beds?|units?|women|people|children|households?|"
    "families|homes?|places|rooms?|referrals?"
)
SAFE_PLACES: Final = (
    r"refuges?|sanctuar(?:y|ies)|dispersed|second[\s_-]?stage|safe\s?houses?|safe\saccommodation"
)
"""Words that make any row about safe accommodation."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way of writing a location. ``cited`` ones are refused in citations as well."""

    what: str
    regex: re.Pattern[str]
    cited: bool = False
    exact: bool = True
    also: Callable[[re.Match[str]], bool] | None = None

    def find(self, text: str) -> str | None:
        """Return the first words of ``text`` that give the location away, None if none do."""
        for match in self.regex.finditer(text):
            if self.also is None or self.also(match):
                return match.group()
        return None


def _in_uk(match: re.Match[str]) -> bool:
    """Whether two decimals are a latitude and a longitude of the UK, in either order."""
    first, second = float(match["first"]), float(match["second"])
    return any(
        _UK_LATITUDE[0] <= lat <= _UK_LATITUDE[1] and _UK_LONGITUDE[0] <= lon <= _UK_LONGITUDE[1]
        for lat, lon in ((first, second), (second, first))
    )


def _halves(match: re.Match[str]) -> bool:
    """Whether a grid reference has as many digits east as north and is not a year."""
    digits = re.sub(r"\D", "", match["digits"])
    is_year = re.fullmatch(r"(TA|NO|SO) (19|20)\d\d", match.group()) is not None
    parts = match["digits"].split()
    return len(digits) % 2 == 0 and not is_year and len({len(part) for part in parts}) == 1


PATTERNS: Final = (
    Pattern(
        POSTCODE,
        re.compile(
            rf"(?i){START}(?:{_POSTCODE_AREAS}|{_SINGLE_AREAS})\d[A-Z\d]?[ \t_.\-]{{0,3}}"
            rf"\d[A-Z]{{2}}{END}"
        ),
        cited=True,
    ),
    Pattern(
        "a postcode sector",
        re.compile(
            rf"{START}(?:(?i:{_POSTCODE_AREAS})|{_SINGLE_AREAS})\d[A-Za-z\d]?[ \t]{{1,2}}\d{END}"
        ),
        cited=True,
    ),
    Pattern(
        "a postcode district",
        re.compile(rf"{START}(?:{_POSTCODE_AREAS})\d[A-Z\d]?{END}"),
        exact=False,
    ),
    Pattern(
        "a coordinate",
        re.compile(
            r"(?<![\d.])(?P<first>-?\d{1,2}\.\d{2,})\s*°?\s*[NSEWnsew]?\s*[,;/\s]\s*"
            r"(?P<second>-?\d{1,2}\.\d{2,})"
        ),
        cited=True,
        also=_in_uk,
    ),
    Pattern("a coordinate", re.compile(r"\d{1,2}\s*°\s*\d{1,2}"), cited=True),
    Pattern(
        "a coordinate",
        re.compile(rf"(?i){START}(?:lat|latitude|lon|lng|longitude)\W{{0,3}}\d{{1,2}}\.\d+"),
        cited=True,
    ),
    Pattern(
        "a coordinate",
        re.compile(rf"(?i){START}(?:easting|northing)s?\W{{0,3}}\d{{5,7}}"),
        cited=True,
    ),
    Pattern(
        "a coordinate",
        re.compile(
            r"(?<![\d.,£])(?<!GBP )[1-6]\d{5}(?:\.\d+)?[ ,;/]{1,3}\d{6,7}(?:\.\d+)?(?![\d,])"
        ),
        cited=True,
    ),
    Pattern(
        "a grid reference",
        re.compile(
            rf"{START}(?:(?i:{_GRID_SQUARES}) ?(?P<digits>\d{{6,10}}|\d{{3,5}} \d{{3,5}}))"
            rf"{END}"
        ),
        cited=True,
        also=_halves,
    ),
    Pattern(
        "a grid reference",
        re.compile(rf"{START}(?:{_GRID_SQUARES}) ?(?P<digits>\d{{4}}|\d\d \d\d){END}"),
        also=_halves,
    ),
    Pattern(
        "a property number (UPRN)",
        re.compile(
            r"(?i)uprns?\W{0,3}(?:[a-z]+\W{1,3}){0,3}?\d{1,12}|\d{6,12}\W{1,3}(?:[a-z]+\W{1,3}){0,3}?uprn"
        ),
        cited=True,
    ),
    Pattern("a what3words address", re.compile(r"///\w+\.\w+\.\w+"), cited=True),
    Pattern(
        "an address",
        re.compile(
            rf"(?i)(?<![\w.£])\d{{1,4}}[a-z]?(?:\s?[-–/]\s?\d{{1,4}}[a-z]?)?,?\s+"
            rf"(?:(?!(?:{_NOT_A_NAME})\s)[a-z][a-z'’.-]*\s+){{1,3}}(?:{_ROADS}){END}"
        ),
    ),
    Pattern(
        "an address",
        re.compile(
            rf"(?<![\w.£])\d{{1,4}}[a-z]?,?\s+(?:[A-Z][a-z'’-]+\s+){{1,3}}(?:{_CAPITAL_ROADS}){END}"
        ),
    ),
    Pattern(
        "a street",
        re.compile(
            rf"{START}(?:[A-Z][a-z'’-]+\s){{1,3}}"
            rf"(?:Street|Road|Lane|Avenue|Crescent|Terrace|Drive|Grove|Gardens|Mews){END}"
        ),
        exact=False,
    ),
    Pattern(
        "an area smaller than the district",
        re.compile(rf"(?i){START}[EWSNK]\d{{8}}{END}"),
        also=lambda match: WIDE_AREA.match(match.group().upper()) is None,
    ),
)
