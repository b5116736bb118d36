"""A valid data pack whose every name and note tries to be markup, a script or a template.

What a browser would run calls ``alert`` or ``confirm``. Areas and services are attacked in
different words, since a pack is refused when words of an area's name stand beside a refuge.
"""

from itertools import cycle
from pathlib import Path
from typing import Any

from housing_map.pack_tables import BY_NAME
from housing_map.schemas import Type
from tests.packs import Collection, Tables, base_info, base_layers, base_tables, write_pack

TAG = "<img src=x onerror=alert(1)>"
AREA_TAG = "<details open ontoggle=confirm(1)>"

# Kept apart where one would undo another: a backtick ends what asterisks begin.
ATTACKS = (
    f"{TAG} ${{alert(2)}} \" onmouseover=alert(3) x=' <svg/onload=alert(4)>",
    r"a`-alert(5)-`b \u003cimg src=x onerror=alert(6)\u003e {{7*7}}",
    "*loud* _it_ # $x^2$ :red[y] [a](javascript:alert(8)) & &lt;",
)
AREA_ATTACKS = (
    f"{AREA_TAG} ${{confirm(2)}} \" onfocus=confirm(3) x='",
    r"c`-confirm(4)-`d \u003cdetails open ontoggle=confirm(5)\u003e",
    "</script><script>confirm(6)</script> {{7*7}}{% raw %}",
    "*bold* _so_ # $z^2$ :blue[y] [b](data:confirm) & &gt;",
)

# Text that other rows point to, or that has a form of its own; and the names of areas.
_CODES = frozenset({"code", "msoa_code", "area", "from_id", "to_id"})
_AREAS = frozenset({"ward_name", "lsoa_name", "msoa_name", "area_name"})


class Disguise:
    """Adds an attack to every text: the next one for each new text, the same for the same."""

    def __init__(self, attacks: tuple[str, ...]) -> None:
        self._attacks = cycle(attacks)
        self._given: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """Return the text with its attack; an empty text stays empty."""
        if text and text not in self._given:
            self._given[text] = f"{text} {next(self._attacks)}"
        return self._given.get(text, "")


class HostilePack:
    """The small pack with an attack in every name, label, source, note and heading.

    ``text`` and ``area`` turn a word of the small pack into the one that stands here.
    """

    def __init__(self, folder: Path) -> None:
        self.text = Disguise(ATTACKS)
        self.area = Disguise(AREA_ATTACKS)
        self.folder = write_pack(folder, self._tables(), self._info(), self._layers())

    def _tables(self) -> Tables:
        tables = base_tables()
        desk = tables["delivery_points"][0]
        tables["delivery_points"] += [
            desk | {"point_id": f"desk_{n}", "name": f"Desk {n}", "lon": f"-1.7{n}"}
            for n in range(3)
        ]
        for row in tables["services"]:
            row |= {"name": self.text(row["name"]), "helpline": self.text("0808")}
        for name, rows in tables.items():
            written = {
                column.name
                for column in BY_NAME[name].columns
                if column.type is Type.TEXT and column.name not in _CODES
            }
            for row in rows:
                for column in written & set(row):
                    if name != "services" or column not in {"name", "helpline"}:
                        disguise = self.area if column in _AREAS else self.text
                        row[column] = disguise(row[column])
                if "note" in written:
                    row["note"] = self.text(f"Note of {name}")
        for row in tables["groupings"]:
            row["place"] = self.area(row["place"])
            row |= {"zone": self.area("Zone"), "zone_evidence": self.text("made up")}
        return tables

    def _info(self) -> dict[str, Any]:
        info = base_info()
        layers = {
            level: layer | {key: self.text(layer[key]) for key in ("vintage", "source")}
            for level, layer in info["layers"].items()
        }
        groupings = {
            name: {"label": self.text(name), "note": self.text("made up")}
            for name in ("place", "zone")
        }
        missing = {
            "table": "homelessness",
            "area_code": info["district_code"],
            "quarter": "2025Q4",
            "columns": ["reason_da_relief"],
            "why": self.text("It looks wrong"),
        }
        return {
            "title": self.text(info["title"]),
            "description": self.text("Description"),
            "layers": layers,
            "groupings": groupings,
            "attribution": [self.text(line) for line in info["attribution"]],
            "limits": [self.text("A limit of the data")],
            "missing": [missing],
        }

    def _layers(self) -> dict[str, Collection]:
        layers = base_layers()
        for layer in layers.values():
            for feature in layer["features"]:
                feature["properties"]["name"] = self.area(feature["properties"]["name"])
        return layers
