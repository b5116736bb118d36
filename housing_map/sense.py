"""Does it make sense? Our figures beside published ones that measure the same thing.

A benchmark from which one of our figures was worked out is no check of it: it is listed with the
reason, and never shown as a comparison. What was worked out from what stands in
``derivations.csv``, so that a provider's own figure turns the comparison on by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from housing_map import demand, eligibility, tabulate, words
from housing_map.cells import records, text
from housing_map.comparison import Check, Topic, Unit, Yardstick
from housing_map.coverage import OUTCOMES
from housing_map.neighbours import districts, is_district, latest_quarters
from housing_map.origins import ACCEPTANCE, PARAMETERS, POOLS, Origins, end_taken
from housing_map.parameters import Register
from housing_map.vocabulary import (
    CIRCUMSTANCES,
    Aim,
    Answer,
    CapacityBasis,
    Reason,
    Run,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from housing_map.model import Result, RunResult
    from housing_map.pack import Pack
    from housing_map.provision import Pool

SCALING: Final = frozenset({"district_share_of_england_population"})
"""Parameters that only bring an English figure to the size of the district."""

_MOVERS: Final = frozenset({Aim.MOVE, Aim.ARRIVE})
"""Households for whom a refuge of the district is a candidate."""
_BEHIND_SEEKERS: Final = (
    "national_households_supported",
    "national_households_unable_to_be_supported",
    "arrivals_per_leaver",
    "leave_share_of_movers",
    "stay_share",
)
_BEHIND_OFFERS: Final = "take_up_of_offers"
_WEAKEST: Final = (
    Status.UNKNOWN,
    Status.ASSUMED,
    Status.DERIVED,
    Status.PUBLISHED,
    Status.LOCAL_RETURN,
)


def checks(result: Result) -> list[Check]:
    """Every benchmark of sense that the pack has figures for, in the order of topics.

    Formulas are in each check's ``basis``; sources in its ``yardstick``.
    """
    asked = _Asked(result)
    found = [
        *_refuge_places(asked),
        *_mix(asked),
        *_turned_away(asked),
        *_vacancies(asked),
        *_odds(asked),
        *_high_risk(asked),
        *_homelessness(asked),
    ]
    return [check for check in found if check.yardstick.value > 0]


# What a figure rests on --------------------------------------------------------------------


class _Asked:
    """A result with what every check reads of it."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.pack: Pack = result.pack
        self.register = Register(self.pack[PARAMETERS])
        self.origins = Origins.of(self.pack)
        rows = records(self.pack[PARAMETERS])
        self.periods = {str(row["key"]): text(row["period"]) for row in rows}
        self.assumed = {str(row["kind"]): row for row in records(self.pack[POOLS])}

    def knows(self, *keys: str) -> bool:
        """Whether the register holds a figure for every key."""
        figures = self.register.figures
        return all(key in figures and figures[key].known for key in keys)

    def yardstick(self, key: str, label: str, times: float = 1.0) -> Yardstick:
        """Take a parameter of the register, times a number, as a yardstick."""
        value = times * self.register.at(key, Run.CENTRAL)
        return Yardstick(label, value, self.register[key].source, self.periods[key], (key,))

    def pools(self, run: Run, *kinds: str, basis: CapacityBasis | None = None) -> list[Pool]:
        """Pools of the run, of the kinds and basis asked for; of every kind when none is."""
        return [
            pool
            for pool in self.result[run].cells.setting.pools
            if (not kinds or pool.kind.code in kinds) and (basis is None or pool.basis is basis)
        ]

    def behind_pool(self, pool: Pool, run: Run) -> frozenset[str]:
        """Parameters behind the capacity of a pool: none where its service has reported."""
        if not pool.shared:
            return frozenset()
        row = self.assumed[pool.kind.code]
        end = {Run.CAUTIOUS: "low", Run.CENTRAL: "central", Run.OPTIMISTIC: "high"}[run]
        written = end == "central" or row[f"capacity_{end}"] == row[f"capacity_{end}"]
        return self.origins.behind(POOLS, pool.kind.code, end if written else "central")

    def behind_parameter(self, key: str, run: Run) -> frozenset[str]:
        """Parameters behind the value that a parameter takes in a run, itself among them."""
        return self.origins.behind(PARAMETERS, key, end_taken(self.register[key], run))

    def compared(self, check: Check, behind: Mapping[Run, frozenset[str]]) -> Check:
        """Leave out the runs whose figure shares an origin with the yardstick, and say why."""
        keys = check.yardstick.keys
        roots = {one for key in keys for one in self.origins.behind(PARAMETERS, key)}
        shared = {run: (roots & behind[run]) - SCALING for run in check.ours}
        left = {run: value for run, value in check.ours.items() if not shared[run]}
        if Run.CENTRAL not in left:
            return replace(check, ours={}, excluded_because=self._because(shared[Run.CENTRAL]))
        caution = check.caution
        if len(left) < len(check.ours):
            caution = f"{caution} The runs left out take their figure from this one.".strip()
        return replace(check, ours=left, caution=caution)

    def _because(self, shared: Iterable[str]) -> str:
        labels = [self.register[key].label for key in sorted(shared)]
        named = words.joined([label[0].lower() + label[1:] for label in labels])
        return f"our figure was worked out from it, or from the same count ({named})"


