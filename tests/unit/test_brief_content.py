"""The brief: what is proposed, for whom, at what cost, and what each view may say."""

from datetime import date
from functools import cache

import pytest

from housing_map.brief.comparing import comparison_brief
from housing_map.brief.content import PAGES, PUBLISHABLE, RESTRICTED
from housing_map.brief.optimum import optimum_brief
from housing_map.brief.swings import swings
from housing_map.candidates import Ask, Candidate, candidate
from housing_map.changes import AddService, ChangeDemand, CloseService, EndFunding, Resize
from housing_map.choosing import Choosing, as_scenario
from housing_map.documents.blocks import Bars, Document, Heading, Paragraph, Table, spans
from housing_map.documents.page import write_html
from housing_map.documents.pdf import extent
from housing_map.effects import Comparison, compare
from housing_map.errors import UsageError
from housing_map.model import Settings
from housing_map.pack import Pack
from housing_map.paired import draw_pairs
from housing_map.robustness import Survival
from housing_map.scenario import Scenario
from housing_map.vocabulary import Goal
from tests.scenarios import GRANT, rich_pack
from tests.worlds import bare, chain, serve, small_pack

SETTLED = Settings(goal=Goal.SETTLED)
HOMES = AddService(
    service_id="new_homes",
    name="Rose Lodge",
    kind="dispersed",
    like="refuge_one",
    capacity=6,
    town="Alderby",
)
MORE = Resize(pool="refuge_one", by=2, note="The provider has two rooms empty")
PRICED = MORE.model_copy(update={"cost_gbp_a_year": 40_000.0, "cost_gbp_once": 8_000.0})
GONE = CloseService(service_id="nowhere")
ENDS = EndFunding(stream=GRANT, on=date(2027, 3, 31))


def scenario(*changes: object, name: str = "More rooms") -> Scenario:
    return Scenario.model_validate({"name": name, "goal": "settled", "changes": changes})


def comparison(*scenarios: Scenario) -> Comparison:
    return compare(rich_pack(), scenarios, SETTLED)


def words(document: Document) -> str:
    """All words of a brief, as a reader of the page meets them."""
    return write_html(document).split("<main>", 1)[1]


def below(document: Document, heading: str) -> str:
    """Return the words under one heading."""
    part = words(document).split(f">{heading}</h2>", 1)[1]
    return part.split("<h2", 1)[0]


def headings(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Heading)]


# One scenario -----------------------------------------------------------------------------


def test_a_brief_says_what_is_proposed_for_whom_at_what_cost_and_how_sure() -> None:
    made = comparison_brief(comparison(scenario(PRICED)))
    assert headings(made) == [
        "What is proposed",
        "Whom it helps, and whom it leaves out",
        "What it costs",
        "What it rests on",
        "What would change the answer",
    ]
    assert made.notice == RESTRICTED
    first = made.blocks[0]
    assert isinstance(first, Paragraph)
    assert "".join(span.text for span in spans(first.words)).startswith("Modelled estimate")
    assert "2 more refuge units" in below(made, "What is proposed")
    assert "two rooms empty" in below(made, "What is proposed")
    assert made.on == rich_pack().info.reference_date
    assert rich_pack().digest[:12] in made.footer


def test_figures_of_a_brief_add_up_to_those_who_seek_help() -> None:
    found = comparison(scenario(PRICED))
    made = comparison_brief(found)
    (bars,) = [block for block in made.blocks if isinstance(block, Bars)]
    demand = float(found.baseline[found.run].cells.demand.sum())
    assert sum(sum(row.values) for row in bars.rows) == pytest.approx(demand)


def test_a_cost_that_nobody_has_given_is_asked_for_by_name() -> None:
    said = below(comparison_brief(comparison(scenario(MORE))), "What it costs")
    assert "not given a year" in said
    assert "Nobody has given the cost of +2 refuge units" in said
    assert "not known until costs are given" in said
    assert "&#163;" not in said
    assert "£" not in said


