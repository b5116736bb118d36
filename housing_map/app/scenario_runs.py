"""Long runs about scenarios, which a process of its own does (:mod:`housing_map.app.background`).

A scenario travels as the text of its file, which tells one run from another as well. Nothing here
knows Streamlit: the process that does the work loads this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from housing_map import attribution, effects, fragility, paired
from housing_map.resilience import Kind
from housing_map.scenario import read

if TYPE_CHECKING:
    from housing_map.attribution import Attribution
    from housing_map.fragility import Fragility
    from housing_map.jobs import Report
    from housing_map.model import Settings
    from housing_map.pack import Pack
    from housing_map.paired import Paired


def paired_draws(report: Report, pack: Pack, settings: Settings, level: str, *texts: str) -> Paired:
    """Draw the baseline and scenarios under the same luck: :func:`housing_map.paired.draw_pairs`.

    ``level`` is the level of area that rows are wanted by, beside tenure and need.
    """
    groupings = ((), ("tenure",), ("need",), (level,))
    scenarios = [read(text) for text in texts]
    return paired.draw_pairs(pack, scenarios, settings, groupings, progress=report)


def shares(report: Report, pack: Pack, settings: Settings, text: str) -> Attribution:
    """Give each change its share of the effect: :func:`housing_map.attribution.attribute`."""
    return attribution.attribute(pack, read(text), settings, progress=report)


def gravest(report: Report, pack: Pack, settings: Settings, text: str) -> Fragility:
    """Find the gravest single loss before and after: :func:`housing_map.fragility.fragility`."""
    comparison = effects.compare(pack, [read(text)], settings)
    kinds = (Kind.SERVICE, Kind.ORGANISATION, Kind.FUNDING)
    return fragility.fragility(comparison, 1, kinds, progress=report)
