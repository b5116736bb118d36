"""Results that are kept are those that would be worked out anew, whatever changed meanwhile."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing_map import model
from housing_map.memo import kept_by_level, kept_for
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.stance import BEST, MIDDLE, WORST, Draw, Listening, Pinned, Stance
from housing_map.tabulate import FIGURES, SUPPORTED, run_rows
from housing_map.vocabulary import Goal, Run, Sharing
from tests.drawn import examples, rich_tables
from tests.packs import Tables, add, change
from tests.worlds import answer, base_pack, set_parameter, set_shares, small_pack

BY_POOLS = frozenset({"capacity", "pool_assumptions"})
"""Tables of which what is kept takes only who shares a pool, which is a part of its key."""
SAME = 1e-9


def with_tables(pack: Pack, **frames: pd.DataFrame) -> Pack:
    """Return the pack with other tables, as a scenario makes it: the rest is shared."""
    return replace(pack, tables={**pack.tables, **frames})


# Kept by table ------------------------------------------------------------------------------------


class Counted:
    """Work that counts how often it is done."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, pack: Pack, more: int = 0, *, label: str = "") -> tuple[int, int, str]:
        self.times += 1
        return len(pack["services"]), more, label


def counting(*tables: str, size: int = 16) -> tuple[Counted, Callable[..., object]]:
    work = Counted()

    def call(pack: Pack, more: int = 0, *, label: str = "") -> tuple[int, int, str]:
        return work(pack, more, label=label)

    return work, kept_for(*tables, size=size)(call)


def test_a_result_is_kept_while_its_tables_live_whatever_becomes_of_others() -> None:
    work, kept = counting("services")
    pack = base_pack()
    other = with_tables(pack, capacity=pack["capacity"].head(1))
    assert kept(pack) is kept(pack)
    assert kept(other) is kept(pack)
    assert work.times == 1
    fewer = with_tables(pack, services=pack["services"].head(2))
    assert kept(fewer) == (2, 0, "")
    assert kept(pack) == (len(pack["services"]), 0, "")
    assert work.times == 2


def test_a_table_that_looks_the_same_but_is_another_is_asked_anew() -> None:
    work, kept = counting("services")
    kept(base_pack())
    kept(with_tables(base_pack(), services=base_pack()["services"].copy()))
    assert work.times == 2


def test_other_arguments_are_other_results() -> None:
    _, kept = counting("services")
    pack = base_pack()
    size = len(pack["services"])
    assert [kept(pack), kept(pack, 1), kept(pack, 1, label="a"), kept(pack, label="a")] == [
        (size, 0, ""), (size, 1, ""), (size, 1, "a"), (size, 0, "a"),
    ]  # fmt: skip


def test_the_parts_of_a_pack_beside_its_tables_count_too() -> None:
    work, kept = counting("info", "layers", "nothing_by_this_name")
    pack = base_pack()
    kept(pack)
    kept(replace(pack, info=pack.info.model_copy(update={"title": "Other"})))
    kept(replace(pack, layers=dict(pack.layers)))
    assert work.times == 3
    kept(with_tables(pack, services=pack["services"].head(1)))
    assert work.times == 3


def test_the_results_kept_are_the_last_that_were_asked_for() -> None:
    work, kept = counting("services", size=2)
    pack = base_pack()
    for more in (1, 2, 1, 3):  # 1 was asked for after 2, so 2 goes
        kept(pack, more)
    assert work.times == 3
    kept(pack, 1)
    assert work.times == 3
    kept(pack, 2)
    assert work.times == 4


def test_work_that_fails_is_not_kept() -> None:
    calls = []

    def failing(pack: Pack) -> int:
        calls.append(pack)
        if len(calls) == 1:
            raise ValueError
        return 7

    kept = kept_for("services")(failing)
    with pytest.raises(ValueError, match=r"^$"):
        kept(base_pack())
    assert kept(base_pack()) == 7


# What structure reads -----------------------------------------------------------------------------


