"""Equality impact: what a scenario does for people who share a protected characteristic.

A public authority must have due regard to the need to advance equality of opportunity between
people who share a relevant protected characteristic and those who do not (Equality Act 2010,
s.149, the public sector equality duty). A table helps to do that; it does not do it.

Characteristics are those of the Act (s.4). Which circumstances of the model stand for one is said
in :data:`CHARACTERISTICS`, with what they leave out. A characteristic of which nobody has
published a share has rows that say so: *number unknown*, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from housing_map.effects import SAME, by, totals
from housing_map.places import area_names, find_level
from housing_map.tabulate import SUPPORTED
from housing_map.uncertainty import HIGH, LOW
from housing_map.vocabulary import CIRCUMSTANCES, ELSEWHERE, TENURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from housing_map.effects import Comparison
    from housing_map.paired import Paired

    Floats = NDArray[np.float64]

WOMEN: Final = "not_male"
"""Code of the row about everybody but men: no circumstance of its own."""
EVERYBODY: Final = "everybody"


class Block(StrEnum):
    """Parts of the table. Only tenures and areas sum to everybody: the rest overlap."""

    EVERYBODY = "everybody"
    CHARACTERISTIC = "characteristic"
    NEED = "need"
    TENURE = "tenure"
    PLACE = "place"


class Effect(StrEnum):
    """What a scenario does to the share of a group who are met."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "no change"
    NOISE = "within noise"
    UNKNOWN = "number unknown"


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A protected characteristic, the ``codes`` that stand for it, and what they leave out.

    ``codes`` are circumstances, and :data:`WOMEN`; none: the model knows nothing of it.
    """

    label: str
    codes: tuple[str, ...]
    source: str
    note: str = ""


CHARACTERISTICS: Final[Mapping[str, Characteristic]] = {
    "age": Characteristic(
        "Age",
        ("aged_16_17", "older"),
        "Equality Act 2010 s.5",
        "survivors aged 16 or 17, and 65 or over; children are under needs",
    ),
    "disability": Characteristic(
        "Disability",
        ("disability", "wheelchair", "limited_mobility", "learning_disability", "mental_health"),
        "Equality Act 2010 s.6",
        "a mental health need is a disability where it is substantial and long-term; addiction "
        "by itself is none (SI 2010/2128 reg. 3)",
    ),
    "gender_reassignment": Characteristic(
        "Gender reassignment",
        ("lgbt",),
        "Equality Act 2010 s.7",
        "one figure for LGBT+ people stands for this and for sexual orientation: they cannot be "
        "told apart",
    ),
    "marriage": Characteristic(
        "Marriage and civil partnership",
        (),
        "Equality Act 2010 s.8 and s.149(7)",
        "the model knows nothing of it; of the duty, only the aim to end discrimination covers it",
    ),
    "pregnancy": Characteristic(
        "Pregnancy and maternity",
        ("pregnant",),
        "Equality Act 2010 ss.17 and 18",
        "maternity after the birth is not told apart",
    ),
    "race": Characteristic(
        "Race",
        ("black_minoritised", "language"),
        "Equality Act 2010 s.9",
        "one figure for all Black and minoritised communities; a need for an interpreter stands "
        "for some, and includes sign language",
    ),
    "religion": Characteristic(
        "Religion or belief",
        (),
        "Equality Act 2010 s.10",
        "the model knows nothing of it",
    ),
    "sex": Characteristic(
        "Sex",
        ("male", WOMEN),
        "Equality Act 2010 s.11",
        "everybody who is not counted as a man is counted with women",
    ),
    "sexual_orientation": Characteristic(
        "Sexual orientation",
        ("lgbt",),
        "Equality Act 2010 s.12",
        "one figure for LGBT+ people stands for this and for gender reassignment",
    ),
}
"""The nine protected characteristics (Equality Act 2010 s.4), in the Act's order."""

