"""The referral graph: conditions, paths against networkx, and what merging keeps."""

from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map.provision import open_services, pools
from housing_map.referral import (
    ANYBODY,
    Condition,
    Path,
    build_graph,
    distinct_paths,
    find_paths,
    merge_routes,
)
from housing_map.vocabulary import (
    STAGE_ORDER,
    Aim,
    Entry,
    Goal,
    Pathway,
    Right,
    Risk,
    Run,
    Stage,
    Tenure,
)
from tests.packs import Tables, base_tables, change
from tests.worlds import bare, chain, route, serve, small_pack

RUNS = (Run.CAUTIOUS, Run.CENTRAL, Run.OPTIMISTIC)


def graph_of(tables: Tables, run: Run = Run.CENTRAL, default: float = 1) -> "nx.MultiDiGraph[str]":
    pack = small_pack(tables)
    return build_graph(pack, open_services(pack, pack.info.reference_date, run), run, default)


def paths_of(tables: Tables, goal: Goal = Goal.SETTLED, run: Run = Run.CENTRAL) -> list[Path]:
    return find_paths(graph_of(tables, run), goal)


def nodes(path: Path) -> tuple[str, ...]:
    return (path.steps[0].source, *(step.target for step in path.steps))


CONDITIONS = st.builds(
    Condition,
    st.frozensets(st.sampled_from(Tenure), max_size=2),
    st.frozensets(st.sampled_from(Right), max_size=2),
    st.frozensets(st.sampled_from(Risk), max_size=2),
    st.frozensets(st.sampled_from(Aim), max_size=2),
)
HOUSEHOLDS = [(t, r, k, a) for t in Tenure for r in Right for k in Risk for a in Aim]


@given(CONDITIONS, CONDITIONS)
def test_both_admits_exactly_those_whom_each_condition_admits(
    one: Condition, other: Condition
) -> None:
    common = one.both(other)
    wanted = [h for h in HOUSEHOLDS if one.admits(*h) and other.admits(*h)]
    assert [h for h in HOUSEHOLDS if common is not None and common.admits(*h)] == wanted
    assert (common is None) == (not wanted)


def test_both_of_a_few_conditions() -> None:
    """Owners and social tenants have nobody in common; anybody takes nothing away."""
    owned = Condition(tenures=frozenset({Tenure.OWNED}))
    social = Condition(tenures=frozenset({Tenure.COUNCIL, Tenure.ASSOCIATION}))
    high = Condition(risks=frozenset({Risk.HIGH}))
    assert owned.both(social) is None
    assert owned.both(ANYBODY) == ANYBODY.both(owned) == owned
    assert owned.both(high) == Condition(owned.tenures, risks=high.risks)


def tangled() -> Tables:
    """Return a pack with a loop among advisers, a way back, and paths of several lengths."""
    tables = base_tables()
    chain(tables, "options", "idva", "options")
    chain(tables, "refuge_one", "idva")
    chain(tables, "refuge_one", "sanctuary_one")
    chain(tables, "lettings", "home:private")
    chain(tables, "entry:health", "refuge_one")
    return tables


def test_settled_paths_are_the_simple_paths_that_never_go_back_a_stage() -> None:
    graph = graph_of(tangled())
    order = {node: STAGE_ORDER.get(graph.nodes[node]["stage"], -1) for node in graph}
    forward: nx.DiGraph[str] = nx.DiGraph(
        (a, b) for a, b in graph.edges() if order[b] >= order[a] >= 0
    )
    homes = [n for n in forward if graph.nodes[n]["stage"] is Stage.HOME]
    starts = [n for n in forward if graph.nodes[n]["stage"] is Stage.ENTRY]
    expected = sorted(
        tuple(path) for start in starts for path in nx.all_simple_paths(forward, start, homes)
    )
    assert len(expected) > 10
    assert sorted(nodes(path) for path in find_paths(graph, Goal.SETTLED)) == expected


def test_safe_paths_end_at_the_first_safe_place() -> None:
    """A direct letting has no safe place before the home, and ends there."""
    found = sorted(nodes(path) for path in paths_of(base_tables(), Goal.SAFE))
    assert found == [
        ("entry:housing_options", "options", "lettings", "home:social"),
        ("entry:housing_options", "options", "refuge_one"),
        ("entry:police", "idva", "elsewhere"),
        ("entry:police", "idva", "refuge_one"),
        ("entry:police", "idva", "sanctuary_one"),
    ]


def test_pathways_tell_staying_moving_and_leaving_apart() -> None:
    found = {(path.anchor, path.end): path.pathway for path in paths_of(base_tables())}
    assert found == {
        ("refuge_one", "home:social"): Pathway.MOVE,
        ("lettings", "home:social"): Pathway.MOVE,
        ("sanctuary_one", "home:stayed"): Pathway.STAY,
        ("elsewhere", "home:elsewhere"): None,
    }


