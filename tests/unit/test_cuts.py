"""Cut sets, against every subset tried one by one."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from housing_map import cuts, patterns
from housing_map.model import Result
from housing_map.patterns import Patterns
from housing_map.vocabulary import Goal
from tests.drawn import Question, examples, questions
from tests.worlds import EXACT, bare, chain, one_run, only_run, serve

FAMILIES = st.frozensets(st.frozensets(st.sampled_from("abcdefg"), max_size=4), max_size=7)


def brute_force(family: frozenset[frozenset[str]], largest: int) -> frozenset[frozenset[str]]:
    """All minimal sets that hit a family, by trying every set of up to ``largest``."""
    things = sorted({thing for one in family for thing in one})
    hitting: list[frozenset[str]] = []
    for size in range(1, largest + 1):
        for members in map(frozenset, combinations(things, size)):
            smaller = any(known <= members for known in hitting)
            if family and not smaller and all(one & members for one in family):
                hitting.append(members)
    return frozenset(hitting)


@given(FAMILIES, st.integers(1, 4))
@examples(300)
def test_hitting_sets_are_those_that_brute_force_finds(
    family: frozenset[frozenset[str]], largest: int
) -> None:
    assert cuts.hitting_sets(family, largest) == brute_force(family, largest)


def test_nothing_cuts_a_way_that_cannot_be_lost_nor_households_without_any() -> None:
    assert cuts.hitting_sets([frozenset("a"), frozenset()]) == frozenset()
    assert cuts.hitting_sets([]) == frozenset()


def found_in(result: Result) -> Patterns:
    return patterns.patterns(result.pack, only_run(result).cells.setting)


def each(found: Patterns) -> dict[str, frozenset[str]]:
    return {s: frozenset({s}) for s in found.losable}


def two_refuges_one_landlord() -> Patterns:
    """One adviser, two refuges, and one landlord whom both depend on to move on."""
    tables = bare(move=1)
    serve(tables, "adviser", "idva")
    serve(tables, "haven", "refuge", 5, basis="units")
    serve(tables, "harbour", "refuge", 5, basis="units")
    serve(tables, "lettings", "social_letting", 5, basis="lettings")
    chain(tables, "entry:police", "adviser", "haven", "lettings", "home:social")
    chain(tables, "adviser", "harbour", "lettings")
    return found_in(one_run(tables, goal=Goal.SETTLED))


def test_single_points_of_failure_come_first() -> None:
    found = two_refuges_one_landlord()
    cut = cuts.cut_sets(found, each(found))
    assert [one.members for one in cut] == [("adviser",), ("lettings",), ("harbour", "haven")]
    assert all(abs(one.losing - 20) < EXACT for one in cut)
    assert all(abs(one.only_together - 20) < EXACT for one in cut)


def test_an_organisation_takes_all_its_services_with_it() -> None:
    found = two_refuges_one_landlord()
    bodies = {
        "aid": frozenset({"haven", "harbour"}),
        "council": frozenset({"lettings"}),
        "idle": frozenset({"nothing on a route"}),
    }
    assert [one.members for one in cuts.cut_sets(found, bodies)] == [("aid",), ("council",)]


def test_those_cut_off_by_less_are_counted_as_losing_but_not_as_only_together() -> None:
    """Owners can use either refuge, everybody else one of them."""
    tables = bare(move=1)
    serve(tables, "haven", "refuge", 5, basis="units")
    serve(tables, "harbour", "refuge", 5, basis="units")
    serve(tables, "adviser", "idva")
    chain(tables, "entry:police", "adviser", "haven")
    chain(tables, "adviser", "harbour")
    tables["referral_routes"][-1]["risks"] = "high"
    tables["household_shares"] = [
        row for row in tables["household_shares"] if row["dimension"] != "risk"
    ] + [
        {"dimension": "risk", "code": code, "central": share, "status": "assumed",
         "source": "made up for tests"}
        for code, share in (("high", "0.25"), ("standard", "0.75"))
    ]  # fmt: skip
    found = found_in(one_run(tables, goal=Goal.SAFE))
    by_members = {one.members: one for one in cuts.cut_sets(found, each(found))}
    assert set(by_members) == {("adviser",), ("haven",), ("harbour", "haven")}
    assert abs(by_members["haven",].losing - 15) < EXACT
    assert abs(by_members["harbour", "haven"].losing - 20) < EXACT
    assert abs(by_members["harbour", "haven"].only_together - 5) < EXACT


@given(questions())
@examples(25)
def test_cut_sets_of_a_pack_are_those_that_brute_force_finds(question: Question) -> None:
    """Try every loss of up to three services; count whom it strands and a smaller one does not."""
    found = found_in(question.ask())
    units = each(found)
    expected: dict[tuple[str, ...], tuple[float, float]] = {}
    for size in (1, 2, 3):
        for members in combinations(sorted(units), size):
            stranded = found.stranded(members)
            only = stranded.copy()
            for left_out in members:
                only &= ~found.stranded([m for m in members if m != left_out])
            if only.any():
                whole = float(found.households[stranded].sum())
                expected[members] = (whole, float(found.households[only].sum()))
    got = {one.members: (one.losing, one.only_together) for one in cuts.cut_sets(found, units)}
    assert set(got) == set(expected)
    for members, (whole, only_together) in expected.items():
        assert abs(got[members][0] - whole) < 1e-9
        assert abs(got[members][1] - only_together) < 1e-9