def test_costs_are_divided_between_partners_only_where_their_shares_are_given() -> None:
    found = comparison(scenario(PRICED))
    alone = below(comparison_brief(found), "What it costs")
    assert "£40,000 a year" in alone
    assert "nobody has given them" in alone
    shared = comparison_brief(found, pooled={"Council": 0.75, "Health": 0.25})
    said = below(shared, "What it costs")
    assert "£30,000" in said
    assert "£10,000" in said
    assert "nobody has given them" not in said
    with pytest.raises(UsageError, match="sum to 1"):
        comparison_brief(found, pooled={"Council": 0.5})


def test_what_does_not_apply_is_said_with_the_reason() -> None:
    made = comparison_brief(comparison(scenario(GONE, PRICED)))
    assert "it does not apply" in below(made, "What is proposed")
    assert "nowhere" in below(made, "What it rests on")


def test_more_demand_is_not_credited_with_a_price() -> None:
    made = comparison_brief(comparison(scenario(ChangeDemand(times=1.2))))
    assert "Nothing in it has a cost" in below(made, "What it costs")
    assert "would ask for help" in words(made).split("<h2", 1)[0]


# Two views --------------------------------------------------------------------------------


@pytest.mark.parametrize("scenarios", [1, 2])
def test_a_publishable_brief_names_no_provider_town_cost_or_day_money_ends(scenarios: int) -> None:
    plans = [scenario(HOMES, PRICED, ENDS, name="Rose Lodge in spring"), scenario(ENDS)]
    found = comparison(*plans[:scenarios])
    restricted, published = comparison_brief(found), comparison_brief(found, publishable=True)
    assert "Rose Lodge" in words(restricted)
    assert "Alderby" in words(restricted)
    assert "£40,000" in words(restricted) or scenarios > 1
    said = words(published) + published.title + published.description
    names = {str(name) for name in rich_pack()["services"]["name"]}
    for secret in ("Rose Lodge", "Alderby", "£", "40,000", GRANT, "March", "two rooms", *names):
        assert secret not in said, secret
    assert published.notice == PUBLISHABLE
    assert "What it costs" not in headings(published)


def test_no_share_of_need_can_be_worked_out_from_a_publishable_brief() -> None:
    made = comparison_brief(comparison(scenario(PRICED)), publishable=True)
    assert not [block for block in made.blocks if isinstance(block, Bars)]
    assert "seek help" not in words(made)
    for table in (block for block in made.blocks if isinstance(block, Table)):
        assert all(row[-1].endswith(("more", "fewer", "no change")) for row in table.rows)


# Several ----------------------------------------------------------------------------------


def test_scenarios_stand_beside_each_other_in_one_table() -> None:
    plans = (scenario(PRICED, name="Plan A"), scenario(HOMES, name="Plan B"))
    made = comparison_brief(comparison(*plans))
    tables = [block for block in made.blocks if isinstance(block, Table)]
    assert [row[0] for row in tables[0].rows] == ["1. Plan A", "2. Plan B"]
    assert tables[0].rows[0][-2:] == ("£40,000", "£8,000")
    assert tables[0].rows[1][-2:] == ("not given", "not given")
    assert tables[1].headers == ("Households a year", "1", "2")


def test_a_brief_has_two_pages_however_much_there_is_to_say() -> None:
    note = "Words that go on and on " * 8
    many = [PRICED.model_copy(update={"note": note[:200]}) for _ in range(60)]
    one = comparison_brief(comparison(scenario(*many, name="A name " * 17)))
    assert extent(one) <= PAGES
    assert "listed in the file of the scenario" in words(one)
    plans = tuple(scenario(*many[:9], name=f"{'A long name ' * 9}{n}") for n in range(9))
    several = comparison_brief(comparison(*plans))
    assert extent(several) <= PAGES
    assert "For want of room not shown" in words(several)


def test_a_brief_is_the_same_each_time() -> None:
    found = comparison(scenario(PRICED, HOMES))
    assert comparison_brief(found) == comparison_brief(found)


def test_a_brief_needs_a_scenario_and_draws_of_its_own() -> None:
    with pytest.raises(UsageError, match="one scenario or more"):
        comparison_brief(comparison())
    other = draw_pairs(rich_pack(), [scenario(name="Other")], SETTLED, [()], numbers=range(10))
    with pytest.raises(UsageError, match="draws are of other scenarios"):
        comparison_brief(comparison(scenario(PRICED)), paired=other)


# What would change the answer ---------------------------------------------------------------