def test_a_path_that_no_household_can_take_is_not_there() -> None:
    tables = bare(move=1)
    serve(tables, "refuge_x", "refuge")
    route(tables, "entry:police", "refuge_x", tenures="owned")
    route(tables, "refuge_x", "home:social", tenures="council_rent;association_rent")
    assert not paths_of(tables)
    change(tables, "referral_routes", {"from_id": "refuge_x"}, tenures="council_rent;owned")
    (path,) = paths_of(tables)
    assert path.condition == Condition(tenures=frozenset({Tenure.OWNED}))


def lossy() -> Tables:
    """Return one path, idva then refuge then home, on which offers are lost at every step."""
    tables = bare(move=1)
    serve(tables, "adviser", "idva")
    serve(tables, "refuge_x", "refuge", 5, basis="units")
    first = {"accepts_central": "0.9", "succeeds_central": "0.8", "wait_days_central": "2"}
    then = {"accepts_central": "0.5", "succeeds_central": "0.75", "wait_days_central": "5"}
    last = {"accepts_central": "0.6", "succeeds_central": "0.7", "wait_days_central": "40"}
    route(tables, "entry:police", "adviser", **first)
    route(tables, "adviser", "refuge_x", **then)
    route(tables, "refuge_x", "home:social", **last)
    return tables


def test_one_offer_is_met_declined_or_failed_step_by_step() -> None:
    (path,) = paths_of(lossy())
    after_one, after_two = 0.9 * 0.8, 0.9 * 0.8 * 0.5 * 0.75
    assert path.shares == pytest.approx((after_one, after_two))
    assert path.meets == pytest.approx(after_two * 0.6 * 0.7)
    assert path.declined == pytest.approx(0.1 + after_one * 0.5 + after_two * 0.4)
    assert path.failed == pytest.approx(0.9 * 0.2 + after_one * 0.5 * 0.25 + after_two * 0.6 * 0.3)
    assert path.meets + path.declined + path.failed == pytest.approx(1)


def test_the_wait_counts_up_to_the_safe_place() -> None:
    (path,) = paths_of(lossy())
    assert (path.anchor, path.wait_days) == ("refuge_x", 7)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("goal", list(Goal))
def test_what_becomes_of_an_offer_sums_to_one_on_every_path(run: Run, goal: Goal) -> None:
    tables = tangled()
    for number, row in enumerate(tables["referral_routes"]):
        row |= {"accepts_low": "0.3", "accepts_central": str(0.4 + number / 50)}
        row |= {"succeeds_central": str(0.9 - number / 50), "succeeds_high": "0.95"}
    found = paths_of(tables, goal, run)
    assert found
    for path in found:
        assert path.meets + path.declined + path.failed == pytest.approx(1, abs=1e-12)
        assert len(path.shares) == len(path.services)


def test_each_run_takes_its_end_of_a_step() -> None:
    tables = lossy()
    ends = {"accepts_low": "0.2", "accepts_high": "0.8"}
    ends |= {"wait_days_low": "1", "wait_days_high": "9"}
    change(tables, "referral_routes", {"from_id": "adviser"}, **ends)
    steps = [paths_of(tables, run=run)[0].steps[1] for run in RUNS]
    assert [(s.accepts, s.wait_days) for s in steps] == [(0.2, 9), (0.5, 5), (0.8, 1)]


@pytest.mark.parametrize(
    ("known", "default", "there"),
    [
        ("yes", 0, [True, True, True]),
        ("no", 1, [False, False, False]),
        ("depends", 0, [False, True, True]),
        ("unknown", 0, [False, False, True]),
        ("unknown", 0.49, [False, False, True]),
        ("unknown", 0.5, [False, True, True]),
        ("unknown", 1, [False, True, True]),
    ],
)
def test_a_route_is_there_by_what_is_known_of_it(
    known: str, default: float, there: list[bool]
) -> None:
    tables = lossy()
    change(tables, "referral_routes", {"from_id": "adviser"}, known=known)
    graphs = [graph_of(tables, run, default) for run in RUNS]
    assert [graph.has_edge("adviser", "refuge_x") for graph in graphs] == there


def twins() -> list[Path]:
    """Return two paths alike in all but the adviser on the way, who has no capacity."""
    return paths_of(twins_tables())


def twins_tables() -> Tables:
    tables = bare(move=1)
    serve(tables, "quick", "idva")
    serve(tables, "slow", "idva")
    serve(tables, "refuge_x", "refuge", 5, basis="units")
    for adviser, days in (("quick", "1"), ("slow", "9")):
        route(tables, "entry:police", adviser, wait_days_central=days)
        route(tables, adviser, "refuge_x")
    route(tables, "refuge_x", "home:social")
    return tables


def test_of_paths_that_nobody_can_tell_apart_the_shortest_wait_stays() -> None:
    paths = twins()
    assert sorted(path.wait_days for path in paths) == [1, 9]
    for given_order in (paths, paths[::-1]):
        (kept,) = distinct_paths(given_order, frozenset(), [])
        assert kept.services == ("quick", "refuge_x")


def test_paths_through_a_service_that_some_cannot_use_all_stay() -> None:
    assert len(distinct_paths(twins(), frozenset({"quick"}), [])) == 2


def test_paths_from_other_entries_stay() -> None:
    paths = twins()
    moved = replace(paths[0], entry=Entry.HEALTH)
    assert len(distinct_paths([*paths, moved], frozenset(), [])) == 2