class Watched(Mapping[str, pd.DataFrame]):
    """Tables that note which of them were asked for."""

    def __init__(self, tables: Mapping[str, pd.DataFrame]) -> None:
        self.inner, self.read = tables, set[str]()

    def __getitem__(self, name: str) -> pd.DataFrame:
        self.read.add(name)
        return self.inner[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.inner)

    def __len__(self) -> int:
        return len(self.inner)


def watched(tables: Tables) -> tuple[Pack, Watched]:
    """Return a pack without layers of which nothing is kept, with notes on what is read of it."""
    pack = small_pack(tables)
    watching = Watched({name: frame.copy() for name, frame in pack.tables.items()})
    return replace(pack, tables=watching, layers={}), watching


def kept_tables(kept: object) -> set[str]:
    """Tables that a function kept by :func:`kept_for` names."""
    assert callable(kept)
    return set(inspect.getclosurevars(kept).nonlocals["tables"])


@pytest.mark.parametrize("run", Run)
@pytest.mark.parametrize(("goal", "sharing"), list(zip(Goal, Sharing, strict=True)))
def test_every_table_that_the_structure_of_a_run_reads_is_named_where_it_is_kept(
    goal: Goal, run: Run, sharing: Sharing
) -> None:
    """Somebody who reads one more table has to name it, or a scenario changes nothing."""
    pack, watching = watched(every_table())
    settings = Settings(goal, local_risk=True, sharing=sharing, needs_odds_ratio=2)
    model._structure(pack, settings, run)
    named = kept_tables(model._kept_structure)
    assert {"services", "referral_routes", "household_shares"} <= watching.read
    assert watching.read - BY_POOLS <= named


@pytest.mark.parametrize(
    "kept", [function for function in vars(model).values() if hasattr(function, "__wrapped__")]
)
def test_what_the_model_keeps_by_table_names_the_tables_it_reads(kept: object) -> None:
    if "tables" not in inspect.getclosurevars(kept).nonlocals or kept is model._kept_structure:  # type: ignore[arg-type]
        return
    pack, watching = watched(every_table())
    kept.__wrapped__(pack)  # type: ignore[attr-defined]
    assert watching.read <= kept_tables(kept)


def every_table() -> Tables:
    """Return the rich pack with a row in each table that may be empty, and companions."""
    tables = rich_tables()
    source = {"status": "assumed", "source": "made up"}
    add(
        tables, "circumstance_pairs", circumstance_a="mental_health", circumstance_b="male",
        central="0.06", **source,
    )  # fmt: skip
    change(tables, "services", {"service_id": "refuge_two"}, used_with="idva")
    return tables


CHANGES: dict[str, Callable[[Tables], object]] = {
    "areas_served": lambda t: change(t, "areas_served", {"service_id": "lettings"}, area="Alderby"),
    "eligibility": lambda t: answer(t, "refuge_one", "mental_health", "no"),
    "acceptance_shares": lambda t: change(
        t, "acceptance_shares", {"kind": "refuge"}, central="0.5"
    ),
    "referral_routes": lambda t: change(
        t, "referral_routes", {"from_id": "idva", "to_id": "refuge_one"}, known="no"
    ),
    "lsoa_facts": lambda t: change(
        t, "lsoa_facts", {"lsoa_code": "E01999001"}, rents_council="300"
    ),
    "tenure_calibration": lambda t: change(
        t, "tenure_calibration", {"tenure": "owned"}, households="5000000"
    ),
    "household_shares": lambda t: set_shares(t, "aim", stay=0.7, move=0.2, leave=0.1),
    "circumstance_pairs": lambda t: change(
        t, "circumstance_pairs", {"circumstance_a": "mental_health"}, central="0.09"
    ),
    "parameters": lambda t: set_parameter(t, "district_share_of_england_population", 0.2),
    "delivery_points": lambda t: change(
        t, "delivery_points", {"service_id": "options"}, lon="-1.4", lat="53.9"
    ),
    "services": lambda t: change(t, "services", {"service_id": "refuge_two"}, operating="no"),
    "capacity": lambda t: change(t, "capacity", {"service_id": "lettings"}, capacity_central="11"),
    "pool_assumptions": lambda t: change(
        t, "pool_assumptions", {"kind": "refuge"}, capacity_central="8"
    ),
}
STANCES: tuple[Stance, ...] = (Run.CENTRAL, Pinned({"capacity:pool:sanctuary": 0.9}))


