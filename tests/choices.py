"""Every set of candidates, one by one: what the optimiser is held against.

Each set is applied to the pack, the model writes its allocation problem, and SciPy solves that with
floors and fairness as rows of its own. Nothing of the optimiser's programme is used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from housing_map.candidates import Ask, Candidate, Objective, Stand
from housing_map.changes import AddService, ChangeTakes, CloseService, Resize
from housing_map.model import Result, Settings, posed, run_one
from housing_map.provision import Reservation
from housing_map.scenario import Scenario, apply
from housing_map.stance import Draw
from housing_map.tabulate import run_rows
from housing_map.vocabulary import Answer, CapacityBasis, Goal, Run
from tests.drawn import questions
from tests.packs import LSOAS
from tests.worlds import bare, chain, serve, set_tenures, small_pack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from housing_map.changes import Change
    from housing_map.model import Posed
    from housing_map.pack import Pack
    from housing_map.stance import Stance

    Floats = NDArray[np.float64]
    Key = tuple[str, str]

SLACK = 1e-6
FAIR_SLACK = 1e-6


@dataclass(frozen=True, repr=False)
class World:
    """What is asked: a pack, settings, candidates, and an ask, in one run or draw."""

    pack: Pack
    settings: Settings
    candidates: tuple[Candidate, ...]
    ask: Ask
    stance: Stance = Run.CENTRAL

    def __repr__(self) -> str:
        """Say what is asked, and of what; the pack is too long to be read."""
        listed = [
            (one.id, one.cost_gbp_a_year, one.units, one.one_of, str(one.stand))
            for one in self.candidates
        ]
        return f"{listed}\n{self.ask}\n{self.settings}\n{self.stance}"

    def sets(self) -> Iterator[tuple[Candidate, ...]]:
        """Yield every set that keeps to budgets, sizes, and what must and must not be done."""
        for size in range(len(self.candidates) + 1):
            for inside in combinations(self.candidates, size):
                if self.allowed(inside):
                    yield inside

    def allowed(self, inside: Sequence[Candidate]) -> bool:
        """Whether a set may be chosen, whatever it comes to."""
        ask, ids = self.ask, {one.id for one in inside}
        sizes = [one.one_of for one in inside if one.one_of]
        closed = [c.service_id for one in inside for c in one.changes
                  if isinstance(c, CloseService)]  # fmt: skip
        forced = {one.id for one in self.candidates if one.stand is Stand.FORCED} | ask.forced
        return (
            forced <= ids
            and not any(one.stand is Stand.OUT for one in inside)
            and len(set(sizes)) == len(sizes)
            and len(set(closed)) == len(closed)
            and (ask.gbp_a_year is None or cost(inside) <= ask.gbp_a_year)
            and (ask.units is None or sum(one.units for one in inside) <= ask.units)
        )

    def floors(self) -> dict[Key, float]:
        """Return the least share of each group: as given, or as the model has it now."""
        if self.ask.floors is not None:
            return dict(self.ask.floors)
        one = run_one(self.pack, self.settings, self.stance)
        result = Result(self.pack, self.settings, self.pack.info.reference_date, {})
        found = {}
        for name in self.ask.by or ():
            frame = run_rows(result, one, [name])
            for label, met, demand in zip(frame[name], frame["met"], frame["demand"], strict=True):
                found[name, str(label)] = met / demand if demand > 0 else 0.0
        return found

    def values(self) -> dict[tuple[str, ...], tuple[float, float]]:
        """Return the most met, and the lowest fair share that can be, of every allowed set.

        A set that cannot keep the floors is not there.
        """
        floors, found = self.floors(), {}
        for inside in self.sets():
            problem = Problem(self, inside, floors)
            met = problem.most()
            if met is not None:
                fair = self.ask.objective is Objective.FAIR
                lowest = problem.lowest() if fair else 0.0
                found[tuple(one.id for one in inside)] = (met, lowest)
        return found

    def fair_values(self, lowest: float) -> dict[tuple[str, ...], float]:
        """Return the most met by every allowed set that leaves no group below ``lowest``."""
        floors, found = self.floors(), {}
        for inside in self.sets():
            met = Problem(self, inside, floors).most(lowest - FAIR_SLACK)
            if met is not None:
                found[tuple(one.id for one in inside)] = met
        return found


def cost(inside: Sequence[Candidate]) -> float:
    return sum(one.cost_gbp_a_year or 0.0 for one in inside)


KEPT = 130
"""Problems that are kept: every set of seven candidates, and a few."""
_posed: dict[object, Posed] = {}


class Problem:
    """The allocation problem of one set, with rows for floors and fairness."""

    def __init__(
        self, world: World, inside: Sequence[Candidate], floors: Mapping[Key, float]
    ) -> None:
        known = (world.pack.digest, world.settings, world.stance, tuple(one.id for one in inside))
        if known not in _posed:
            changes = tuple(change for one in inside for change in one.changes)
            after = apply(world.pack, Scenario(name="A set", changes=changes), world.settings)
            _posed[known] = posed(after.pack, after.settings, world.stance)
            while len(_posed) > KEPT:
                _posed.pop(next(iter(_posed)))
        self.posed = _posed[known]
        instance = self.posed.instance
        columns = len(instance.block)
        per_block = sparse.csr_array(
            (np.ones(columns), (instance.block, np.arange(columns))),
            shape=(len(instance.demand), columns),
        )
        rows, least = [], []
        for key, share in floors.items():
            met, demand = self.group(key)
            rows.append(-met)
            least.append(-max(share * demand - SLACK, 0.0))
        self.matrix = sparse.vstack([per_block, instance.use, *map(row_of, rows)]).toarray()
        self.limit = np.concatenate([instance.demand, instance.limit, least])
        self.gain = instance.meets * instance.weight[instance.block]
        self.fair = [
            self.group((world.ask.fair_by, label))
            for label in sorted({str(getattr(g, world.ask.fair_by, "")) for g in self.groups})
        ]

    @property
    def groups(self) -> Sequence[object]:
        return self.posed.setting.groups

    def group(self, key: Key) -> tuple[Floats, float]:
        """Return the households of a group that each offer meets, and the group's demand."""
        name, label = key
        prepared, setting = self.posed.prepared, self.posed.setting
        sieve = prepared.sieve
        if name == "need":
            of_cell = setting.signatures.having(label)[sieve.signature]
        else:
            inside = np.array([str(getattr(g, name)) == label for g in setting.groups], dtype=float)
            of_cell = inside[sieve.group]
        there = prepared.blocks.of_cell >= 0
        instance = self.posed.instance
        by_block = np.bincount(
            prepared.blocks.of_cell[there],
            weights=(sieve.demand * of_cell)[there],
            minlength=len(instance.demand),
        )
        met = (by_block / instance.demand)[instance.block] * instance.meets
        return np.asarray(met), float((sieve.demand * of_cell).sum())

    def most(self, lowest: float | None = None) -> float | None:
        matrix, limit = self.matrix, self.limit
        if lowest is not None:
            matrix = np.vstack([matrix, *(-met[None, :] for met, _ in self.fair)])
            limit = np.append(limit, [-lowest * demand for _, demand in self.fair])
        if not len(self.gain):
            return 0.0 if (limit >= -SLACK).all() else None
        found = linprog(np.negative(self.gain), A_ub=matrix, b_ub=limit, method="highs")
        return None if found.status == 2 else -float(found.fun or 0.0)

    def lowest(self) -> float:
        columns = len(self.gain)
        matrix = np.hstack([self.matrix, np.zeros((len(self.matrix), 1))])
        fair = np.array([[*-met, demand] for met, demand in self.fair]).reshape(-1, columns + 1)
        cost = np.zeros(columns + 1)
        cost[-1] = -1
        found = linprog(
            cost,
            A_ub=np.vstack([matrix, fair]),
            b_ub=np.append(self.limit, np.zeros(len(fair))),
            bounds=[(0, None)] * columns + [(0, 1)],
            method="highs",
        )
        return -float(found.fun or 0.0)