def _amount(pools: Iterable[Pool], run: Run) -> float:
    """Sum the capacity of pools in their own basis, less what went with services that ended."""
    return sum(pool.amount(run) for pool in pools)


def _weakest(statuses: Iterable[Status]) -> Status:
    return min(statuses, key=_WEAKEST.index, default=Status.UNKNOWN)


# Refuge places and the mix -----------------------------------------------------------------


def _refuge_places(asked: _Asked) -> list[Check]:
    """Units against the standard, expected need and England's count."""
    share = "district_share_of_england_population"
    residents = float(asked.pack["lsoa_facts"]["residents"].sum())
    standard = "refuge_family_places_per_10k_population"
    found = []
    if asked.knows(standard):
        yard = asked.yardstick(
            standard, "One family place for every 10,000 residents", residents / 1e4
        )
        found.append(_places(asked, ("refuge",), "Family places in refuges", yard))
    for key, kinds, what, label in (
        (
            "expected_need_refuge_places_england",
            ("refuge",),
            "Family places in refuges",
            "Expected need by formula, at the district's share of people",
        ),
        (
            "england_refuge_bedspaces",
            ("refuge",),
            "Family places in refuges",
            "England's refuge bedspaces, at the district's share of people",
        ),
        (
            "expected_need_other_places_england",
            ("dispersed", "specialist_safe", "second_stage"),
            "Family places in safe homes other than refuge",
            "Expected need by formula, at the district's share of people",
        ),
    ):
        if asked.knows(key, share):
            yard = asked.yardstick(key, label, asked.register.at(share, Run.CENTRAL))
            found.append(_places(asked, kinds, what, yard))
    return [check for check in found if check is not None]


def _places(asked: _Asked, kinds: tuple[str, ...], what: str, yard: Yardstick) -> Check | None:
    """Compare the units of some kinds of accommodation with a yardstick; None without units."""
    pools = {run: asked.pools(run, *kinds, basis=CapacityBasis.UNITS) for run in Run}
    if not pools[Run.CENTRAL]:
        return None
    behind = {
        run: frozenset().union(*(asked.behind_pool(pool, run) for pool in pools[run]))
        for run in Run
    }
    caution = ""
    if SCALING & behind[Run.CENTRAL]:
        caution = (
            "Ours is an English figure at the district's share of people, so this says how "
            "England stands, not the district, until providers report."
        )
    check = Check(
        topic=Topic.REFUGE,
        what=what,
        unit=Unit.PLACES,
        ours={run: _amount(pools[run], run) for run in Run},
        status=_weakest(pool.status for pool in pools[Run.CENTRAL]),
        basis="Σ units",
        yardstick=yard,
        caution=caution,
    )
    return asked.compared(check, behind)


