"""A ready list of candidates for a pack, from what it has: to be edited, and never the last word.

Sizes are questions to start from. A cost is there only where the register of the pack has a figure
for it; any other is asked for. What the pack gives no ground for is left out, and it is said why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from housing_map.candidates import Candidate, candidate
from housing_map.cells import number, records
from housing_map.change_terms import COUNTS, UNITS, WHO
from housing_map.changes import AddService, ChangeTakes, Resize
from housing_map.demand import household_shares
from housing_map.eligibility import answers
from housing_map.model import Settings
from housing_map.provision import open_services, pools
from housing_map.scenario import Scenario, apply
from housing_map.starts import starts
from housing_map.vocabulary import Answer, CapacityBasis, Pathway, Run, Stage
from housing_map.words import counted_kind, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from housing_map.changes import Change
    from housing_map.pack import Pack
    from housing_map.provision import Pool

DISPERSED_SIZES: Final = (4, 6, 10)
MORE_PLACES: Final = {
    "refuge": 5, "specialist_safe": 5, "second_stage": 5, "other_emergency": 5,
    "sanctuary": 20, "target_hardening": 20, "social_letting": 10, "private_rented_access": 10,
}  # fmt: skip
"""How many places more of each kind the list asks about: units, or households a year."""
RECIPROCALS: Final = 20.0
"""Moves a year by managed reciprocals that the list asks about."""
COST_OF: Final = {
    "dispersed": "dispersed_unit_annual_cost",
    "refuge": "refuge_unit_annual_cost",
    "specialist_safe": "refuge_unit_annual_cost",
    "sanctuary": "sanctuary_installation_cost",
}
"""Parameter with the cost in GBP of one place a year, or of one installation, by kind."""
ASKED_TO_TAKE: Final = {
    "nrpf": ("nrpf",),
    "support_needs": ("mental_health", "drugs", "alcohol"),
    "large_families": ("children_3", "children_4_plus"),
    "older_sons": ("son_13_to_14", "son_15_to_16", "son_17_plus"),
    "access": ("wheelchair", "limited_mobility"),
    "men": ("male",),
    "pets": ("pets",),
}
"""Rules that a service would be asked to change together, as one thing to do."""
_FROM_STARTS: Final = frozenset({"dispersed_homes", "by_and_for", "reciprocals"})
"""Ready-made scenarios whose new services are on the list, where the pack gives ground for them."""
_MORE: Final = {
    "sanctuary": ("more home made secure", "more homes made secure"),
    "target_hardening": ("more home made secure", "more homes made secure"),
    "social_letting": ("more social letting", "more social lettings"),
    "private_rented_access": ("more private tenancy", "more private tenancies"),
}


@dataclass(frozen=True, slots=True)
class Ready:
    """The ready list, and in sentences what is not on it and why."""

    candidates: tuple[Candidate, ...]
    left_out: tuple[str, ...]


def ready(pack: Pack) -> Ready:
    """Return the ready list of candidates for a pack, as it stands on its reference date."""
    there = pools(pack, open_services(pack, pack.info.reference_date, Run.CENTRAL))
    lacking = [one for one in starts(pack) if one.id in _FROM_STARTS and one.lacks]
    found, said = [*_homes(pack)], list[str]()
    said += [f"{one.title}: cannot be weighed, since {one.lacks}." for one in lacking]
    for pool in there:
        found += _more_places(pack, pool)
    for pool in there:
        taking, unknown = _taking(pack, pool)
        found += taking
        said += unknown
    found += _moving_on(pack)
    kept = []
    for one in found:
        scenario = Scenario(name="A candidate", changes=one.changes)
        skipped = apply(pack, scenario, Settings()).skipped if _opens(one) else ()
        said += [f"{one.label}: cannot be weighed, since {each.why}." for each in skipped]
        kept += [] if skipped else [one]
    return Ready(tuple(kept), tuple(dict.fromkeys(said)))


def _opens(one: Candidate) -> bool:
    return any(isinstance(change, AddService) for change in one.changes)


def _started(pack: Pack, start: str) -> AddService | None:
    """Return the new service of a ready-made scenario; None where the pack gives no ground."""
    scenario = next((one.scenario for one in starts(pack) if one.id == start), None)
    new = [c for c in (scenario.changes if scenario else ()) if isinstance(c, AddService)]
    return new[0] if new else None


def _homes(pack: Pack) -> Iterator[Candidate]:
    """Yield dispersed homes in several sizes, of which one can be chosen, and a by-and-for refuge.

    Places of the refuge are not kept for anybody here: a reservation goes into the scenario itself.
    """
    homes = _started(pack, "dispersed_homes")
    if homes is not None:
        for size in DISPERSED_SIZES:
            label = f"{size} {UNITS['dispersed'][1]}"
            yield _priced(pack, _sized(homes, size), "dispersed", label, one_of=homes.service_id)
    special = _started(pack, "by_and_for")
    if special is not None:
        label = f"By-and-for refuge, {special.capacity:g} {UNITS['refuge'][special.capacity != 1]}"
        yield _priced(pack, special, "specialist_safe", label)


def _sized(new: AddService, size: int) -> AddService:
    """Return a new service of another size, under a name of its own, and without a town."""
    code = f"{new.service_id}_{size}"

    def end(node: str) -> str:
        return code if node == new.service_id else node

    routes = tuple(
        route.model_copy(update={"from_id": end(route.from_id), "to_id": end(route.to_id)})
        for route in new.routes or ()
    )
    return new.model_copy(
        update={"service_id": code, "capacity": float(size), "routes": routes, "town": ""}
    )


def _more_places(pack: Pack, pool: Pool) -> Iterator[Candidate]:
    kind = pool.kind.code
    by = MORE_PLACES.get(kind)
    if by is None or pool.capacity.central is None:
        return
    words = _MORE.get(kind)
    if words is None:
        counts = UNITS.get(kind) or COUNTS[CapacityBasis(pool.basis)]
        words = (f"more {counts[0]}", f"more {counts[1]}")
    named = "" if pool.shared else f" ({pool.label})"
    label = f"{by} {words[by != 1]}{named}"
    yield _priced(pack, Resize(pool=pool.id, by=float(by)), kind, label)


def _taking(pack: Pack, pool: Pool) -> tuple[list[Candidate], list[str]]:
    """Return what the services of a pool could be asked to take, and what cannot be weighed.

    Of safe places that people move to; all of a shared pool are asked together.
    """
    if pool.kind.stage is not Stage.SAFETY or not pool.kind.confidential:
        return [], []
    if pool.kind.pathway is Pathway.STAY:
        return [], []
    given, known = answers(pack), household_shares(pack).circumstances
    found, said = [], []
    services, verb = pool.label, "takes"
    if pool.shared:
        services = f"All {counted_kind(pool.kind.code, 2).removeprefix('two ')}"
        verb = "take"
    for name, rules in ASKED_TO_TAKE.items():
        asked = {
            member: tuple(
                rule
                for rule in rules
                if given.get((member, rule), Answer.UNKNOWN) in {Answer.NO, Answer.UNKNOWN}
            )
            for member in pool.members
        }
        asked = {member: missing for member, missing in asked.items() if missing}
        missing = tuple(rule for rule in rules if any(rule in one for one in asked.values()))
        if not missing:
            continue
        whom = joined([WHO[rule] for rule in missing])
        if not set(missing) & set(known):
            said.append(
                f"{services} {verb} {whom}: nobody has published how many they are, so that it "
                "cannot be weighed. It may still be worth doing."
            )
            continue
        changes: list[Change] = [
            ChangeTakes(service_id=member, rules=rules_of, answer=Answer.YES)
            for member, rules_of in asked.items()
        ]
        label = f"{services} {verb} {whom}"
        code = f"takes_{name}_{pool.id.replace(':', '_')}"
        found.append(candidate(changes, label, id=code))
    return found, said


def _moving_on(pack: Pack) -> Iterator[Candidate]:
    swaps = _started(pack, "reciprocals")
    if swaps is not None:
        sized = swaps.model_copy(update={"capacity": RECIPROCALS})
        yield candidate(
            [sized], f"{RECIPROCALS:g} moves on by managed reciprocals", id=swaps.service_id
        )


def _priced(
    pack: Pack, change: AddService | Resize, kind: str, label: str, *, one_of: str = ""
) -> Candidate:
    """Return a candidate with the cost that the register has for a place of a kind, if any."""
    each = _cost_of_one(pack, kind)
    places = (change.by if isinstance(change, Resize) else change.capacity) or 0.0
    if each is not None:
        change = change.model_copy(update={"cost_gbp_a_year": each * places})
    code = change.service_id if isinstance(change, AddService) else f"more_{change.pool}"
    return candidate([change], label, one_of=one_of, id=code.replace(":", "_"))


def _cost_of_one(pack: Pack, kind: str) -> float | None:
    """Return the cost of one place in GBP a year, where the register has a figure."""
    rows = records(pack["parameters"])
    found = next((row for row in rows if row["key"] == COST_OF.get(kind)), None)
    return None if found is None else number(found["central"])
