"""A valid data pack whose every name and note tries to be markup, a script or a template.

What a browser would run calls ``alert`` with a number of its own.
"""

from pathlib import Path
from typing import Any

from housing_map.pack_tables import BY_NAME
from housing_map.schemas import Type
from tests.packs import Collection, Tables, base_info, base_layers, base_tables, write_pack

TAG = "<img src=x onerror=alert(1)>"
ATTACKS = (
    f"{TAG} ${{alert(2)}} \" onmouseover=alert(3) x=' <svg/onload=alert(4)>",
    r"a`-alert(5)-`b \u003cimg src=x onerror=alert(6)\u003e",
    "</script><script>alert(7)</script> {{7*7}}{% raw %}",
    "*bold* _it_ # $x^2$ :red[y] [a](javascript:alert(8)) & &lt;",
)
"""Kept apart where one would undo another: a backtick ends what asterisks begin."""
GROUPING = f"zone {TAG}"
"""Name of a grouping of wards, which is the heading of a column of data."""

# Text that other rows point to, or that has a form of its own.
_CODES = frozenset({"code", "msoa_code", "area", "from_id", "to_id"})


class Disguise:
    """Adds an attack to every text: the next one for each new text, the same for the same."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """Return the text with its attack; an empty text stays empty."""
        attack = ATTACKS[len(self._given) % len(ATTACKS)]
        return self._given.setdefault(text, f"{text} {attack}") if text else text


def hostile_pack(folder: Path) -> tuple[Path, Disguise]:
    """Write the small pack with an attack in every name, label, source, note and heading.

    Returns the folder, and what turns a text of the small pack into the one that stands there.
    """
    disguise = Disguise()
    tables = _tables(disguise)
    return write_pack(folder, tables, _info(disguise), _layers(disguise)), disguise


def _tables(disguise: Disguise) -> Tables:
    tables = base_tables()
    desk = tables["delivery_points"][0]
    tables["delivery_points"] += [
        desk | {"point_id": f"desk_{n}", "name": f"Desk {n}", "lon": f"-1.7{n}00"} for n in range(5)
    ]
    for row in tables["services"]:
        disguise(row["name"])  # first, so that services carry every attack
        row["helpline"] = "0808"
    for name, rows in tables.items():
        written = {
            column.name
            for column in BY_NAME[name].columns
            if column.type is Type.TEXT and column.name not in _CODES
        }
        for row in rows:
            row |= {column: disguise(row[column]) for column in written & set(row)}
            row |= {"note": disguise(f"Note of {name}")} if "note" in written else {}
    for row in tables["groupings"]:
        row |= {column: disguise(row[column]) for column in ("place", "place_evidence")}
        row |= {GROUPING: disguise("Zone"), f"{GROUPING}_evidence": disguise("made up")}
    return tables


def _info(disguise: Disguise) -> dict[str, Any]:
    info = base_info()
    layers = {
        level: layer | {"vintage": disguise(layer["vintage"]), "source": disguise(layer["source"])}
        for level, layer in info["layers"].items()
    }
    return {
        "title": disguise(info["title"]),
        "description": disguise("Description"),
        "layers": layers,
        "groupings": {"place": {"label": disguise("Place"), "note": disguise("made up")}},
        "attribution": [disguise(line) for line in info["attribution"]],
        "limits": [disguise("A limit of the data")],
        "missing": [
            {
                "table": "homelessness",
                "area_code": info["district_code"],
                "quarter": "2025Q4",
                "columns": ["reason_da_relief"],
                "why": disguise("It looks wrong"),
            }
        ],
    }


def _layers(disguise: Disguise) -> dict[str, Collection]:
    layers = base_layers()
    for layer in layers.values():
        for feature in layer["features"]:
            feature["properties"]["name"] = disguise(feature["properties"]["name"])
    return layers