def row_of(values: Floats) -> sparse.csr_array:
    return sparse.csr_array(values[None, :])


# Worlds to ask about ------------------------------------------------------------------------


@cache
def town() -> Pack:
    """Return a pack worked by hand: 40 households a year, half of them owners.

    20 wish to stay and 20 to move. The refuge helps 4 a year (4 units, stays of 365 days), takes
    nobody with no recourse to public funds (a quarter of all), and the sanctuary scheme helps 3.
    """
    tables = bare(40, stay=0.5, move=0.5, nrpf=0.25)
    set_tenures(tables, LSOAS, owned=200, private=200)
    serve(tables, "refuge", "refuge", 4, basis="units")
    tables["eligibility"].append(
        {"service_id": "refuge", "rule": "nrpf", "answer": "no", "status": "assumed",
         "source": "made up for tests"}
    )  # fmt: skip
    serve(tables, "sanctuary", "sanctuary", 3, basis="installations")
    serve(tables, "lettings", "social_letting")
    chain(tables, "entry:police", "refuge", "lettings", "home:social")
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    return small_pack(tables)


SETTLED = Settings(goal=Goal.SETTLED)


def places(number: float, cost: float | None = None, **more: object) -> Candidate:
    """Return so many more places in the refuge of the town."""
    change = Resize(pool="refuge", by=number)
    plain = Candidate(f"refuge_{number:g}", f"{number:g} more places", (change,), cost, number)
    return replace(plain, **more)  # type: ignore[arg-type]


def secured(number: float, cost: float | None = None, **more: object) -> Candidate:
    """Return so many more homes made secure in the town."""
    change = Resize(pool="sanctuary", by=number)
    plain = Candidate(f"secured_{number:g}", f"{number:g} homes", (change,), cost, number)
    return replace(plain, **more)  # type: ignore[arg-type]