def _mix(asked: _Asked) -> list[Check]:
    """Share of each form of safe accommodation in what the district has, against England."""
    forms = ("refuge", "dispersed", "specialist_safe", "second_stage", "sanctuary")
    pools = {run: asked.pools(run, *forms) for run in Run}
    amounts = {run: _amount(pools[run], run) for run in Run}
    found = []
    for kind, key, label in (
        ("sanctuary", "national_sanctuary_share_of_units", "Sanctuary's share in England"),
        ("refuge", "national_refuge_share_of_units", "Refuge's share in England"),
    ):
        if not asked.knows(key) or amounts[Run.CENTRAL] <= 0:
            continue
        ours = {
            run: _amount((p for p in pools[run] if p.kind.code == kind), run) / amounts[run]
            for run in Run
            if amounts[run] > 0
        }
        check = Check(
            topic=Topic.MIX,
            what=f"{words.kind_label(kind).capitalize()} in the mix",
            unit=Unit.SHARE,
            ours=ours,
            status=_weakest(pool.status for pool in pools[Run.CENTRAL]),
            basis="its capacity ÷ (units of refuge and other safe homes + sanctuary installations)",
            yardstick=asked.yardstick(key, label),
            caution="Installations a year and homes do not measure the same thing.",
        )
        behind = {
            run: frozenset().union(*(asked.behind_pool(pool, run) for pool in pools[run]))
            for run in ours
        }
        found.append(asked.compared(check, behind))
    return found


# Who is turned away ------------------------------------------------------------------------


def _behind_outcomes(asked: _Asked) -> dict[Run, frozenset[str]]:
    """Parameters behind what becomes of the households who move, by run."""
    read = [key for key in (*_BEHIND_SEEKERS, _BEHIND_OFFERS) if key in asked.register.figures]
    return {
        run: frozenset().union(
            *(asked.behind_parameter(key, run) for key in read),
            *(asked.behind_pool(pool, run) for pool in asked.pools(run)),
        )
        for run in Run
    }


def _turned_away(asked: _Asked) -> list[Check]:
    """Share helped of those who move, and why the others were not, against refuge referrals."""
    ends = {run: _movers(asked.result[run]) for run in Run}
    if not all(end["demand"] > 0 for end in ends.values()):
        return []
    behind = _behind_outcomes(asked)
    status = _weakest(pool.status for pool in asked.pools(Run.CENTRAL))
    who = "households who move within the district or come to it"
    referrals = "Ours counts households and any safe place; theirs referrals to a refuge."
    unhelped = {run: end["demand"] - end["met"] for run, end in ends.items()}

    def share(part: str, of: Mapping[Run, float]) -> dict[Run, float]:
        return {run: ends[run][part] / of[run] for run in Run if of[run] > 0}

    everybody = {run: end["demand"] for run, end in ends.items()}
    rows: Sequence[tuple[str, str, dict[Run, float], str, str, str]] = (
        ("refuge_referral_success_share", "Helped, of those who ask for a place",
         share("met", everybody), f"met ÷ demand, {who}", "Referrals that succeed", referrals),
        ("refuge_referral_rejected_share", "Not helped, of those who ask for a place",
         share("unhelped", everybody), f"not met ÷ demand, {who}", "Referrals turned down",
         referrals),
        ("unsuccessful_reason_no_capacity", "No room, of those not helped",
         share("no_room", unhelped), f"no room ÷ not met, {who}",
         "Unsuccessful referrals: no bedspace, or no resources for the needs", referrals),
        ("unsuccessful_reason_cannot_meet_need", "Need not met, of those not helped",
         share("need", unhelped),
         "(not eligible + no room where the places open to such a household are full) ÷ not met, "
         + who, "Unsuccessful referrals: the refuge could not meet the needs", referrals),
        ("unsuccessful_reason_survivor_declined", "Not taken up, of those not helped",
         share("not_taken_up", unhelped), f"not taken up ÷ not met, {who}",
         "Unsuccessful referrals: the survivor did not take the place", referrals),
        ("national_unmet_share_households", "Could not be supported, of those who ask",
         share("turned_away", everybody), f"(not met − not taken up) ÷ demand, {who}",
         "Households in England who could not be supported",
         "A household refused twice may be counted twice in theirs."),
    )  # fmt: skip
    return [
        asked.compared(
            Check(Topic.TURNED_AWAY, what, Unit.SHARE, ours, status, basis,
                  asked.yardstick(key, label), caution),
            behind,
        )
        for key, what, ours, basis, label, caution in rows
        if asked.knows(key) and Run.CENTRAL in ours
    ]  # fmt: skip


