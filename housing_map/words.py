"""Sentences: numbers as people say them, reasons, causes, conditions and headlines.

Plain English after the GOV.UK style. Everything here is text; callers escape it where it goes
into HTML or Markdown.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from housing_map import vocabulary as voc
from housing_map.kinds import KINDS
from housing_map.vocabulary import Detail, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from housing_map.gaps import Cause, Gap
    from housing_map.inventory import Inventory

PLANNING_ONLY: Final = (
    "For planning. Never decide a person's case, or refuse help, from this. "
    "Anyone in danger should ring 999."
)
ILLUSTRATION: Final = (
    "An illustration: refuges have not all told us their units, stays and refusals, so these "
    "shares rest on assumptions."
)
MODELLED: Final = "Modelled estimate"
FEW: Final = 5
"""Modelled households below this are shown as fewer than five."""

ABBREVIATIONS: Final = {
    "DRAMM": "daily risk assessment management meeting",
    "MARAC": "multi-agency risk assessment conference",
    "IDVA": "independent domestic violence adviser",
    "LSOA": "Lower-layer Super Output Area, a small area of about 1,700 people",
    "MHCLG": "Ministry of Housing, Communities and Local Government",
    "ONS": "Office for National Statistics",
    "PDAP": "Pennine Domestic Abuse Partnership",
}


def about(value: float) -> str:
    """Round a modelled number of households as people say it.

    >>> about(163.2), about(3.2), about(0), about(1234)
    ('about 160', 'fewer than 5', 'none', 'about 1,230')
    """
    if value <= 0:
        return "none"
    if value < FEW:
        return "fewer than 5"
    step = 5 if value < 100 else 10  # noqa: PLR2004 - two or three figures are enough
    return f"about {round(value / step) * step:,}"


def households(value: float) -> str:
    """``about`` with the word *households*."""
    return f"{about(value)} households"


def between(low: float, high: float) -> str:
    """Return a range in words, in rising order.

    >>> between(497, 162)
    'between 160 and 500'
    """
    low, high = sorted((low, high))
    first, last = about(low).removeprefix("about "), about(high).removeprefix("about ")
    if first == last or high < FEW:
        return about(high)
    if low < FEW:
        return f"up to {last}"
    return f"between {first} and {last}"


def one_in(share: float) -> str:
    """Return a share as "1 in 4 (25%)"; small denominators read best.

    >>> one_in(0.25), one_in(0.61), one_in(0.0)
    ('1 in 4 (25%)', '3 in 5 (61%)', 'none (0%)')
    """
    percent = f"{share:.0%}"
    if share <= 0:
        return f"none ({percent})"
    if share >= 0.995:  # noqa: PLR2004 - rounds to all
        return f"all ({percent})"
    if share < 0.05:  # noqa: PLR2004 - under one in twenty
        return f"fewer than 1 in 20 ({percent})"
    if share > 0.95:  # noqa: PLR2004 - over nineteen in twenty
        return f"more than 19 in 20 ({percent})"
    choices = [(1, n) for n in (*range(2, 11), 12, 15, 20)] + [(2, 3), (3, 4), (19, 20)]
    best = min(choices, key=lambda pair: abs(pair[0] / pair[1] - share))
    if abs(best[0] / best[1] - share) > 0.02:  # noqa: PLR2004 - two points off reads as wrong
        best = (round(share * 10), 10)
        if math.gcd(*best) > 1:
            shrink = math.gcd(*best)
            best = (best[0] // shrink, best[1] // shrink)
    return f"{best[0]} in {best[1]} ({percent})"


def tenure(code: str) -> str:
    """Label of a tenure in running text."""
    return voc.TENURES[code].label.lower()


def kind_label(code: str) -> str:
    """Label of a kind of service in running text."""
    label = KINDS[code].label
    return label if label.startswith("Housing First") else label[0].lower() + label[1:]


def rule_label(code: str) -> str:
    """Label of a rule in running text.

    >>> rule_label("nrpf"), rule_label("tenure_owned")
    ('no recourse to public funds', 'owned')
    """
    label = voc.RULES[code].label
    return label if label[1:2].isupper() else label[0].lower() + label[1:]


def joined(items: Sequence[str], word: str = "and") -> str:
    """Join words as a list in a sentence.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def cause_text(cause: Cause) -> str:
    """Say in words what stands behind a loss."""
    code = cause.code
    if code.startswith("kinds:"):
        kinds = [kind_label(c) for c in code.removeprefix("kinds:").split(";") if c]
        return f"no {joined(kinds, 'or')} was found" if kinds else "no kind of service suits"
    if code.startswith("pool:") or code in KINDS:
        kind = code.removeprefix("pool:")
        label = kind_label(kind) if kind in KINDS else kind
        return f"{label} is full"
    if code in voc.RULES:
        return f"no service takes: {rule_label(code)}"
    kind, _, rule = code.partition(":")
    if kind in KINDS and rule in voc.RULES:
        return f"{kind_label(kind)} has few places for: {rule_label(rule)}, and they are full"
    return {
        str(Detail.NO_WAY_IN): "no referral route leads to a service that takes them",
        str(Detail.NO_WAY_ON): "a safe place takes them, but no route leads on to a settled home",
        str(Detail.AREA): "the services do not serve their area",
        str(Detail.TRAVEL): "the services they would have to visit are too far away",
        str(Detail.FULL): "an offer was made and did not fit",
        str(Detail.TOO_SLOW): "the wait is too long for the risk",
        "tries that fail": "tries that did not come off",
    }.get(code, code)