@pytest.mark.parametrize("table", CHANGES)
def test_a_table_that_changes_alone_changes_the_answer_as_if_nothing_had_been_kept(
    table: str,
) -> None:
    tables = every_table()
    pack = small_pack(tables)
    settings = Settings(Goal.SETTLED)
    for stance in STANCES:
        model.run_one(pack, settings, stance)
    CHANGES[table](tables)
    fresh = small_pack(tables)
    scenario = with_tables(pack, **{table: fresh[table]})
    for stance in STANCES:
        before, after, anew = (figures(one, settings, stance) for one in (pack, scenario, fresh))
        pd.testing.assert_series_equal(after, anew, rtol=0, atol=SAME)
        assert (before - anew).abs().max() > 1e-3, "the change changes the answer"


def figures(pack: Pack, settings: Settings, stance: Stance) -> "pd.Series[float]":
    """Figures by tenure and risk in one long column."""
    one = model.run_one(pack, settings, stance)
    shell = model.Result(pack, settings, pack.info.reference_date, {})
    rows = run_rows(shell, one, ["tenure", "risk", "aim"])
    table = rows.set_index(["tenure", "risk", "aim"])[[*FIGURES, SUPPORTED]]
    return table.melt(ignore_index=False).set_index("variable", append=True)["value"]


def unkept(pack: Pack) -> Pack:
    """Return the pack with parts that nothing is kept for."""
    return replace(pack, tables={name: frame.copy() for name, frame in pack.tables.items()})


@pytest.mark.parametrize("run", Run)
@pytest.mark.parametrize("sharing", Sharing)
def test_a_change_of_capacities_alone_gives_the_answer_worked_out_from_scratch(
    run: Run, sharing: Sharing
) -> None:
    """More, a report where there was an assumption, and one less."""
    tables = every_table()
    pack = small_pack(tables)
    settings = Settings(Goal.SETTLED, sharing=sharing)
    model.run_one(pack, settings, run)
    for service, cells in (
        ("lettings", {"capacity_central": "60"}),
        ("sanctuary_one", {"capacity_central": "3"}),
        ("refuge_one", {"capacity_central": "", "stay_days_central": ""}),
    ):
        change(tables, "capacity", {"service_id": service}, **cells)
        fresh = small_pack(tables)
        scenario = with_tables(pack, capacity=fresh["capacity"])
        pd.testing.assert_series_equal(
            figures(scenario, settings, run), figures(fresh, settings, run), rtol=0, atol=SAME
        )


# Kept by level ------------------------------------------------------------------------------------


def test_a_result_comes_back_when_all_levels_it_asked_for_are_the_same() -> None:
    asked: list[Stance] = []

    def work(_pack: Pack, settings: str, stance: Stance) -> tuple[str, float]:
        asked.append(stance)
        assert not isinstance(stance, Run)
        found = stance.level("a")
        return settings, found + (stance.level("b") if found > MIDDLE else 0)

    kept = kept_by_level(work)
    pack = base_pack()
    assert kept(pack, "s", Pinned({"a": 0.2})) == ("s", 0.2)
    assert kept(pack, "s", Pinned({"a": 0.2, "b": 0.9})) == ("s", 0.2)  # b was not asked
    assert len(asked) == 1
    assert kept(pack, "t", Pinned({"a": 0.2})) == ("t", 0.2)
    assert kept(unkept(pack), "s", Pinned({"a": 0.2})) == ("s", 0.2)
    assert len(asked) == 3
    assert kept(pack, "s", Pinned({"a": 0.7, "b": 0.1})) == ("s", 0.7 + 0.1)
    assert kept(pack, "s", Pinned({"a": 0.7, "b": 0.2})) == ("s", 0.7 + 0.2)
    assert len(asked) == 5