def _movers(one: RunResult) -> dict[str, float]:
    """Say what becomes of the households who move or arrive, in household-episodes a year."""
    cells = one.cells
    kept = np.array([g.aim in _MOVERS for g in cells.setting.groups], dtype=bool)[cells.group]
    lost = {r: cells.outcomes[kept, OUTCOMES.index(r)] for r in Reason}
    few = cells.sub_drawn[kept][:, cells.sub_full].any(axis=1)
    wanted, met = float(cells.demand[kept].sum()), float(cells.met[kept].sum())
    declined = float(lost[Reason.NOT_TAKEN_UP].sum())
    return {
        "demand": wanted,
        "met": met,
        "unhelped": wanted - met,
        "turned_away": wanted - met - declined,
        "not_taken_up": declined,
        "no_room": float(lost[Reason.NO_ROOM].sum()),
        "need": float(lost[Reason.NOT_ELIGIBLE].sum() + lost[Reason.NO_ROOM][few].sum()),
    }


def _vacancies(asked: _Asked) -> list[Check]:
    """Share of refuge places open to a circumstance, against the national share."""
    given = eligibility.answers(asked.pack)
    found = []
    for row in records(asked.pack[ACCEPTANCE]):
        kind, rule = str(row["kind"]), str(row["rule"])
        name = f"{kind} {rule}"
        pools = asked.pools(Run.CENTRAL, kind)
        if not pools or rule not in CIRCUMSTANCES:
            continue
        value = row["central"]
        yard = Yardstick(
            f"Share of {row['share_of']} open to them in England",
            float(value),
            str(row["source"]),
            text(row["period"]),
            tuple(asked.origins.edges.get((ACCEPTANCE, name, "central"), ())),
        )
        unanswered = any(
            given.get((member, rule), Answer.UNKNOWN) is Answer.UNKNOWN
            for pool in pools
            for member in pool.members
        )
        open_to = {
            run: _open_share(asked, run, kind, rule) for run in Run if asked.pools(run, kind)
        }
        found.append(
            Check(
                topic=Topic.TURNED_AWAY,
                what=f"{words.kind_label(kind).capitalize()} places open to "
                f"{words.rule_phrase(rule)}",
                unit=Unit.SHARE,
                ours={} if unanswered else open_to,
                status=Status.ASSUMED if unanswered else _weakest(p.status for p in pools),
                basis="Σ capacity × share that takes them ÷ Σ capacity",
                yardstick=yard,
                excluded_because=(
                    "the national share stands in for what providers have not answered"
                    if unanswered
                    else ""
                ),
            )
        )
    return found


def _open_share(asked: _Asked, run: Run, kind: str, rule: str) -> float:
    """Share of the capacity of a kind that may go to households with a rule."""
    takes = asked.result[run].cells.setting.eligibility
    part = {sub.pool: sub.share for sub in takes.subs if sub.rule == rule}
    open_to = total = 0.0
    for pool in asked.pools(run, kind):
        refused = all((member, rule) in takes.refused for member in pool.members)
        amount = _amount([pool], run)
        total += amount
        open_to += amount * (0.0 if refused else part.get(pool.id, 1.0))
    return open_to / total if total > 0 else 0.0


def _odds(asked: _Asked) -> list[Check]:
    """How much a need lowers the chance of a safe place, against refuge referrals."""
    status = _weakest(pool.status for pool in asked.pools(Run.CENTRAL))
    behind = _behind_outcomes(asked)
    helped = {run: _helped_by_need(asked.result, run) for run in Run}
    found = []
    for key, rule, relative in (
        ("success_odds_ratio_alcohol_need", "alcohol", False),
        ("success_odds_ratio_offending_need", "offending", False),
        ("success_odds_ratio_minoritised_no_public_funds", "nrpf", False),
        ("success_relative_disabled", "disability", True),
        ("success_relative_pregnant", "pregnant", True),
    ):
        if not asked.knows(key):
            continue
        yard = asked.yardstick(key, asked.register[key].label)
        if relative:
            yard = replace(yard, value=1 + yard.value)
        ours = {
            run: _ratio(*helped[run][rule], odds=not relative) for run in Run if rule in helped[run]
        }
        check = Check(
            topic=Topic.TURNED_AWAY,
            what=f"{'Chance' if relative else 'Odds'} of help with and without: "
            f"{words.rule_label(rule)}",
            unit=Unit.RATIO,
            ours=ours,
            status=status,
            basis=(
                "share helped with ÷ share helped without"
                if relative
                else "odds of help with ÷ odds without"
            )
            + ", of households who move within the district or come to it",
            yardstick=yard,
            caution="Theirs is adjusted for other differences, and for Black or minoritised "
            "women without recourse."
            if rule == "nrpf"
            else "Theirs is adjusted for other differences.",
        )
        if Run.CENTRAL in ours:
            found.append(asked.compared(check, behind))
        elif rule not in asked.result[Run.CENTRAL].cells.setting.signatures.circumstances:
            found.append(
                replace(
                    check,
                    excluded_because="nobody has published how many households here have this "
                    "need, so the model has no figure for them",
                )
            )
    return found