NEEDS: Final = tuple(
    code
    for code in CIRCUMSTANCES
    if not any(code in characteristic.codes for characteristic in CHARACTERISTICS.values())
)
"""Circumstances that stand for no protected characteristic."""

COLUMNS: Final = (
    "block",
    "characteristic",
    "code",
    "label",
    "known",
    "demand_before",
    "demand_after",
    "met_before",
    "met_after",
    "met_change",
    f"{SUPPORTED}_before",
    f"{SUPPORTED}_after",
    "share_before",
    "share_after",
    "points",
    "gap_before",
    "gap_after",
    "gap_change",
    "effect",
    "falls_behind",
    "note",
    "source",
)
_SIX: Final = (
    "demand_before", "demand_after", "met_before", "met_after",
    f"{SUPPORTED}_before", f"{SUPPORTED}_after",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table before it has figures."""

    block: Block
    code: str
    label: str
    characteristic: str = ""
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """Figures :data:`_SIX` of a row in each draw (draws × 6)."""

    six: Floats

    @property
    def sure(self) -> bool:
        """Whether the 80 % interval of the difference of met shares leaves out 0."""
        before, after = (_share(self.six[:, 2 + n], self.six[:, n]) for n in range(2))
        low, high = np.quantile(np.nan_to_num(after) - np.nan_to_num(before), [LOW, HIGH])
        return bool(low > SAME or high < -SAME)


def equality_table(
    comparison: Comparison, number: int, *, level: str | None = None, paired: Paired | None = None
) -> pd.DataFrame:
    """Return the equality-impact table of scenario ``number``, from 1: :data:`COLUMNS`.

    Rows are everybody, each protected characteristic, the other needs, tenures, and areas of
    ``level`` (None: the pack's own). ``known`` is False where nobody has published how many there
    are: figures are then empty and ``effect`` says *number unknown*. ``demand`` and ``met`` are in
    household-episodes a year, ``share`` is met ÷ demand, ``points`` its change in percentage
    points, ``gap`` the share less everybody's in percentage points (below 0: met less often).

    ``effect`` is better or worse where the share changes by more than
    :data:`housing_map.effects.SAME`; with ``paired`` (drawn with groupings ``()``, ``("need",)``,
    and, for those rows, ``("tenure",)`` and ``(level,)``) it is *within noise* where the 80 %
    interval of the difference does not leave out 0. ``falls_behind`` tells whether a group
    that is met less often than everybody falls further behind, as it can while it is better off.
    ``met_with_support`` stands beside: those of them met with the specialist support they need.

    Raises :class:`housing_map.errors.UsageError` for no such scenario or level.
    """
    outcome = comparison.outcome(number)
    pack = comparison.baseline.pack
    area = find_level(pack, level or pack.info.default_level).code
    alone = replace(comparison, outcomes=(outcome,))
    figures = {
        (EVERYBODY, EVERYBODY): _six(totals(alone).iloc[0]),
        **_by(alone, "need"),
        **_by(alone, "tenure"),
        **_by(alone, area),
    }
    everybody = figures[EVERYBODY, EVERYBODY]
    if ("need", "male") in figures:
        figures["need", WOMEN] = everybody - figures["need", "male"]
    draws = {} if paired is None else _drawn(paired, number, area)
    names = {code: name for (of, code), name in area_names(pack).items() if of == area}
    rows = [_Row(Block.EVERYBODY, EVERYBODY, "Everybody"), *_protected(), *_needs()]
    rows += [_Row(Block.TENURE, code, TENURES[code].label) for code in _codes(figures, "tenure")]
    rows += [
        _Row(Block.PLACE, code, "From elsewhere" if code == ELSEWHERE else names.get(code, code))
        for code in _codes(figures, area)
    ]
    keys = {Block.EVERYBODY: EVERYBODY, Block.TENURE: "tenure", Block.PLACE: area}
    found = []
    for row in rows:
        key = (keys.get(row.block, "need"), row.code)
        found.append(_filled(row, figures.get(key), everybody, draws.get(key)))
    return pd.DataFrame(found, columns=list(COLUMNS))


def _protected() -> list[_Row]:
    """Rows of the protected characteristics; one of which nothing is known has one as well."""
    rows = []
    for key, of in CHARACTERISTICS.items():
        for code in of.codes or (key,):
            label = of.label
            if code == WOMEN:
                label = "Women"
            elif code in CIRCUMSTANCES:
                label = CIRCUMSTANCES[code].label
            rows.append(_Row(Block.CHARACTERISTIC, code, label, key, of.note, of.source))
    return rows


def _needs() -> list[_Row]:
    return [
        _Row(Block.NEED, code, CIRCUMSTANCES[code].label, source=CIRCUMSTANCES[code].source)
        for code in NEEDS
    ]


def _codes(figures: Mapping[tuple[str, str], Floats], dimension: str) -> list[str]:
    return [code for of, code in figures if of == dimension]


def _six(row: pd.Series[float]) -> Floats:
    """Return the figures :data:`_SIX` of a row."""
    return np.asarray(row[list(_SIX)], dtype=np.float64)


def _by(alone: Comparison, dimension: str) -> dict[tuple[str, str], Floats]:
    rows = by(alone, [dimension])
    return {(dimension, str(row[dimension])): _six(row) for _, row in rows.iterrows()}


def _share(met: Floats, demand: Floats) -> Floats:
    """Return the share who are met; not a number where there is nobody."""
    there = demand > SAME
    return np.asarray(np.divide(met, demand, out=np.full(len(met), np.nan), where=there))


def _filled(
    row: _Row, six: Floats | None, everybody: Floats, draws: _Draws | None
) -> dict[str, object]:
    """Return the cells of a row by column; a cell left out is empty."""
    cells: dict[str, object] = {
        "block": str(row.block),
        "characteristic": row.characteristic,
        "code": row.code,
        "label": row.label,
        "known": six is not None,
        "effect": str(Effect.UNKNOWN),
        "falls_behind": False,
        "note": row.note,
        "source": row.source,
    }
    if six is None:
        return cells
    shares = _share(six[2:4], six[:2])
    gaps = 100 * (shares - _share(everybody[2:4], everybody[:2]))
    change, widening = float(np.diff(shares)[0]), float(np.diff(gaps)[0])
    return cells | {
        **dict(zip(_SIX, six, strict=True)),
        "met_change": six[3] - six[2],
        "share_before": shares[0],
        "share_after": shares[1],
        "points": 100 * change,
        "gap_before": gaps[0],
        "gap_after": gaps[1],
        "gap_change": widening,
        "effect": str(_effect(change, draws)),
        "falls_behind": bool(gaps[1] < -100 * SAME and widening < -100 * SAME),
    }


def _effect(change: float, draws: _Draws | None) -> Effect:
    """Return what a change of the share who are met is; none where there is nobody to compare."""
    if np.isnan(change) or abs(change) <= SAME:
        return Effect.SAME
    if draws is not None and not draws.sure:
        return Effect.NOISE
    return Effect.BETTER if change > 0 else Effect.WORSE


def _drawn(paired: Paired, number: int, area: str) -> dict[tuple[str, str], _Draws]:
    """Draws of each row, of the groupings that were drawn."""
    found: dict[tuple[str, str], _Draws] = {}
    for dimension in ((), ("need",), ("tenure",), (area,)):
        if dimension not in paired.baseline.frames:
            continue
        changes = paired.changes(number, dimension).sort_values("draw")
        parts = changes.groupby(dimension[0], sort=False) if dimension else [(EVERYBODY, changes)]
        for code, part in parts:
            key = (dimension[0] if dimension else EVERYBODY, str(code))
            found[key] = _Draws(part[list(_SIX)].to_numpy(dtype=np.float64))
    everybody, men = found.get((EVERYBODY, EVERYBODY)), found.get(("need", "male"))
    if everybody is not None and men is not None:
        found["need", WOMEN] = _Draws(everybody.six - men.six)
    return found
