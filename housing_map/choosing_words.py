"""The best set in plain sentences: what is in it, whether it is proved, whom it leaves out.

Everything here is text; callers escape it where it goes into HTML or Markdown. Costs are for the
restricted view, and so is what hangs on one service: see ``publishable`` where it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from housing_map.candidates import Objective
from housing_map.cells import records
from housing_map.change_terms import COUNTS, UNITS, WHO
from housing_map.kinds import KINDS
from housing_map.left_out import LABELS, reason_words
from housing_map.plans import EXACT
from housing_map.vocabulary import CapacityBasis
from housing_map.words import about, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from housing_map.candidates import Ask, Candidate
    from housing_map.cells import Row
    from housing_map.choosing import Chosen
    from housing_map.frontier import Frontier, Order
    from housing_map.left_out import LeftOut
    from housing_map.model import Settings
    from housing_map.needed import Provision
    from housing_map.robustness import Survival

_TOLD: Final = 0.05
"""Households a year that are worth a sentence."""
_SURE: Final = 0.9
_DOUBTFUL: Final = 0.5
_WHAT: Final = {"tenure": "By home before", "risk": "By risk", "need": "By need"}


def budget(ask: Ask) -> str:
    """Say a budget.

    >>> from housing_map.candidates import Ask
    >>> budget(Ask(gbp_a_year=300000)), budget(Ask(units=1)), budget(Ask())
    ('for £300,000 a year', 'for 1 unit', 'whatever it takes')
    """
    said = [] if ask.gbp_a_year is None else [f"£{ask.gbp_a_year:,.0f} a year"]
    if ask.units is not None:
        said.append(f"{ask.units:,.6g} {'unit' if ask.units == 1 else 'units'}")
    return f"for {joined(said)}" if said else "whatever it takes"


def more(further: float, *, publishable: bool = False) -> str:
    """Say how many more households a year are helped.

    >>> more(50.7), more(0.2), more(1.0), more(-3.0)
    ('51 more households a year', 'less than one more household a year',
     '1 more household a year', '3 fewer households a year')
    """
    if publishable:
        return f"{about(further)} more households a year"
    number, sign = round(abs(further)), "more" if further >= 0 else "fewer"
    if number == 0:
        return f"less than one {sign} household a year" if abs(further) > EXACT else "nobody more"
    return f"{number:,} {sign} {'household' if number == 1 else 'households'} a year"


def answer(
    ask: Ask, chosen: Chosen, candidates: Sequence[Candidate], *, publishable: bool = False
) -> list[str]:
    """Say the set, what it does and whether it is proved."""
    labels = [one.label for one in candidates if one.id in chosen.ids]
    listed = "; ".join(labels) if any("," in label for label in labels) else joined(labels)
    which = "Best" if chosen.bound is not None else "A first answer, step by step,"
    said = []
    if not labels:
        said.append(f"Nothing on the list that is allowed {budget(ask)} helps anybody more.")
    else:
        does = more(chosen.further, publishable=publishable)
        said.append(f"{which} {budget(ask)}: {listed}: {does}.")
    said.append(proof(chosen))
    if not publishable and labels:
        said.append(takes(chosen))
    said += fairness(ask, chosen)
    return [sentence for sentence in said if sentence]


def weighed(settings: Settings) -> str:
    """Say that figures are not households where some count more; nothing where none does.

    >>> from housing_map.model import Settings
    >>> weighed(Settings(weights=(("nrpf", 3.0),)))
    'Weighted: of people with no recourse to public funds each household counts 3. Figures of the \
best set are sums of such counts, and not households.'
    """
    said = [f"of {WHO[rule]} each household counts {weight:g}" for rule, weight in settings.weights]
    if not said:
        return ""
    return (
        f"Weighted: {joined(said)}. Figures of the best set are sums of such counts, and not "
        "households."
    )


def takes(chosen: Chosen) -> str:
    """Say what a set costs and brings; a cost that nobody has given is asked for."""
    unit = "place" if chosen.units == 1 else "places"
    places = f"It brings {chosen.units:,.6g} {unit}" if chosen.units else "It brings no new places"
    if chosen.cost_gbp_a_year is None:
        return f"{places}. What it costs is not known: somebody has to say what each part costs."
    cost = chosen.cost_gbp_a_year
    if cost < 0:
        return f"{places} and saves £{-cost:,.0f} a year."
    return f"{places} and costs £{cost:,.0f} a year."


def proof(chosen: Chosen) -> str:
    """Say how far it is proved that nothing allowed does better."""
    if chosen.bound is None:
        behind = "" if chosen.keeps_floors else " It lets some group fall below its floor."
        return f"Whether something allowed does better has not been asked.{behind}"
    if chosen.proved:
        return "Proved: nothing allowed does better."
    short = chosen.bound - chosen.met
    if short <= EXACT:
        # It is the lowest share that may be higher, at another price in the total.
        return f"Not proved ({chosen.status}): something allowed may be fairer."
    return (
        f"Not proved ({chosen.status}): something allowed may do better, by {short:,.1f} "
        f"households a year at most, {chosen.gap or 0.0:.1%} of the most that can be."
    )


def fairness(ask: Ask, chosen: Chosen) -> list[str]:
    """Say how far the worst off are raised, and what floors and fairness take from the total."""
    said = []
    if ask.objective is Objective.FAIR and chosen.lowest is not None:
        said.append(
            f"Of all that is allowed it raises the lowest share met by {ask.fair_by} the furthest: "
            f"to {chosen.lowest:.0%}."
            if chosen.fairest
            else f"It raises the lowest share met by {ask.fair_by} to {chosen.lowest:.0%}; at most "
            f"{chosen.highest or 1.0:.0%} can be."
        )
    given_up = chosen.shared - chosen.met
    if given_up > _TOLD:
        said.append(
            f"That is with every group at its floor. The model's own sharing, which looks at no "
            f"floor, would help {given_up:,.1f} households a year more with the same places, and "
            "others."
        )
    return said


# Whom it leaves out -----------------------------------------------------------------------


def left_out_lines(found: LeftOut, *, publishable: bool = False) -> list[str]:
    """Name whom a set leaves out: of each sort of group those with the least share met first."""
    said: list[str] = []
    rows = [row for row in records(found.rows) if row["left"] > EXACT]
    for what in dict.fromkeys(str(row["what"]) for row in rows):
        named = [row for row in rows if row["what"] == what]
        reasons = {str(row["reason"]) for row in named}
        groups = [_left(row, why=len(reasons) > 1, publishable=publishable) for row in named]
        why = f": {reason_words(reasons.pop(), 1.0)}" if len(reasons) == 1 else ""
        said.append(f"{_WHAT.get(what, 'By area')}, left out{why}: {'; '.join(groups)}.")
    if not publishable:
        said += below_lines(found)
    return said


def _left(row: Row, *, why: bool, publishable: bool) -> str:
    reason = f" ({reason_words(str(row['reason']), float(row['reason_left']))})" if why else ""
    if publishable:
        return f"{row['name']}, {about(float(row['left']))}{reason}"
    return f"{row['name']}, {row['left']:,.1f} a year, {row['share_met']:.0%} met{reason}"


def below_lines(found: LeftOut) -> list[str]:
    """Name groups that the model's own sharing leaves below their floor."""
    return [
        f"{row['name']} ends below its floor by the model's own sharing: "
        f"{row['share_met']:.1%} met in the place of {row['floor']:.1%}, "
        f"{row['short']:,.1f} households a year. The plan keeps it: whoever gives places out has "
        "to see to it."
        for row in records(found.below)
    ]


