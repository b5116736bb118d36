"""Packs made at random, and what is asked of them.

Each is the small pack, enriched, with changes drawn by Hypothesis: capacities, answers, routes,
areas served, waits, what is known, shares and tenures. It is always one that the program loads.
"""

import copy
import os
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from housing_map.model import Result
from housing_map.vocabulary import Goal, Pathway, Run
from tests.packs import LSOAS, WARDS, Tables, add, base_tables, change
from tests.worlds import (
    assume,
    chain,
    one_run,
    serve,
    set_parameter,
    set_shares,
    set_tenures,
)

SERVICES = (
    "idva", "options", "refuge_one", "refuge_two", "sanctuary_one", "sanctuary_two",
    "elsewhere", "lettings", "lettings_two",
)  # fmt: skip
OPEN = ("idva", "options", "lettings", "lettings_two")
"""Services that may serve less than the district, since they are not safe accommodation."""
RULES = (
    "mental_health", "nrpf", "male", "tenure_owned", "tenure_private_rent", "risk_high",
    "right_joint", "from_elsewhere",
)  # fmt: skip
ROUTES = tuple(
    (row["from_id"], row["to_id"])
    for row in base_tables()["referral_routes"]
    if row["from_id"] != "lettings"
)
MIXES = (
    (240, 80, 60, 20),
    (400, 0, 0, 0),
    (100, 200, 80, 20),
    (0, 0, 380, 20),
    (120, 120, 120, 40),
)
THIRDS = ((0.4, 0.4, 0.2), (0.0, 1.0, 0.0), (0.75, 0.0, 0.25), (0.1, 0.3, 0.6))


@dataclass(frozen=True, repr=False)
class Question:
    """A pack as its tables, and what is asked of it."""

    tables: Tables
    run: Run
    goal: Goal
    pathway: Pathway

    def __repr__(self) -> str:
        """Say what was drawn: the cells that differ from those of the rich pack."""
        lines = [f"{self.run} {self.goal} {self.pathway}"]
        for name, rows in rich_tables().items():
            now = self.tables[name]
            lines += [f"- {name}: {row}" for row in rows if row not in now]
            lines += [f"+ {name}: {row}" for row in now if row not in rows]
        return "\n".join(lines)[:4000]

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:
        """Say the same to Hypothesis, which writes out every field of a dataclass otherwise."""
        del cycle
        printer.text(repr(self))

    def ask(self, tables: Tables | None = None) -> Result:
        """Answer the question, of these tables in the place of its own."""
        asked = self.tables if tables is None else tables
        return one_run(asked, self.run, goal=self.goal, pathway=self.pathway)

    def copy(self) -> Tables:
        """Return the tables, to be changed."""
        return copy.deepcopy(self.tables)