def _helped_by_need(result: Result, run: Run) -> dict[str, tuple[float, float]]:
    """Share helped of the households who move, with and without each circumstance.

    One of which nobody without it is helped is left out: there is nothing to divide by.
    """
    only = tabulate.Filter(aims=_MOVERS)
    everybody = tabulate.totals(result, run, only=only)
    rows = tabulate.run_rows(result, result[run], ["need"], only=only).set_index("need")
    found = {}
    for need, demand_with, met_with in zip(rows.index, rows["demand"], rows["met"], strict=True):
        demand_without = everybody["demand"] - demand_with
        met_without = everybody["met"] - met_with
        if demand_with > 0 and demand_without > 0 and met_without > 0:
            found[str(need)] = (
                float(met_with / demand_with),
                float(met_without / demand_without),
            )
    return found


def _ratio(with_need: float, without: float, *, odds: bool) -> float:
    """Ratio of two shares, or of their odds."""
    if odds:
        with_need, without = (share / max(1 - share, 1e-12) for share in (with_need, without))
    return with_need / without


# High risk and homelessness ----------------------------------------------------------------


def _high_risk(asked: _Asked) -> list[Check]:
    """Cases at the multi-agency conference against the number to expect."""
    key = "marac_cases_per_10k_adult_women"
    table = asked.pack["ward_age_sex"]
    women = float(table.loc[table["sex"] == "females", "aged_18_plus"].sum())
    counts = [count for count in demand.local_counts(asked.pack) if count.key == "marac_cases"]
    if not asked.knows(key) or not counts or women <= 0:
        return []
    count = counts[0]
    yard = asked.yardstick(key, "40 cases for every 10,000 adult women", women / 1e4)
    check = Check(
        topic=Topic.HIGH_RISK,
        what="Cases at the multi-agency risk assessment conference (MARAC)",
        unit=Unit.CASES,
        ours=dict.fromkeys(Run, count.per_year),
        status=Status(count.row["status"]),
        basis=f"{count.count:,.0f} cases from {count.start:%B %Y} to {count.end:%B %Y}, a year",
        yardstick=yard,
        caution="A standard, not a count of need; more cases may mean better identification.",
    )
    return [asked.compared(check, dict.fromkeys(Run, frozenset()))]


def _homelessness(asked: _Asked) -> list[Check]:
    """Share of the households owed a duty who are victims, against region, England, neighbours."""
    areas = districts(asked.pack)
    ours = next((one for one in areas if one.code == asked.pack.info.district_code), None)
    if ours is None or ours.share is None:
        return []
    others = [one for one in areas if one is not ours and one.share is not None]
    local = [one for one in others if is_district(one)]
    yardsticks = [
        (one.name, one.victims, one.owed, one.missing) for one in others if one not in local
    ]
    if local:
        gaps = {quarter for one in local for quarter in one.missing}
        name = f"{words.counted(len(local)).capitalize()} districts around it"
        victims, owed = sum(one.victims for one in local), sum(one.owed for one in local)
        yardsticks.insert(0, (name, victims, owed, tuple(sorted(gaps))))
    quarters = latest_quarters(asked.pack)
    period = f"{quarters[0]} to {quarters[-1]}"
    found = []
    for name, victims, owed, missing in yardsticks:
        unknown = sorted({*missing, *ours.missing})
        check = Check(
            topic=Topic.HOMELESSNESS,
            what="Victims of domestic abuse among households owed a homelessness duty",
            unit=Unit.SHARE,
            ours=dict.fromkeys(Run, ours.share),
            status=Status.PUBLISHED,
            basis=f"{ours.victims:,.0f} of {ours.owed:,.0f} households, {period}",
            yardstick=Yardstick(
                name,
                victims / owed,
                "MHCLG statutory homelessness, detailed local authority tables",
                period,
            ),
            caution=(
                "Councils record reasons differently."
                + (f" No figures for {words.joined(unknown)}." if unknown else "")
            ),
        )
        found.append(check)
    return found
