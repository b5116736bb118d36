"""Changes to the rich pack drawn at random, and packs written out and read again."""

import shutil
import tempfile
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
from hypothesis import strategies as st

from housing_map import model, tabulate
from housing_map.changes import (
    AddRoute,
    AddService,
    Change,
    ChangeArrivals,
    ChangeDemand,
    ChangeOccupancy,
    ChangeRoute,
    ChangeStay,
    ChangeTakes,
    CloseService,
    CutRoute,
    EndFunding,
    ExtendFunding,
    MoveService,
    Reserve,
    Resize,
    Route,
    SetBudget,
    Weigh,
)
from housing_map.model import Settings
from housing_map.pack import Pack, load_pack
from housing_map.pack_tables import BY_NAME
from housing_map.scenario import Applied, Scenario, apply
from housing_map.vocabulary import Answer, Goal, Run, Tenure
from tests.drawn import ROUTES, RULES, SERVICES, rich_tables
from tests.packs import LSOAS, WARDS, Tables, add, as_csv, change, write_pack
from tests.worlds import small_pack

ROOT = Path(__file__).resolve().parents[1]
GRANT = "Safe accommodation grant"
POOLS = ("refuge_one", "pool:refuge", "lettings", "lettings_two", "idva", "pool:sanctuary")
UNITS = ("refuge_one", "pool:refuge")
END = date(2027, 3, 31)


@cache
def rich_pack() -> Pack:
    """Return the small pack with a second refuge, sanctuary, landlord and grant."""
    tables = rich_tables()
    change(tables, "pool_assumptions", {"kind": "refuge"}, capacity_low="5")
    evidence = {"status": "assumed", "source": "made up for tests"}
    add(
        tables, "funding", service_id="lettings_two", funder="Testham Council",
        stream="Lettings contract", ends_on="2026-12-31", **evidence,
    )  # fmt: skip
    return small_pack(tables)


def tried(*changes: Change, pack: Pack | None = None, goal: Goal = Goal.SETTLED) -> Applied:
    """Return the rich pack, or another, after changes."""
    return apply(pack or rich_pack(), Scenario(name="Tried", changes=changes, goal=goal))


def rows(
    applied: Applied | Pack, *by: str, run: Run = Run.CENTRAL, goal: Goal = Goal.SETTLED
) -> pd.DataFrame:
    """Return the rows of one run after changes, or of a pack as it is."""
    if isinstance(applied, Pack):
        pack, settings = applied, Settings(goal=goal)
    else:
        pack, settings = applied.pack, applied.settings
    one = model.run(pack, settings)
    found = tabulate.run_rows(one, one[run], [*by])
    return found.set_index([*by]) if by else found


def met(applied: Applied | Pack, run: Run = Run.CENTRAL) -> float:
    """Households a year that are met."""
    return float(rows(applied, run=run)["met"].iloc[0])


def as_rows(pack: Pack) -> Tables:
    """Return the tables of a pack as rows of text."""
    return {name: _text(frame) for name, frame in pack.tables.items() if name in BY_NAME}


def _text(frame: pd.DataFrame) -> list[dict[str, str]]:
    def cell(value: object) -> str:
        if pd.isna(value):  # type: ignore[call-overload]
            return ""
        return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)

    return [
        {str(name): cell(value) for name, value in row.items()} for row in frame.to_dict("records")
    ]


def reloaded(pack: Pack, folder: Path) -> Pack:
    """Write a pack made of the small one into a folder, and load it with every check."""
    return load_pack(write_pack(folder, as_rows(pack)))


def kirklees_with(pack: Pack, folder: Path) -> Pack:
    """Write the tables of a pack over a copy of the shipped one, and load it with every check."""
    shutil.copytree(ROOT / "data", folder)
    for name, found in as_rows(pack).items():
        path = folder / BY_NAME[name].path
        if path.exists():
            path.write_text(as_csv(name, found), encoding="utf-8")
    return load_pack(folder)


# Drawn ------------------------------------------------------------------------------------

_factors = st.sampled_from([0.0, 0.5, 0.9, 1.1, 2.0])
_services = st.sampled_from([*SERVICES, "new_one", "new_two", "nobody"])
_rules = st.sampled_from(RULES)
_days = st.sampled_from([None, date(2026, 6, 1), date(2026, 12, 31), date(2028, 1, 1)])
_shares = st.sampled_from([0.0, 0.3, 1.0])
_pairs = st.sampled_from([*ROUTES, ("options", "refuge_one"), ("entry:health", "idva")])