def test_a_run_is_never_taken_for_a_stance() -> None:
    """A figure of which nobody knows the worse end is central in every run, not in a draw."""

    def work(_pack: Pack, _settings: str, stance: Stance) -> str:
        return str(stance) if isinstance(stance, Run) else str(stance.level("a"))

    kept = kept_by_level(work)
    pack = base_pack()
    found = [kept(pack, "s", stance) for stance in (Pinned(), Run.CENTRAL, Pinned(), *Run)]
    assert found == ["0.5", "central", "0.5", *(str(run) for run in Run)]


def rangy() -> Tables:
    """Return the rich pack with ranges and unknowns everywhere a level may be asked."""
    tables = every_table()
    change(tables, "services", {"service_id": "refuge_two"}, operating="unknown")
    change(tables, "services", {"service_id": "lettings_two"}, operating="unknown")
    change(
        tables, "referral_routes", {"from_id": "idva", "to_id": "refuge_one"}, known="unknown",
        accepts_low="0.4", accepts_central="0.6", accepts_high="0.9",
    )  # fmt: skip
    change(
        tables, "referral_routes", {"from_id": "refuge_one", "to_id": "lettings"}, known="depends"
    )
    change(
        tables, "referral_routes", {"from_id": "options", "to_id": "refuge_one"},
        wait_days_low="0", wait_days_central="5", wait_days_high="9",
    )  # fmt: skip
    for key, low, high in (
        ("elsewhere_success", "0.2", "0.9"), ("travel_threshold_min", "5", "40"),
        ("district_share_of_england_population", "0.05", "0.2"), ("max_wait_days_high", "1", "8"),
    ):  # fmt: skip
        change(tables, "parameters", {"key": key}, low=low, high=high)
    change(tables, "acceptance_shares", {"kind": "refuge"}, low="0.02", high="0.4")
    change(tables, "household_shares", {"dimension": "risk", "code": "high"}, low="0.1", high="0.5")
    change(
        tables, "household_shares", {"dimension": "circumstance", "code": "male"},
        low="0.05", high="0.2",
    )  # fmt: skip
    change(tables, "capacity", {"service_id": "lettings"}, capacity_low="10", capacity_high="50")
    return tables


RANGY = rangy()
PACK = small_pack(RANGY)
SETTLED = Settings(Goal.SETTLED)


def heard(pack: Pack) -> list[str]:
    listening = Listening()
    model.run_one(pack, SETTLED, listening)
    return list(listening.asked)


KEYS = heard(unkept(PACK))


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(KEYS), st.sampled_from([WORST, 0.2, 0.8, BEST]), max_size=3
        ),
        min_size=1,
        max_size=2,
    )
)
@examples(6)
def test_pinned_stances_agree_with_a_run_of_which_nothing_was_kept(
    several: list[dict[str, float]],
) -> None:
    for levels in several:
        stance = Pinned(levels)
        pd.testing.assert_series_equal(
            figures(PACK, SETTLED, stance),
            figures(unkept(PACK), SETTLED, stance),
            rtol=0,
            atol=SAME,
        )


def test_listening_hears_the_same_keys_whatever_was_kept_before() -> None:
    """Also keys that only some other answer makes worth asking: those it must not hear."""
    expected = sorted(KEYS)
    assert {key.partition(":")[0] for key in expected} >= {
        "capacity", "operating", "takes", "route", "accepts", "wait_days", "share", "share_of",
    }  # fmt: skip
    assert sorted(heard(PACK)) == expected
    for before in (Pinned(), Draw(1, 1), Pinned({"operating:refuge_two": WORST}), Draw(1, 2)):
        model.run_one(PACK, SETTLED, before)
        assert sorted(heard(PACK)) == expected
    for before in (*Run, Pinned({KEYS[0]: BEST}), Pinned({KEYS[-1]: WORST})):
        model.run_one(PACK, SETTLED, before)
        assert sorted(heard(PACK)) == expected