def gap_sentence(gap: Gap) -> str:
    """One sentence on a gap: who, how many, in which range, and why."""
    central = gap.households[Run.CENTRAL]
    spread = between(min(gap.households.values()), max(gap.households.values()))
    who = f"{households(central)} a year who had {_home(gap.tenure)}"
    reason = voc.REASONS[gap.reason].meaning
    causes = [text for c in gap.causes[:3] if (text := cause_text(c)) != reason]
    why = f": {joined(causes)}" if causes else ""
    return f"{who[0].upper()}{who[1:]} ({spread}): {reason}{why}."


def _home(code: str) -> str:
    return {
        "owned": "a home they owned",
        "private_rent": "a privately rented home",
        "council_rent": "a council home",
        "association_rent": "a housing association home",
        "temporary": "no home of their own",
    }[code]


def inventory_sentences(found: Inventory, *, public: bool = False) -> tuple[str, str, str]:
    """Return what exists, what is absent and what is unknown, in a sentence each.

    For the ``public``, kinds that few confidential services share are named and not counted.
    """
    hidden = found.not_counted if public else frozenset()
    existing = [
        kind_label(code) if code in hidden else counted_kind(code, number)
        for code, number in found.existing
    ]
    exists = (
        f"Running now: {joined(existing)}."
        if existing
        else "No service that gives a safe or settled home was found."
    )
    absent = [kind_label(code) for code in found.absent]
    gone = (
        f"Not found in the district: {joined(absent, 'or')}."
        if absent
        else "Every kind of service was found in the district."
    )
    parts = []
    if found.capacity_unknown:
        number = len(found.capacity_unknown)
        parts.append(
            f"the capacity of {counted(number)} {'service' if number == 1 else 'services'}"
        )
    if found.uncertain:
        number = len(found.uncertain)
        still = "service still runs" if number == 1 else "services still run"
        parts.append(f"whether {counted(number)} {still}")
    if found.rules_unknown:
        parts.append(
            f"{found.rules_unknown:,} of {found.rules_asked:,} answers on whom services take"
        )
    if found.legal_unclear:
        number = len(found.legal_unclear)
        verb = "is" if number == 1 else "are"
        parts.append(
            f"whether {counted(number)} {'service' if number == 1 else 'services'} {verb} safe "
            "accommodation in law"
        )
    unknown = f"Not known: {joined(parts)}." if parts else "Nothing the model asks is unknown."
    return exists, gone, unknown


_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def counted(number: int) -> str:
    """Return a number below ten in words, others in figures.

    >>> counted(3), counted(12)
    ('three', '12')
    """
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"


_COUNTED: Final = {
    "refuge": ("refuge service", "refuge services"),
    "specialist_safe": ("specialist safe home service", "specialist safe home services"),
    "dispersed": ("service with dispersed homes", "services with dispersed homes"),
    "second_stage": ("second-stage service", "second-stage services"),
    "other_emergency": ("other emergency service", "other emergency services"),
    "sanctuary": ("sanctuary scheme", "sanctuary schemes"),
    "target_hardening": ("target hardening scheme", "target hardening schemes"),
    "temporary_accommodation": (
        "service with temporary accommodation",
        "services with temporary accommodation",
    ),
    "social_letting": ("way into a social home", "ways into a social home"),
    "private_rented_access": ("way into private renting", "ways into private renting"),
    "owner_support": ("service for home owners", "services for home owners"),
    "managed_reciprocal": ("managed reciprocal", "managed reciprocals"),
    "flexible_funding": ("flexible fund", "flexible funds"),
    "housing_first": ("Housing First service", "Housing First services"),
}
"""Singular and plural of each kind of service that gives a safe or settled home."""


def counted_kind(kind: str, number: int) -> str:
    """Count services of a kind in words.

    >>> counted_kind("refuge", 2), counted_kind("dispersed", 1)
    ('two refuge services', 'one service with dispersed homes')
    """
    return f"{counted(number)} {_COUNTED[kind][number != 1]}"


def rule_phrase(code: str) -> str:
    """Say whom a rule is about, to follow "takes".

    >>> rule_phrase("nrpf"), rule_phrase("from_inside")
    ('a household with: no recourse to public funds', 'people from inside the district')
    """
    if code == "from_inside":
        return "people from inside the district"
    if code == "from_elsewhere":
        return "people from outside the district"
    if code.startswith("right_"):
        return f"a household where {voc.RULES[code].meaning}"
    if code.startswith("tenure_"):
        return f"people whose home was: {rule_label(code)}"
    if code.startswith("risk_"):
        return f"people at {rule_label(code)}"
    return f"a household with: {rule_label(code)}"