def rich_tables() -> Tables:
    """Return the small pack with a second refuge, sanctuary and landlord.

    The second refuge is under an assumption for the district, the others have figures.
    """
    tables = base_tables()
    serve(tables, "refuge_two", "refuge")
    serve(tables, "sanctuary_two", "sanctuary", 4, basis="installations")
    serve(tables, "lettings_two", "social_letting", 10, basis="lettings")
    assume(
        tables, "refuge", "units", 7, capacity_low="6", capacity_high="9",
        stay_days_central="73", occupancy_central="0.9",
    )  # fmt: skip
    chain(tables, "options", "refuge_two", "lettings_two", "home:social")
    chain(tables, "idva", "sanctuary_two", "home:stayed")
    chain(tables, "refuge_one", "lettings_two")
    return tables


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Draw a pack and what is asked of it."""
    tables = rich_tables()
    for service, capacities in {
        "refuge_one": ["0", "1", "4", "8.5"],
        "sanctuary_two": ["0", "4", "20"],
        "lettings": ["0", "5", "30", "100"],
        "lettings_two": ["0", "10"],
        "idva": ["10", "50", "200"],
    }.items():
        capacity = draw(st.sampled_from(capacities))
        change(tables, "capacity", {"service_id": service}, capacity_central=capacity)
    stay = draw(st.sampled_from(["73", "36.5", "180"]))
    change(tables, "capacity", {"service_id": "refuge_one"}, stay_days_central=stay)
    pairs = st.tuples(st.sampled_from(SERVICES), st.sampled_from(RULES))
    given_answers = st.sampled_from(["yes", "no", "depends", "unknown"])
    for (service, rule), given_answer in draw(
        st.dictionaries(pairs, given_answers, max_size=8)
    ).items():
        tables["eligibility"] = [
            row
            for row in tables["eligibility"]
            if (row["service_id"], row["rule"]) != (service, rule)
        ]
        evidence = {"status": "assumed", "source": "drawn"}
        add(tables, "eligibility", service_id=service, rule=rule, answer=given_answer, **evidence)
    _draw_routes(draw, tables)
    _draw_areas(draw, tables)
    _draw_households(draw, tables)
    return Question(
        tables,
        draw(st.sampled_from(Run)),
        draw(st.sampled_from(Goal)),
        draw(st.sampled_from(Pathway)),
    )


def _draw_routes(draw: st.DrawFn, tables: Tables) -> None:
    for start, end in draw(st.sets(st.sampled_from(ROUTES), max_size=2)):
        tables["referral_routes"] = [
            row
            for row in tables["referral_routes"]
            if (row["from_id"], row["to_id"]) != (start, end)
        ]
    cells = st.fixed_dictionaries(
        {},
        optional={
            "known": st.sampled_from(["depends", "unknown", "no"]),
            "accepts_central": st.sampled_from(["0.5", "0.64", "1", "0"]),
            "succeeds_central": st.sampled_from(["0.2", "0.5", "1"]),
            "wait_days_central": st.sampled_from(["0", "1", "8", "30"]),
            "tenures": st.sampled_from(["owned", "private_rent;council_rent"]),
            "risks": st.sampled_from(["high", "medium;standard"]),
        },
    )
    numbers = st.integers(0, len(tables["referral_routes"]) - 1)
    for number, changed in draw(st.dictionaries(numbers, cells, max_size=4)).items():
        tables["referral_routes"][number] |= changed


def _draw_areas(draw: st.DrawFn, tables: Tables) -> None:
    areas = st.sampled_from(["Alderby", WARDS[0], WARDS[2], LSOAS[3]])
    for service, area in draw(st.dictionaries(st.sampled_from(OPEN), areas, max_size=3)).items():
        change(tables, "areas_served", {"service_id": service}, area=area)
    for service in draw(st.sets(st.sampled_from(SERVICES), max_size=1)):
        change(tables, "services", {"service_id": service}, operating="unknown")
    for service in draw(st.sets(st.sampled_from(SERVICES), max_size=1)):
        change(tables, "services", {"service_id": service}, closes_on="2026-12-31")
    set_parameter(tables, "travel_threshold_min", draw(st.sampled_from(["5", "9", "30"])))
    set_parameter(tables, "unknown_rule_central", draw(st.sampled_from(["0", "0.5", "1", "1"])))


def _draw_households(draw: st.DrawFn, tables: Tables) -> None:
    for lsoa in LSOAS:
        owned, private, council, association = draw(st.sampled_from(MIXES))
        set_tenures(
            tables, (lsoa,), owned=owned, private=private, council=council, association=association
        )
    stay, move, leave = draw(st.sampled_from(THIRDS))
    set_shares(tables, "aim", stay=stay, move=move, leave=leave)
    high, medium, standard = draw(st.sampled_from(THIRDS))
    set_shares(tables, "risk", high=high, medium=medium, standard=standard)
    police = draw(st.sampled_from([0.0, 0.3, 0.5, 1.0]))
    set_shares(tables, "entry", police=police, housing_options=1 - police)
    sole = draw(st.sampled_from([1.0, 0.25]))
    set_shares(tables, "right", sole=sole, joint=1 - sole)
    shares = st.sampled_from([0.0, 0.1, 0.5, 0.95])
    set_shares(tables, "circumstance", mental_health=draw(shares), nrpf=draw(shares), male=0.1)
    set_parameter(tables, "arrivals_per_leaver", draw(st.sampled_from(["0", "0.5", "1"])))
    homeless = draw(st.sampled_from(["0", "0.2"]))
    change(tables, "household_shares", {"dimension": "tenure"}, central=homeless)


def examples(count: int) -> settings:
    """Try so many packs, times what ``HOUSING_MAP_EXAMPLES`` says for a thorough search."""
    return settings(max_examples=count * int(os.environ.get("HOUSING_MAP_EXAMPLES", "1")))