# Frontier, order, survival ----------------------------------------------------------------


def frontier_lines(found: Frontier, candidates: Sequence[Candidate]) -> list[str]:
    """Say each point of the frontier."""
    names = {one.id: one.label for one in candidates}
    said = []
    for point in found.points:
        spent = f"£{point.spent:,.0f} a year" if found.money else f"{point.spent:,.6g} units"
        inside = "; ".join(names[one] for one in point.best.ids) or "nothing"
        proved = "" if point.best.proved else " (not proved)"
        said.append(f"{spent}: {inside}: {more(point.best.further)}{proved}.")
    if not found.complete:
        said.append("The search stopped here: there are points for smaller budgets as well.")
    return said


def order_lines(found: Order) -> list[str]:
    """Say what to do first, and what the order costs at each step."""
    said, before = [], found.before
    for number, step in enumerate(found.steps, 1):
        spent = f"£{step.spent:,.0f} a year" if found.money else f"{step.spent:,.6g} units"
        behind = (
            f" {step.regret:,.1f} fewer than the best set for as much."
            if step.regret > _TOLD
            else " No set does better for as much."
        )
        said.append(
            f"{number}. {step.label}: by then {spent} and {more(step.met - before)}.{behind}"
        )
    if found.steps and not found.exact:
        said.append("Put together step by step: another order may help more on the way.")
    return said


def survival_lines(found: Survival, candidates: Sequence[Candidate]) -> list[str]:
    """Say how often each candidate is chosen when assumptions vary."""
    names = {one.id: one.label for one in candidates}
    said = []
    for one, share in sorted(found.shares.items(), key=lambda pair: (-pair[1], pair[0])):
        sure = (
            "worth doing whatever the truth"
            if share >= _SURE
            else "hangs on figures that somebody could be asked for"
            if share >= _DOUBTFUL
            else "seldom the best use"
        )
        said.append(f"{names[one]}: chosen in {share:.0%} of {found.draws} draws, {sure}.")
    if found.failed:
        said.append(f"In {found.failed} draws no set was allowed: they count as choosing nothing.")
    return said


# Need to provision ------------------------------------------------------------------------


def needed_lines(found: Provision) -> list[str]:
    """Say the least provision for the share of need that was asked."""
    said = [
        f"To meet {found.share:.0%} of need in every group, beside all that there is: "
        f"{joined([*_new(found)]) or 'nothing more'}."
    ]
    short = [
        f"{_group(row)}, {row['met_share']:.0%}" for row in records(found.groups) if row["short"]
    ]
    if short:
        said.append(
            "Not so far, since not every offer is taken up or comes off, or services that are not "
            f"opened here bind: {'; '.join(short)}."
        )
    said.append(
        f"{found.met:,.0f} of {found.demand:,.0f} household-episodes a year would be met. Parts of "
        "places are an estimate of scale: round up."
    )
    return said


def _new(found: Provision) -> Iterator[str]:
    for row in records(found.places):
        new = float(row["new"])
        if new <= _TOLD:
            continue
        kind, basis = str(row["kind"]), CapacityBasis(row["basis"])
        words = UNITS.get(kind) if basis is CapacityBasis.UNITS else None
        _, many = words or COUNTS[basis]
        named = many if words else f"{many} ({KINDS[kind].label})"
        yield f"{new:,.1f} more {named} (there are {row['now']:,.4g})"


def _group(row: Row) -> str:
    what, which = str(row["what"]), str(row["which"])
    return LABELS.get(what, {}).get(which, which)