def test_draws_say_how_sure_the_direction_is() -> None:
    plan = scenario(PRICED)
    paired = draw_pairs(rich_pack(), [plan], SETTLED, [(), ("need",)], numbers=range(10))
    made = comparison_brief(comparison(plan), paired=paired)
    assert "Of 10 draws, eight in ten say" in below(made, "What would change the answer")


def test_a_question_that_moves_both_alike_does_not_swing_the_difference() -> None:
    found = comparison(scenario(PRICED))
    moved = swings(rich_pack(), SETTLED, found.outcome(1).applied)
    assert list(moved) == sorted(moved, key=lambda one: (-round(one.moves, 4), one.question.id))
    assert all(one.moves > 0 for one in moved)
    nothing = compare(rich_pack(), [scenario()], SETTLED)
    assert swings(rich_pack(), SETTLED, nothing.outcome(1).applied) == ()
    said = below(comparison_brief(found, swings=moved), "What would change the answer")
    assert moved[0].question.text[:20] in said.replace("&#39;", "'")
    none = below(comparison_brief(found, swings=()), "What would change the answer")
    assert "no single open question" in none


# An optimum ---------------------------------------------------------------------------------


@cache
def one_refuge() -> Pack:
    """Twenty households who wish to move, and a refuge with too few units for them."""
    tables = bare(20, move=1)
    serve(tables, "refuge", "refuge", 6, basis="units")
    chain(tables, "entry:police", "refuge", "home:social")
    return small_pack(tables)


def options() -> tuple[Candidate, ...]:
    rooms = Resize(pool="refuge", by=2, cost_gbp_a_year=40_000)
    dear = HOMES.model_copy(
        update={
            "kind": "refuge", "like": "refuge", "stay_days": 365, "occupancy": 1,
            "cost_gbp_a_year": 900_000.0,
        }
    )  # fmt: skip
    return (candidate([rooms], "Two more rooms"), candidate([dear], "Rose Lodge in Alderby"))


def optimum(*, publishable: bool = False, survival: Survival | None = None) -> Document:
    ask = Ask(gbp_a_year=50_000, floors={})
    chosen = Choosing(one_refuge(), SETTLED, options(), ask).optimum()
    assert chosen.ids == ("Two more rooms",)
    plan = as_scenario(scenario(name="As now"), options(), chosen.ids, "Best set")
    found = compare(one_refuge(), [plan], SETTLED)
    return optimum_brief(found, options(), ask, chosen, publishable=publishable, survival=survival)


def test_a_brief_of_an_optimum_names_what_it_leaves_out_and_its_proof() -> None:
    made = optimum()
    table = next(block for block in made.blocks if isinstance(block, Table))
    assert table.rows == (
        ("Two more rooms", "yes", "2", "£40,000"),
        ("Rose Lodge in Alderby", "no", "6", "£900,000"),
    )
    said = below(made, "What is proposed")
    assert "no other set of these options" in said
    assert "no floors for groups" in said
    assert "within £50,000 a year" in made.title
    assert "has not been asked" in below(made, "What would change the answer")


def test_choices_that_hang_on_assumptions_are_named() -> None:
    shares = {"Two more rooms": 0.2, "Rose Lodge in Alderby": 0.7}
    made = optimum(survival=Survival(shares, 20, 1, (3.0,), 2026))
    said = below(made, "What would change the answer")
    assert "yet chosen in fewer than half: </strong>Two more rooms" in said
    assert "Not proposed, yet chosen in half or more: </strong>Rose Lodge in Alderby" in said
    assert "In 1 of 20 draws no allowed set was found" in said


def test_a_publishable_optimum_gives_options_without_their_names_and_prices() -> None:
    said = words(made := optimum(publishable=True)) + made.title
    for secret in ("Rose Lodge", "Alderby", "£", "50,000", "900,000"):
        assert secret not in said, secret
    assert "Option 2" in said


def test_a_brief_of_an_optimum_refuses_what_was_not_a_candidate() -> None:
    ask = Ask(floors={})
    chosen = Choosing(one_refuge(), SETTLED, options()[:1], ask).optimum()
    found = compare(one_refuge(), [scenario(PRICED)], SETTLED)
    with pytest.raises(UsageError, match="made of the candidates"):
        optimum_brief(found, options()[1:], ask, chosen)
