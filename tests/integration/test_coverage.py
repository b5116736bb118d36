"""The cascade as a whole: against a plain reckoning that merges nothing, and its stages in order.

The reference goes through every small area, tenure, right, risk, aim, entry and set of
circumstances one by one, asks the stages in words of the design, and solves one plain programme
over all of them. The program merges areas, circumstances, paths and households first; the two
must agree on who is lost before room is asked, and on how many can be helped at most.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from scipy import sparse
from scipy.optimize import linprog

from housing_map import model
from housing_map.demand import demand
from housing_map.eligibility import Eligibility, eligibility
from housing_map.kinds import suitable_kinds
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.parameters import Register
from housing_map.places import levels, membership
from housing_map.profiles import factors
from housing_map.provision import Pool, Service, open_services, pools
from housing_map.referral import Path, build_graph, find_paths
from housing_map.tabulate import coverage_rows, totals
from housing_map.travel import minutes_to_services
from housing_map.vocabulary import (
    Aim,
    Detail,
    Entry,
    Goal,
    Pathway,
    Reason,
    Right,
    Risk,
    Run,
    Tenure,
)
from tests.drawn import Question, examples, questions
from tests.packs import LSOAS, WARDS, Tables, add, change
from tests.worlds import (
    EXACT,
    answer,
    assume,
    bare,
    chain,
    details,
    one_run,
    only_run,
    route,
    rows_of,
    serve,
    set_parameter,
    set_shares,
    small_pack,
    total,
)

# The plain reckoning ----------------------------------------------------------------------


@dataclass(frozen=True)
class Households:
    """Households alike in everything; those from elsewhere have no small area."""

    lsoa: str | None
    tenure: Tenure
    right: Right
    risk: Risk
    aim: Aim
    entry: Entry
    circumstances: frozenset[str]
    number: float

    @cached_property
    def rules(self) -> frozenset[str]:
        origin = "from_elsewhere" if self.aim is Aim.ARRIVE else "from_inside"
        told = {f"tenure_{self.tenure}", f"right_{self.right}", f"risk_{self.risk}", origin}
        return self.circumstances | told


class Plain:
    """What the reference knows of a pack in one run."""

    def __init__(self, pack: Pack, question: Question) -> None:
        self.pack, self.question, run = pack, question, question.run
        self.register = Register(pack["parameters"])
        self.services: dict[str, Service] = {
            s.id: s for s in open_services(pack, pack.info.reference_date, run)
        }
        services = tuple(self.services.values())
        self.pools: tuple[Pool, ...] = pools(pack, services)
        self.takes: Eligibility = eligibility(pack, services, self.pools, self.register, run)
        default = self.register.at("unknown_rule_central", run)
        graph = build_graph(pack, services, run, default)
        self.paths: list[Path] = find_paths(graph, question.goal)
        minutes = minutes_to_services(pack, self.register, run)
        limit = self.register.at("travel_threshold_min", run)
        self.far = {(a, s) for s in minutes for a in minutes.index if minutes.at[a, s] > limit}
        self.member = membership(pack)
        self.areas: dict[str, set[str]] = {}
        for row in pack["areas_served"].to_dict("records"):
            self.areas.setdefault(row["service_id"], set()).add(row["area"])

    def households(self) -> Iterator[Households]:
        """Yield everybody who asks, but for those who want to move in the stay cascade."""
        found = demand(self.pack, self.register, self.question.run)
        shares = found.shares
        profiles = [
            (
                frozenset().union(*(codes for codes, _ in outcomes)),
                float(np.prod([share for _, share in outcomes])),
            )
            for outcomes in product(*(part.outcomes for part in factors(shares.circumstances)))
        ]
        groups: list[tuple[str | None, Tenure, Aim, float]] = [
            (lsoa, tenure, aim, found.residents.at[lsoa, tenure] * shares.aim.at[tenure, aim])
            for lsoa, tenure in product(LSOAS, Tenure)
            for aim in (Aim.STAY, Aim.MOVE, Aim.LEAVE)
        ]
        groups += [(None, tenure, Aim.ARRIVE, found.arrivals[tenure]) for tenure in Tenure]
        for lsoa, tenure, aim, number in groups:
            if self.question.pathway is Pathway.STAY and aim is not Aim.STAY:
                continue
            for right, risk, entry, (codes, share) in product(Right, Risk, Entry, profiles):
                part = shares.right.at[tenure, right] * shares.risk[risk] * shares.entry[entry]
                if number * part * share > 0:
                    yield Households(
                        lsoa, tenure, right, risk, aim, entry, codes, number * part * share
                    )

    @cache  # noqa: B019 - the reference lives as long as one question
    def refusing(self, rules: frozenset[str]) -> frozenset[str]:
        """Return the services that refuse households with these rules."""
        return frozenset(s for s, rule in self.takes.refused if rule in rules)

    @cache  # noqa: B019 - the reference lives as long as one question
    def serving(self, lsoa: str | None) -> frozenset[str]:
        """Return the services that serve a small area, or the whole district without one."""
        here = {self.pack.info.district_code} if lsoa is None else set(self.member.loc[lsoa])
        return frozenset(service for service, areas in self.areas.items() if areas & here)

    def reason(self, who: Households) -> tuple[Reason | None, list[Path]]:
        """Return the first stage that fails, or none with the paths that are open."""
        kinds = suitable_kinds(who.tenure, who.aim, self.question.pathway)
        suitable = {s.id for s in self.services.values() if s.kind.code in kinds}
        if not suitable:
            return Reason.NOT_PROVIDED, []
        refusing = self.refusing(who.rules)
        if suitable <= refusing:
            return Reason.NOT_ELIGIBLE, []
        told = (who.tenure, who.right, who.risk, who.aim)
        connected = [
            path
            for path in self.paths
            if path.entry is who.entry
            and path.anchor in suitable
            and refusing.isdisjoint(path.services)
            and all(step.condition.admits(*told) for step in path.steps)
        ]
        if not connected:
            return Reason.NOT_CONNECTED, []
        near = [
            path
            for path in connected
            if self.serving(who.lsoa).issuperset(path.services)
            and not any((who.lsoa, service) in self.far for service in path.services)
        ]
        if not near:
            return Reason.OUT_OF_REACH, []
        longest = self.register.at(f"max_wait_days_{who.risk}", self.question.run)
        quick = [path for path in near if path.wait_days <= longest]
        return (None, quick) if quick else (Reason.NO_ROOM, [])

    def most_met(self, asking: list[tuple[Households, list[Path]]]) -> float:
        """Return the most that can be met: one variable for each household and open path."""
        run = self.question.run
        pool_of = {member: pool for pool in self.pools for member in pool.members}
        limits = {pool.id: pool.limit(run) for pool in self.pools}
        limits |= {(s.pool, s.rule): limits[s.pool] * s.share for s in self.takes.subs}
        limits |= dict(enumerate(who.number for who, _ in asking))
        rows = {name: place for place, name in enumerate(limits)}
        where: list[tuple[int, int]] = []
        uses: list[float] = []
        gain: list[float] = []
        for number, (who, open_paths) in enumerate(asking):
            for path in open_paths:
                column = len(gain)
                gain.append(path.meets)
                where.append((rows[number], column))
                uses.append(1.0)
                for service, share in zip(path.services, path.shares, strict=True):
                    if service not in pool_of:
                        continue
                    pool = pool_of[service]
                    drawn = [pool.id, *((pool.id, rule) for rule in who.rules)]
                    for name in drawn:
                        if name in rows:
                            where.append((rows[name], column))
                            uses.append(share * pool.load(run))
        if not gain:
            return 0.0
        below = sparse.csr_array((uses, tuple(zip(*where, strict=True))), (len(rows), len(gain)))
        right = np.array(list(limits.values()))
        found = linprog(-np.array(gain), A_ub=below, b_ub=right, method="highs")
        assert found.status == 0, found.message
        return -float(found.fun)


@given(questions())
@examples(8)
def test_the_cascade_is_that_of_a_reckoning_that_merges_nothing(question: Question) -> None:
    pack = small_pack(question.tables)
    plain = Plain(pack, question)
    lost: dict[tuple[str, Reason], float] = {}
    asking = []
    whole = 0.0
    for who in plain.households():
        whole += who.number
        reason, open_paths = plain.reason(who)
        if reason is None:
            asking.append((who, open_paths))
        else:
            key = (str(who.tenure), reason)
            lost[key] = lost.get(key, 0.0) + who.number
    result = question.ask()
    rows = rows_of(result, "tenure")
    assert rows["demand"].sum() == pytest.approx(whole, abs=EXACT)
    early = (Reason.NOT_PROVIDED, Reason.NOT_ELIGIBLE, Reason.NOT_CONNECTED, Reason.OUT_OF_REACH)
    for tenure in rows.index:
        for reason in early:
            expected = lost.get((tenure, reason), 0.0)
            assert rows.at[tenure, reason] == pytest.approx(expected, abs=EXACT), (tenure, reason)
    slow = sum(number for (_, reason), number in lost.items() if reason is Reason.NO_ROOM)
    assert details(result).get(Detail.TOO_SLOW, 0.0) == pytest.approx(slow, abs=EXACT)
    near = EXACT * max(1.0, whole)
    assert rows["met"].sum() == pytest.approx(plain.most_met(asking), abs=near)


@given(questions())
@examples(6)
def test_a_wider_goal_or_a_further_pathway_never_helps_fewer(question: Question) -> None:
    """Safe asks less than settled, and both ways together offer all that each of them does."""
    met = {
        (goal, pathway): total(one_run(question.tables, question.run, goal=goal, pathway=pathway))
        for goal, pathway in (
            *((goal, question.pathway) for goal in Goal),
            *((question.goal, pathway) for pathway in Pathway),
        )
    }
    helped = {key: found.get("met", 0.0) for key, found in met.items()}
    near = EXACT * max(1.0, met[question.goal, Pathway.ANY].get("demand", 0.0))
    safe, settled = helped[Goal.SAFE, question.pathway], helped[Goal.SETTLED, question.pathway]
    assert safe >= settled - near
    for pathway in (Pathway.STAY, Pathway.MOVE):
        assert helped[question.goal, Pathway.ANY] >= helped[question.goal, pathway] - near


@given(questions())
@examples(8)
def test_no_pool_and_no_sub_capacity_gives_more_than_it_has(question: Question) -> None:
    cells = only_run(question.ask()).cells
    setting = cells.setting
    for pool in setting.pools:
        limit = pool.limit(question.run)
        assert cells.pool_use.get(pool.id, 0.0) <= limit * (1 + 1e-9), pool.id
    used = cells.allocation.used[len(setting.pools) :]
    limits = {pool.id: pool.limit(question.run) for pool in setting.pools}
    for sub, amount in zip(setting.eligibility.subs, used, strict=False):
        assert amount <= limits[sub.pool] * sub.share * (1 + 1e-9), sub


# Stages in order --------------------------------------------------------------------------


def obstacles() -> Tables:
    """Return a pack of 20 movers with every obstacle in their way at once."""
    tables = bare(20, move=1)
    set_shares(tables, "risk", high=1)
    serve(tables, "renting", "private_rented_access", 0, basis="moves", areas=(WARDS[0],))
    change(tables, "services", {"service_id": "renting"}, operating="no")
    answer(tables, "renting", "tenure_owned", "no")
    slow = {"wait_days_central": "2", "accepts_central": "0"}
    route(tables, "entry:police", "renting", known="no", **slow)
    route(tables, "renting", "home:private")
    return tables


def test_each_question_is_asked_only_of_what_passed_the_one_before() -> None:
    """With every obstacle the first counts; taken away one by one, the next comes to light."""
    tables = obstacles()
    police = {"from_id": "entry:police"}
    cleared = [
        ("not_provided", lambda: None),
        (
            "not_eligible",
            lambda: change(tables, "services", {"service_id": "renting"}, operating="yes"),
        ),
        ("not_connected", lambda: answer(tables, "renting", "tenure_owned", "yes")),
        ("out_of_reach", lambda: change(tables, "referral_routes", police, known="yes")),
        (
            "no_room",  # too slow
            lambda: tables["areas_served"].extend(
                tables["areas_served"][0] | {"area": ward} for ward in WARDS[1:]
            ),
        ),
        (
            "no_room",  # offered to nobody: nobody would take it up
            lambda: change(tables, "referral_routes", police, wait_days_central="1"),
        ),
    ]
    for reason, clear in cleared:
        clear()
        found = total(one_run(tables))
        if reason == "out_of_reach":  # ward 1, a third, is served, and the way is too slow
            assert found == pytest.approx({"demand": 20, reason: 40 / 3, "no_room": 20 / 3})
        else:
            assert found == pytest.approx({"demand": 20, reason: 20}), reason
    change(tables, "referral_routes", police, accepts_central="0.5")
    assert total(one_run(tables)) == pytest.approx({"demand": 20, "no_room": 20})
    change(tables, "capacity", {}, capacity_central="10")
    assert total(one_run(tables)) == pytest.approx(
        {"demand": 20, "met": 10, "met_as_wanted": 10, "not_taken_up": 10}, abs=EXACT
    )


@pytest.mark.parametrize("goal", Goal)
def test_services_without_any_route_are_a_result_and_no_failure(goal: Goal) -> None:
    """Pools and sub-capacities are there, and no route that uses them."""
    tables = bare(20, move=1, nrpf=0.5)
    serve(tables, "refuge", "refuge")
    assume(tables, "refuge", "units", 5, stay_days_central="73", occupancy_central="1")
    share = {"share_of": "vacancies", "status": "assumed", "source": "made up for tests"}
    add(tables, "acceptance_shares", kind="refuge", rule="nrpf", central="0.09", **share)
    assert total(one_run(tables, goal=goal)) == pytest.approx({"demand": 20, "not_connected": 20})


def test_a_district_without_a_service_is_a_result_and_no_failure() -> None:
    tables = bare(20, stay=0.3, move=0.5, leave=0.2)
    assert total(one_run(tables)) == pytest.approx({"demand": 20, "not_provided": 20})
    components = rows_of(one_run(tables), "component")
    assert components["not_provided"]["refuge_services"] == pytest.approx(16)


def test_the_stay_cascade_of_people_who_all_want_to_move_is_empty() -> None:
    tables = bare(20, move=1)
    serve(tables, "sanctuary", "sanctuary")
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    result = one_run(tables, pathway=Pathway.STAY)
    assert total(result) == {}
    assert len(rows_of(result, "tenure")) == 0


# Groupings --------------------------------------------------------------------------------


def test_a_further_column_of_groupings_is_a_level_that_coverage_and_services_know() -> None:
    """Primary care networks that cross the Places: ward 1 and 3 in one, ward 2 in the other."""
    tables = bare(24, move=1)
    for ward, network in zip(WARDS, ("Mill", "Moor", "Mill"), strict=True):
        column = {"primary_care_network": network, "primary_care_network_evidence": "made up"}
        change(tables, "groupings", {"ward_code": ward}, **column)
    serve(tables, "council_ta", "temporary_accommodation", areas=("Mill",))
    chain(tables, "entry:police", "council_ta")
    pack = small_pack(tables, checked=True)
    assert "primary_care_network" in [level.code for level in levels(pack)]
    rows = coverage_rows(model.run(pack), ["primary_care_network"])
    central = rows[rows["run"] == Run.CENTRAL].set_index("primary_care_network")
    assert central["demand"].to_dict() == pytest.approx({"Mill": 16, "Moor": 8})
    assert central["met"].to_dict() == pytest.approx({"Mill": 16, "Moor": 0})
    assert central["out_of_reach"]["Moor"] == pytest.approx(8)


# The model's entry ------------------------------------------------------------------------


def stayers() -> Pack:
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge", 10, basis="units")
    chain(tables, "entry:police", "refuge")
    set_parameter(tables, "arrivals_per_leaver", 0)
    return small_pack(tables)


def test_a_word_means_what_its_code_means() -> None:
    """A text equals its code, so that one must not stand for another answer in the cache."""
    pack = stayers()
    words = model.run(pack, Settings(goal="safe", pathway="move"))  # type: ignore[arg-type]
    codes = model.run(pack, Settings(goal=Goal.SAFE, pathway=Pathway.MOVE))
    assert words is codes
    assert totals(codes)["met"] == pytest.approx(10, abs=EXACT)
    settled = model.run(pack, Settings(goal=Goal.SETTLED, pathway=Pathway.MOVE))
    assert totals(settled)["met"] == 0
    with pytest.raises(ValueError, match="homely"):
        Settings(goal="homely")  # type: ignore[arg-type]


def test_an_answer_is_worked_out_once_for_each_pack_and_question() -> None:
    first, again = stayers(), stayers()
    assert first.digest == again.digest
    assert model.run(first) is model.run(again)
    assert model.run(first, Settings(local_risk=True)) is not model.run(first)
    other = small_pack(bare(21, move=1))
    assert totals(model.run(other))["demand"] == pytest.approx(21)


def test_the_reference_date_is_the_packs_unless_another_is_asked_for() -> None:
    tables = bare(20, stay=1)
    serve(tables, "sanctuary", "sanctuary", 20, basis="installations", closes_on="2026-12-31")
    chain(tables, "entry:police", "sanctuary", "home:stayed")
    pack = small_pack(tables)
    on = pack.info.reference_date
    assert model.run(pack).on == on
    # From 30 June to 31 December 2026 are 185 days: 20 × 185 ÷ 365.
    assert totals(model.run(pack))["met"] == pytest.approx(20 * 185 / 365, abs=EXACT)
    later = model.run(pack, Settings(on=on.replace(year=2027)))
    assert later.on.year == 2027
    assert totals(later)["not_provided"] == pytest.approx(20)