def _added() -> st.SearchStrategy[Change]:
    return st.builds(
        AddService,
        service_id=st.sampled_from(["new_one", "new_two"]),
        name=st.just("Something new"),
        kind=st.sampled_from(["refuge", "sanctuary", "social_letting", "idva", "dispersed"]),
        like=st.sampled_from([None, "refuge_one", "sanctuary_one", "lettings"]),
        capacity=st.sampled_from([None, 1.0, 6.0, 40.0]),
        otherwise=st.sampled_from([None, Answer.YES, Answer.NO]),
        takes=st.dictionaries(_rules, st.sampled_from(Answer), max_size=2),
        town=st.sampled_from(["", "Alderby"]),
        closes_on=st.sampled_from([None, date(2027, 1, 31)]),
    )


def changes() -> st.SearchStrategy[Change]:
    """Draw a change of any sort; some do not apply to the rich pack."""
    return st.one_of(_provision(), _referral(), _households(), _rules_and_money())


def _provision() -> st.SearchStrategy[Change]:
    places = st.sampled_from([-3.0, 2.0, 9.0])
    areas = st.sampled_from([("Alderby",), (WARDS[2],), (LSOAS[0], LSOAS[5])])
    answers = st.sampled_from(Answer)
    units, share = st.sampled_from(UNITS), st.sampled_from([0.5, 1.0])
    return st.one_of(
        _added(),
        st.builds(CloseService, service_id=_services, on=_days),
        st.builds(Resize, pool=st.sampled_from([*POOLS, "new_one"]), by=places),
        st.builds(Resize, pool=st.sampled_from(POOLS), to=st.sampled_from([0.0, 5.0])),
        st.builds(MoveService, service_id=_services, areas=areas),
        st.builds(ChangeTakes, service_id=_services, rules=st.tuples(_rules), answer=answers),
        st.builds(ChangeStay, pool=units, times=st.sampled_from([0.5, 1.5])),
        st.builds(ChangeOccupancy, pool=units, share=share),
    )


def _referral() -> st.SearchStrategy[Change]:
    tenures = st.sampled_from([(), (Tenure.OWNED,), (Tenure.COUNCIL, Tenure.OWNED)])
    routes = st.builds(
        lambda ends, tenures, accepts: AddRoute(
            route=Route(from_id=ends[0], to_id=ends[1], tenures=tenures, accepts=accepts)
        ),
        _pairs,
        tenures,
        st.sampled_from([None, 0.5]),
    )
    return st.one_of(
        routes,
        _pairs.map(lambda ends: CutRoute(from_id=ends[0], to_id=ends[1])),
        st.builds(
            ChangeRoute, to_id=_services, accepts=_shares, succeeds=st.sampled_from([None, 0.5])
        ),
    )


def _households() -> st.SearchStrategy[Change]:
    areas = st.sampled_from([(), ("Cowden",), (LSOAS[1],)])
    tenures = st.sampled_from([(), (Tenure.PRIVATE,)])
    needs = st.sampled_from(["nrpf", "male", "pets"])
    return st.one_of(
        st.builds(ChangeDemand, times=_factors, areas=areas, tenures=tenures),
        st.builds(ChangeDemand, times=_factors, need=needs),
        st.builds(ChangeArrivals, times=_factors),
    )


def _rules_and_money() -> st.SearchStrategy[Change]:
    streams, later = st.sampled_from([GRANT, "Lettings contract", "No such"]), date(2029, 3, 31)
    pools, units = st.sampled_from([*POOLS, "new_one"]), st.sampled_from([1.0, 4.0])
    return st.one_of(
        st.builds(EndFunding, stream=streams, on=_days),
        st.builds(ExtendFunding, stream=streams, until=st.just(later)),
        st.builds(Reserve, pool=pools, rule=_rules, units=units),
        st.builds(Weigh, rule=_rules, weight=st.sampled_from([0.5, 1.0, 3.0])),
        st.builds(SetBudget, units=st.just(6.0)),
    )


def scenarios(most: int = 5) -> st.SearchStrategy[Scenario]:
    """Draw a scenario of some changes."""
    return st.builds(
        Scenario,
        name=st.sampled_from(["Tried", "Another"]),
        goal=st.sampled_from(Goal),
        changes=st.lists(changes(), max_size=most).map(tuple),
    )


def temporary_folder() -> Path:
    """Return a new folder; whoever asks removes it."""
    return Path(tempfile.mkdtemp(prefix="housing-map-"))