def homes(number: float, cost: float | None = None, **more: object) -> Candidate:
    """Return new dispersed homes in the town, that take everybody."""
    change = AddService(
        service_id=f"homes_{number:g}".replace(".", "_"),
        name="Homes",
        kind="dispersed",
        like="refuge",
        capacity=number,
        basis=CapacityBasis.UNITS,
        otherwise=Answer.YES,
    )
    plain = Candidate(change.service_id, f"{number:g} homes more", (change,), cost, number)
    return replace(plain, **more)  # type: ignore[arg-type]


def takes_nrpf(cost: float | None = None, **more: object) -> Candidate:
    """Let the refuge of the town take people with no recourse to public funds."""
    change = ChangeTakes(service_id="refuge", rules=("nrpf",), answer=Answer.YES)
    return replace(Candidate("nrpf", "Takes NRPF", (change,), cost), **more)  # type: ignore[arg-type]


def closing(service: str, cost: float | None = None, **more: object) -> Candidate:
    """Close a service."""
    change = CloseService(service_id=service)
    plain = Candidate(f"close_{service}", f"Close {service}", (change,), cost)
    return replace(plain, **more)  # type: ignore[arg-type]


def _like_one(code: str, number: float) -> AddService:
    return AddService(
        service_id=code,
        name=code,
        kind="refuge",
        like="refuge_one",
        capacity=number,
        basis=CapacityBasis.UNITS,
        stay_days=73,
        occupancy=1,
    )


def _takes(service: str, *rules: str) -> ChangeTakes:
    return ChangeTakes(service_id=service, rules=rules, answer=Answer.YES)


def drawn_changes() -> dict[str, tuple[Change, ...]]:
    """Return changes of every sort that a rich pack of :mod:`tests.drawn` could be asked about."""
    for_all = AddService(
        service_id="for_all",
        name="For all",
        kind="refuge",
        like="refuge_two",
        capacity=3,
        basis=CapacityBasis.UNITS,
        otherwise=Answer.YES,
    )
    secure = AddService(
        service_id="secure", name="Secure", kind="sanctuary", like="sanctuary_one", capacity=5
    )
    return {
        "new": (_like_one("new", 2),),
        "for_all": (for_all,),
        "secure": (secure,),
        "lettings": (Resize(pool="lettings", by=10),),
        "lettings_two": (Resize(pool="lettings_two", by=6),),
        "refuges": (Resize(pool="pool:refuge", by=2),),
        "sanctuaries": (Resize(pool="pool:sanctuary", by=4),),
        "idva": (Resize(pool="idva", by=20),),
        "nrpf": (_takes("refuge_two", "nrpf"),),
        "men": (_takes("refuge_one", "male", "nrpf"),),
        "owners": (_takes("sanctuary_one", "tenure_owned", "right_joint"),),
        "needs": (
            _takes("refuge_two", "mental_health", "male"),
            Resize(pool="pool:refuge", by=1),
        ),
        "close_two": (CloseService(service_id="refuge_two"),),
        "close_sanctuary": (CloseService(service_id="sanctuary_two"),),
        "close_late": (
            CloseService(service_id="sanctuary_one", on=date(2026, 12, 1)),
            Resize(pool="lettings", by=5),
        ),
        "replace": (
            CloseService(service_id="refuge_one", on=date(2026, 10, 1)),
            _like_one("instead", 5),
        ),
    }


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a rich pack, up to five candidates of every sort, and what is asked of them."""
    question, changes = draw(questions()), drawn_changes()
    names = draw(st.lists(st.sampled_from(sorted(changes)), min_size=1, max_size=5, unique=True))
    listed = [
        Candidate(
            id=name,
            label=name,
            changes=changes[name],
            cost_gbp_a_year=draw(
                st.sampled_from([-20.0, 0.0, 10.0] if "close" in name else [0.0, 10.0, 25.0, 40.0])
            ),
            units=draw(st.sampled_from([0.0, 2.0, 5.0])),
            one_of=draw(st.sampled_from(["", "", "a"])),
            stand=draw(st.sampled_from([*[Stand.OPEN] * 6, Stand.FORCED, Stand.OUT])),
        )
        for name in names
    ]
    ask = Ask(
        gbp_a_year=draw(st.sampled_from([None, 0.0, 20.0, 50.0, 100.0])),
        units=draw(st.sampled_from([None, None, 4.0, 8.0])),
        floors=draw(
            st.sampled_from([None, None, {}, {("tenure", "owned"): 0.2, ("need", "nrpf"): 0.1}])
        ),
        by=("tenure", "risk", "need"),
        objective=draw(st.sampled_from(Objective)),
    )
    reserved = draw(st.sampled_from([(), (), (Reservation("pool:refuge", "nrpf", 2.0),)]))
    settings = Settings(
        goal=question.goal,
        pathway=question.pathway,
        weights=draw(st.sampled_from([(), (("nrpf", 3.0),)])),
        reserved=reserved,
    )
    stances: list[Stance] = [*[Run.CENTRAL] * 3, question.run, Draw(1, 1), Draw(2, 5)]
    stance = draw(st.sampled_from(stances))
    return World(small_pack(question.tables), settings, tuple(listed), ask, stance)