def test_steps_without_capacity_collapse_into_one_route() -> None:
    tables = lossy()
    pack = small_pack(tables)
    found = pools(pack, open_services(pack, pack.info.reference_date, Run.CENTRAL))
    (route_found,) = merge_routes(twins(), found)
    assert route_found.pools == (("refuge_x", 1.0),)
    assert route_found.paths == (0, 1)
    assert route_found.pathway is Pathway.MOVE
    assert (route_found.meets, route_found.steps) == (1, 3)


def test_paths_with_other_shares_stay_apart_as_routes() -> None:
    paths = twins()
    other = replace(paths[1], meets=0.5, declined=0.5)
    assert len(merge_routes([paths[0], other], [])) == 2


def test_the_members_of_a_pool_make_one_route_with_the_sum_of_their_use() -> None:
    """The small pack: adviser then sanctuary, of which the adviser has its own capacity."""
    pack = small_pack(base_tables())
    found = pools(pack, open_services(pack, pack.info.reference_date, Run.CENTRAL))
    routes = merge_routes(paths_of(base_tables()), found)
    assert {route.pools for route in routes} == {
        (("idva", 1.0), ("pool:sanctuary", 1.0)),
        (("idva", 1.0), ("lettings", 0.8), ("refuge_one", 0.8)),
        (("idva", 1.0),),
        (("lettings", 0.8), ("refuge_one", 0.8)),
        (("lettings", 1.0),),
    }


# Companions, support and order --------------------------------------------------------------------


def accompanied(used_with: str = "support", **cells: str) -> Tables:
    """Return the lossy path, with support beside the refuge."""
    tables = lossy()
    change(tables, "services", {"service_id": "refuge_x"}, used_with=used_with, **cells)
    for name in ("support", "visiting"):
        serve(tables, name, "wider_support", 50)
    return tables


def test_a_companion_stands_after_its_bed_and_is_used_by_as_many() -> None:
    (plain,), (path,) = paths_of(lossy()), paths_of(accompanied())
    assert path.services == ("adviser", "refuge_x", "support")
    assert path.shares == (*plain.shares, plain.shares[1])
    assert (path.meets, path.declined, path.failed) == (plain.meets, plain.declined, plain.failed)
    assert (path.anchor, path.wait_days, path.end) == ("refuge_x", 7, "home:social")


def test_each_companion_is_a_path_of_its_own_and_without_any_there_is_none() -> None:
    found = paths_of(accompanied("support;visiting;nobody"))
    assert sorted(path.services[2] for path in found) == ["support", "visiting"]
    assert not paths_of(accompanied("nobody"))


def test_a_companion_that_is_on_the_way_already_is_used_once() -> None:
    (path,) = paths_of(accompanied("adviser"))
    assert path.services == ("adviser", "refuge_x")


def test_two_services_with_companions_make_every_pair_of_them() -> None:
    tables = accompanied("support;visiting")
    serve(tables, "homes", "social_letting", 9, basis="lettings")
    change(tables, "services", {"service_id": "homes"}, used_with="visiting;support")
    tables["referral_routes"] = [
        row for row in tables["referral_routes"] if row["from_id"] != "refuge_x"
    ]
    chain(tables, "refuge_x", "homes", "home:social")
    found = {path.services for path in paths_of(tables)}
    assert found == {
        ("adviser", "refuge_x", "support", "homes"),
        ("adviser", "refuge_x", "visiting", "homes"),
        ("adviser", "refuge_x", "support", "homes", "visiting"),
        ("adviser", "refuge_x", "visiting", "homes", "support"),
    }


def test_a_path_gives_the_specialist_support_of_all_on_it() -> None:
    """General support, such as s1, everybody gets: it tells no path from another."""
    tables = accompanied(support_types="s1;s6")
    change(tables, "services", {"service_id": "support"}, support_types="s5b;s9")
    (path,) = paths_of(tables)
    assert path.supports == {"s5b", "s6"}


def test_paths_and_routes_that_differ_in_support_stay_apart() -> None:
    paths = twins()
    other = replace(paths[1], supports=frozenset({"s6"}))
    assert len(distinct_paths([paths[0], other], frozenset(), [])) == 2
    assert len(merge_routes([paths[0], other], [])) == 2


def test_of_paths_alike_the_one_kept_has_the_earliest_place_in_the_order() -> None:
    paths = twins()
    quick, slow = sorted(paths, key=lambda path: path.wait_days)
    quick, slow = replace(quick, order=(7, 1, 1)), replace(slow, order=(2, 9, 1))
    for given_order in ([quick, slow], [slow, quick]):
        (kept,) = distinct_paths(given_order, frozenset(), [])
        assert (kept.services, kept.order) == (quick.services, (2, 9, 1))


def test_steps_are_tried_by_the_column_order_and_those_without_last() -> None:
    tables = twins_tables()
    change(tables, "referral_routes", {"to_id": "slow"}, order="1")
    orders = {path.services[0]: path.order[0] for path in paths_of(tables)}
    assert orders["slow"] == 1 < orders["quick"]
