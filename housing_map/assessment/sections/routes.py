"""Sections 7 and 10: people who cross the border of the district, and pathways by tenure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map import provision_map
from housing_map.assessment.sections.demand import UNIT, margins, modelled, three
from housing_map.assessment.sections.making import (
    ALL,
    Head,
    columns,
    labels_of,
    listed,
    lower,
    said,
    summed,
)
from housing_map.assessment.sections.parts import Chart, Line, Made, Missing, Quote, Shape
from housing_map.assessment.sheets import Sheet, Words
from housing_map.inventory import Presence, presence
from housing_map.kinds import FEWEST
from housing_map.tabulate import SUPPORTED
from housing_map.vocabulary import (
    AIMS,
    COMPONENTS,
    METS,
    REASONS,
    TENURES,
    Aim,
    Component,
    Run,
    Tenure,
)
from housing_map.words import ILLUSTRATION, joined, rule_label

if TYPE_CHECKING:
    from housing_map.assessment.sections.parts import Asked
    from housing_map.disclosure_tables import Codes
    from housing_map.provision_map import MapCell, ProvisionMap

_CROSSING: Final = (str(Aim.LEAVE), str(Aim.ARRIVE))
_NOT_MEANT: Final = "Not meant for this tenure"


def cross_border(asked: Asked) -> Made:
    """Describe those who arrive and those who have to leave."""
    dimension = listed("aim", _CROSSING)
    figures = three(asked, ("aim",), [(code,) for code in _CROSSING], level="district")
    found = margins(asked, ("aim",), "met_elsewhere")[Run.CENTRAL]
    helped = modelled(
        asked,
        Head("elsewhere", "Reach safety outside the district", UNIT, "met elsewhere"),
        {(str(Aim.LEAVE),): found.get((str(Aim.LEAVE),), 0.0)},
        illustration=asked.illustration,
        level="district",
    )
    sheet = Sheet(
        id="crossing",
        title=f"Households that leave or come to {asked.pack.info.title} to be safe, modelled",
        section="cross_border",
        dimensions=(dimension,),
        headings={"aim": "What they have to do"},
        labels={"aim": {code: AIMS[code].label for code in _CROSSING}},
        figures=columns((dimension,), [*figures, helped]),
        notes=("As many are taken to arrive as leave: a stated assumption, since no count was "
               "found.",),
    )  # fmt: skip
    lines = [
        Line(
            "{0} households a year are estimated to have to leave the district to be safe, and {1} "
            "to come here from elsewhere. Need of people from outside is part of the need that "
            "services here meet, and must not be refused because they are from elsewhere.",
            tuple(Quote("crossing", "demand", (code,)) for code in _CROSSING),
        ),
        Line(
            "Accommodation never serves an area smaller than the district, so no table says from "
            "which part of it people leave."
        ),
    ]
    for key in ("refuge_seekers_crossing_boundary", "other_accommodation_crossing_boundary"):
        figure = asked.register.figures.get(key)
        if figure is not None and figure.central is not None:
            lines.append(Line(f"{figure.label}: {figure.central:.0%} ({figure.source})."))
    asks = (
        Missing(
            "How many people supported here came from elsewhere, and from which authorities",
            "providers, in their returns",
        ),
        Missing(
            "How many people from here were supported elsewhere",
            "neighbouring authorities, through the regional group",
        ),
        Missing(
            "Agreements with neighbours on places and move-on",
            "commissioners of the council",
            needed=False,
        ),
    )
    return Made(lines=tuple(lines), sheets=(sheet,), asks=asks)


# Tenure -----------------------------------------------------------------------------------


def tenure(asked: Asked) -> Made:
    """Describe the ways to a safe home for each tenure: what is there, and what is absent."""
    cells = presence(asked.pack, asked.on)
    absent = {
        one.component
        for one in cells
        if one.presence is Presence.ABSENT
        and all(
            other.presence in {Presence.ABSENT, None}
            for other in cells
            if other.component is one.component
        )
    }
    names = [lower(COMPONENTS[one].label) for one in Component if one in absent]
    lines = [
        Line(
            "The Whole Housing Approach asks that people can stay or move, safely, whatever home "
            "they have. The provision map says for each of its components, tenure and Place "
            "whether there is a service, and whether it takes people with such a home."
        ),
        Line(
            f"For no tenure was a service found for: {joined(names)}."
            if names
            else "For each component a service was found, for some tenure at least."
        ),
        Line(
            "A sanctuary scheme is open to every tenure in law. For social tenants, a room under a "
            "sanctuary scheme does not count as spare (SI 2021/991, regulations 3 and 4): tell "
            "those who live in such a home."
        ),
        Line(
            f"{asked.caution}By the model, {{0}} households a year would be helped in the way they "
            "wanted, and {1} another way.",
            (
                Quote("cascade_by_tenure", "met_as_wanted", (ALL,)),
                Quote("cascade_by_tenure", "met_other_way", (ALL,)),
            ),
            restricted=asked.illustration,
        ),
    ]
    sheets = (_presence(asked), *_map(asked), _directory(asked), _cascade(asked))
    pictures = (
        Chart(
            id="cascade_by_tenure",
            shape=Shape.STACKED,
            title=asked.titled("Households a year helped and not helped, by the home they had"),
            alt="One bar for each tenure, divided into helped as wanted, helped another way, "
            "helped elsewhere, and six reasons for not being helped.",
            sheet="cascade_by_tenure",
            by="tenure",
            columns=(*METS, *REASONS),
            codes=tuple((str(one),) for one in Tenure),
        ),
    )
    asks = (
        Missing(
            "Whose name homes are in: it decides who can stay",
            "services, at referral",
            needed=False,
        ),
        Missing(
            "Where people go when support ends, by tenure",
            "providers, through the template for returns",
        ),
        Missing(
            "Which of the components nobody has confirmed are there, and for which tenures",
            "the housing working group",
            needed=False,
        ),
    )
    return Made(lines=tuple(lines), sheets=sheets, pictures=pictures, asks=asks)


def _presence(asked: Asked) -> Sheet:
    cells = presence(asked.pack, asked.on)
    components = listed("component", [str(one) for one in Component])
    tenures = listed("tenure", [str(one) for one in Tenure])
    places = {(str(one.component), str(one.tenure)): one for one in cells}
    return Sheet(
        id="components",
        title=f"Components of the Whole Housing Approach by tenure, {asked.pack.info.title}",
        section="tenure",
        dimensions=(components, tenures),
        headings={"component": "Component", "tenure": "Tenure"},
        labels={"component": labels_of(COMPONENTS), "tenure": labels_of(TENURES)},
        words=(
            Words(
                name="presence",
                label="Is it there?",
                cells={c: _said(one.presence) for c, one in places.items()},
            ),
            Words(
                name="why",
                label="Why",
                cells={c: one.why for c, one in places.items() if one.presence is not None},
            ),
        ),
    )


def _said(found: Presence | None) -> str:
    return _NOT_MEANT if found is None else found.capitalize()


def _map(asked: Asked) -> list[Sheet]:
    """Lay the provision map out by each grouping of wards that the pack has."""
    if asked.level is None:
        return []
    level = "place" if "place" in asked.pack["groupings"].columns else asked.level
    found = provision_map.provision_map(asked.pack, asked.on, level)
    dimensions = (
        listed("area", [code for code, _ in found.areas]),
        listed("component", [str(one) for one in Component]),
        listed("tenure", [str(one) for one in Tenure]),
    )
    cells = {
        (one.area, str(one.component), str(one.tenure)): one
        for one in found.cells
        if one.presence is not None
    }
    rows: tuple[Codes, ...] = tuple(
        (area, component, tenure)
        for area in dimensions[0].codes
        for component in dimensions[1].codes
        for tenure in dimensions[2].codes
        if (area, component, tenure) in cells
    )
    who: dict[Codes, str] = {codes: _names(found, one) for codes, one in cells.items()}
    public: dict[Codes, str] = {codes: _public(found, one) for codes, one in cells.items()}
    label = asked.pack.info.groupings.get(level)
    return [
        Sheet(
            id="provision_map",
            title="Priority Four provision map: component by tenure and "
            f"{label.label if label else level}",
            section="tenure",
            dimensions=dimensions,
            headings={"area": label.label if label else level, "component": "Component",
                      "tenure": "Tenure"},
            labels={
                "area": dict(found.areas),
                "component": labels_of(COMPONENTS),
                "tenure": labels_of(TENURES),
            },
            rows=rows,
            words=(
                Words(name="presence", label="Is it there?",
                      cells={codes: _said(one.presence) for codes, one in cells.items()}),
                Words(name="why", label="Why", cells={c: one.why for c, one in cells.items()}),
                Words(name="who", label="Who provides it, where that may be said", cells=public),
                Words(name="all", label="Who provides it", cells=who, restricted=True),
                Words(name="not_taken", label="Whom they do not take", restricted=True,
                      cells={codes: _refused(found, one) for codes, one in cells.items()}),
                Words(name="until", label="Known to be paid for until", restricted=True,
                      cells={codes: _until(found, one) for codes, one in cells.items()}),
                Words(name="confirmed", label="Last confirmed", restricted=True,
                      cells={codes: _confirmed(found, one) for codes, one in cells.items()}),
            ),
            notes=("Safe accommodation serves the whole district and has no Place of its own.",),
        )
    ]  # fmt: skip


def _directory(asked: Asked) -> Sheet:
    """Return the public directory: services that are no secret, and how to ask them."""
    found = {str(n): one for n, one in enumerate(provision_map.directory(asked.pack, asked.on))}
    dimension = listed("service", found)
    return Sheet(
        id="public_directory",
        title="Public directory of services outside safe accommodation",
        section="tenure",
        dimensions=(dimension,),
        headings={"service": "Service"},
        labels={"service": {key: one.name for key, one in found.items()}},
        words=(
            said("organisation", "Organisation", {k: o.organisation for k, o in found.items()}),
            said("kind", "Kind", {key: one.kind for key, one in found.items()}),
            said("helpline", "Helpline", {key: one.helpline for key, one in found.items()}),
            said("contact", "Contact", {key: one.contact for key, one in found.items()}),
            said(
                "confirmed",
                "Last confirmed",
                {
                    key: "Never" if one.last_confirmed is None else one.last_confirmed.isoformat()
                    for key, one in found.items()
                },
            ),
        ),
        notes=("Confirm a number before you give it to anybody. In danger, ring 999.",),
    )


def _names(found: ProvisionMap, cell: MapCell) -> str:
    return "; ".join(found.providers[service].name for service in cell.services)


def _public(found: ProvisionMap, cell: MapCell) -> str:
    """Name public services where so many share a cell that naming them leads to no single one."""
    services = found.named(cell)
    bodies = {found.providers[service].organisation for service in services}
    if len(services) < FEWEST or len(bodies) < FEWEST:
        return ""
    return "; ".join(found.providers[service].name for service in services)


def _refused(found: ProvisionMap, cell: MapCell) -> str:
    parts = []
    for service in cell.services:
        provider = found.providers[service]
        if provider.does_not_take:
            rules = joined([rule_label(rule) for rule in provider.does_not_take], "or")
            parts.append(f"{provider.name}: {rules}")
    return "; ".join(parts)


def _until(found: ProvisionMap, cell: MapCell) -> str:
    parts = []
    for service in cell.services:
        provider = found.providers[service]
        last = provider.last_day
        when = "not known" if last.day is None else last.day.isoformat()
        parts.append(f"{provider.name}: {when}")
    return "; ".join(parts)


def _confirmed(found: ProvisionMap, cell: MapCell) -> str:
    parts = []
    for service in cell.services:
        provider = found.providers[service]
        when = provider.last_confirmed
        said_on = "never" if when is None else when.isoformat()
        parts.append(f"{provider.name}: {said_on}{' (over a year ago)' if provider.stale else ''}")
    return "; ".join(parts)


def _cascade(asked: Asked) -> Sheet:
    """Outcomes by tenure, an illustration; demand alone is not one."""
    dimension = summed("tenure", [str(one) for one in Tenure])
    names = {"demand": "Seek help", **{code: term.label for code, term in METS.items()},
             SUPPORTED: "Helped with the support they need",
             **{code: term.label for code, term in REASONS.items()}}  # fmt: skip
    made = []
    for name, label in names.items():
        found = margins(asked, ("tenure",), name)[Run.CENTRAL]
        values: dict[Codes, float] = {(c,): found.get((c,), 0.0) for c in dimension.codes}
        head = Head(name, label, UNIT, f"cascade: {name}")
        made.append(
            modelled(
                asked,
                head,
                values,
                illustration=asked.illustration and name != "demand",
                level="district",
            )
        )
    return Sheet(
        id="cascade_by_tenure",
        title=asked.titled(
            "Households a year helped and not helped, modelled, by the home they had"
        ),
        section="tenure",
        dimensions=(dimension,),
        headings={"tenure": "The home they had"},
        labels={"tenure": labels_of(TENURES)},
        figures=columns((dimension,), made),
        notes=(
            *([ILLUSTRATION] if asked.illustration else ()),
            "Helped with the support they need is a part of those helped, and stands beside the "
            "others.",
        ),
        restricted=asked.illustration,
    )
