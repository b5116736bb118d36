"""Whom each service takes, rule by rule, and what an unknown rule means in each run.

The answer to a rule becomes a number from 0 (refuses) to 1 (takes):

=========  ========  =======================================  ==========
answer     cautious  central                                  optimistic
=========  ========  =======================================  ==========
yes        1         1                                        1
no         0         0                                        0
depends    0         1                                        1
unknown    0         likelier answer                          1
=========  ========  =======================================  ==========

Where a national share is published for an unknown rule, a service that shares a pool takes
that share in every run (at its worse or better end where a range is known); a service with
its own capacity takes the likelier answer, in the central run. A share below 1 averaged over
the members of a pool is a **sub-capacity**: at most that share of the pool can go to such
households (9.1 per cent of refuge vacancies take people with no recourse to public funds).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from housing_map.cells import records
from housing_map.parameters import Figure, Register, triad
from housing_map.stance import MIDDLE, holds
from housing_map.vocabulary import CIRCUMSTANCES, RULES, Aim, Answer, Right, Risk, Run, Tenure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from housing_map.pack import Pack
    from housing_map.provision import Pool, Service
    from housing_map.stance import Stance

_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class SubCapacity:
    """At most ``share`` of a pool's capacity can go to households with ``rule``."""

    pool: str
    rule: str
    share: float


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Answers of a run: ``refused`` lists (service, rule) pairs; ``subs`` the sub-capacities."""

    refused: frozenset[tuple[str, str]]
    subs: tuple[SubCapacity, ...]

    def refusing_rules(self, service: str, rules: Iterable[str]) -> tuple[str, ...]:
        """Rules among ``rules`` for which ``service`` refuses, in the order given."""
        return tuple(rule for rule in rules if (service, rule) in self.refused)


def topic(rule: str) -> str:
    """Return the question that a rule is an answer to: one question settles several rules.

    Levels of one thing (children, sons, mobility, age) are one question, and so are tenure,
    right to occupy, risk, and needs for support with mental health, drugs, alcohol or offending.
    """
    if rule in CIRCUMSTANCES:
        return SUPPORT_NEEDS if rule in _NEEDS else CIRCUMSTANCES[rule].level_of or rule
    return rule.partition("_")[0]


SUPPORT_NEEDS: Final = "support_needs"
_NEEDS: Final = frozenset({"mental_health", "drugs", "alcohol", "offending"})


@lru_cache(maxsize=1024)
def base_rules(tenure: Tenure, right: Right, risk: Risk, aim: Aim) -> tuple[str, ...]:
    """Rules every household of this description meets, whatever its circumstances."""
    origin = "from_elsewhere" if aim is Aim.ARRIVE else "from_inside"
    return (f"tenure_{tenure}", f"right_{right}", f"risk_{risk}", origin)


def answers(pack: Pack) -> dict[tuple[str, str], Answer]:
    """Return the answers given, by (service, rule). A pair that is absent is unknown."""
    table = pack["eligibility"]
    return {
        (str(service), str(rule)): Answer(answer)
        for service, rule, answer in zip(
            table["service_id"], table["rule"], table["answer"], strict=True
        )
    }


def national_shares(pack: Pack) -> dict[tuple[str, str], Figure]:
    """Return published shares of vacancies or services that take a circumstance.

    They are by kind of service and rule.
    """
    return {
        (str(row["kind"]), str(row["rule"])): triad(
            row, "", worse_when="low", key=f"share:{row['kind']}:{row['rule']}", unit="share"
        )
        for row in records(pack["acceptance_shares"])
    }


def taken_share(
    answer: Answer,
    national: Figure | None,
    *,
    pooled: bool,
    run: Stance,
    default: float,
    key: str = "",
) -> float:
    """Return what one answer means in a run, from 0 to 1 (see the table of this module).

    ``default`` is what the central run makes of an unknown rule with no national share, and
    ``key`` names the question for a draw, which answers yes or no.
    """
    if answer in {Answer.YES, Answer.NO}:
        return float(answer is Answer.YES)
    likely = 1.0 if answer is Answer.DEPENDS else default
    if answer is Answer.UNKNOWN and national is not None:
        share = national.at(Run.CENTRAL if isinstance(run, Run) and not pooled else run)
        if pooled:
            return share
        chance = max(share, 1 - share)
        return float(holds(run, key, likelier=share >= _HALF, chance=chance))
    if run is Run.CENTRAL or (not isinstance(run, Run) and run.level(key) == MIDDLE):
        return likely
    return float(holds(run, key, likelier=likely >= _HALF))


def eligibility(
    pack: Pack, services: Sequence[Service], pools: Sequence[Pool], register: Register, run: Stance
) -> Eligibility:
    """Work out refusals and sub-capacities of a run for every rule of the vocabulary."""
    given = answers(pack)
    shares = national_shares(pack)
    default = register.at("unknown_rule_central", run)
    shared = {member for pool in pools if pool.shared for member in pool.members}
    refused: set[tuple[str, str]] = set()
    taken: dict[tuple[str, str], float] = {}
    for service in services:
        for rule in RULES:
            value = taken_share(
                given.get((service.id, rule), Answer.UNKNOWN),
                shares.get((service.kind.code, rule)),
                pooled=service.id in shared,
                run=run,
                default=default,
                key=f"takes:{service.id}:{topic(rule)}",
            )
            taken[service.id, rule] = value
            if value <= 0:
                refused.add((service.id, rule))
    subs = []
    for pool in pools:
        for rule in RULES:
            share = sum(taken[member, rule] for member in pool.members) / len(pool.members)
            if 0 < share < 1:
                subs.append(SubCapacity(pool.id, rule, share))
    return Eligibility(frozenset(refused), tuple(subs))
