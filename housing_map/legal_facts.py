"""What to ask of a service in law: facts about it, and questions about the body behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SI: Final = "SI 2021/991 reg 2"
"""Regulation that says what relevant accommodation is, as it is cited."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so, is not so, or is not known, and that the law turns on.

    Attributes
    ----------
    code
        Name of the fact in data files.
    question
        The question to put to the provider.
    source
        Provision that makes the fact matter.
    label
        A few words for the head of a table.
    holds, fails
        Sentences that state the answers *yes* and *no*.
    """

    code: str
    question: str
    source: str
    label: str
    holds: str
    fails: str


def _facts(*facts: Fact) -> dict[str, Fact]:
    """Key facts by their code."""
    return {fact.code: fact for fact in facts}


FACTS: Final[dict[str, Fact]] = _facts(
    Fact(
        "used_for_da",
        "Is the accommodation used wholly or mainly for victims of domestic abuse?",
        f"{SI}(5), refuge accommodation",
        "Used for victims",
        "It is used wholly or mainly for victims of domestic abuse.",
        "It is not used wholly or mainly for victims of domestic abuse.",
    ),
    Fact(
        "support_tied",
        "Does domestic abuse support come with living in this accommodation, tied to it?",
        f"{SI}(5), refuge accommodation",
        "Support tied to it",
        "Domestic abuse support is tied to the accommodation.",
        "No domestic abuse support is tied to the accommodation.",
    ),
    Fact(
        "dedicated_specialist",
        "Does it give dedicated specialist domestic abuse support to victims who share a protected"
        " characteristic, or a vulnerability that needs extra support?",
        f"{SI}(5), specialist safe accommodation",
        "Dedicated specialist support",
        "It gives dedicated specialist support to victims who share a protected characteristic or"
        " a vulnerability.",
        "It gives no dedicated specialist support to victims who share a protected characteristic"
        " or a vulnerability.",
    ),
    Fact(
        "self_contained",
        "Is each home separate and self-contained: its own toilet, washing and cooking facilities"
        " behind a door that no other household uses?",
        f"{SI}(5), dispersed accommodation; bed and breakfast accommodation (a)",
        "Self-contained",
        "Each home is self-contained.",
        "The homes are not self-contained.",
    ),
    Fact(
        "support_like_refuge",
        "Do the victims who live there get about as much domestic abuse support as they would in"
        " a refuge?",
        f"{SI}(5), dispersed accommodation",
        "Support like a refuge's",
        "Victims get about as much domestic abuse support as in a refuge.",
        "Victims do not get as much domestic abuse support as in a refuge.",
    ),
    Fact(
        "moves_on_from_listed",
        "Is it for people moving on from a refuge, or from specialist safe, dispersed or other"
        " designated emergency accommodation? (A sanctuary scheme does not count.)",
        f"{SI}(5), second stage accommodation",
        "For moving on from a refuge or similar",
        "It is for people moving on from a refuge or similar accommodation.",
        "It is not for people moving on from a refuge or similar accommodation;"
        " a sanctuary scheme does not count.",
    ),
    Fact(
        "fixed_term_support",
        "Is the domestic abuse support given for a fixed period?",
        f"{SI}(5), second stage accommodation",
        "Support for a fixed period",
        "The support is for a fixed period.",
        "The support has no fixed period.",
    ),
    Fact(
        "enables_move_on",
        "Is that support there to help people move to a home outside these forms of"
        " accommodation, such as an ordinary tenancy?",
        f"{SI}(5), second stage accommodation",
        "Support to move to another home",
        "The support is there to help people move to another home.",
        "The support is not there to help people move to another home.",
    ),
    Fact(
        "designated",
        "Has a council housing authority, registered provider of social housing or registered"
        " charity designated it as domestic abuse emergency accommodation?",
        f"{SI}(4)(e)",
        "Designated",
        "It is designated as domestic abuse emergency accommodation.",
        "It is not designated as domestic abuse emergency accommodation.",
    ),
    Fact(
        "temporary",
        "Is it temporary accommodation?",
        f"{SI}(5), bed and breakfast accommodation",
        "Temporary",
        "It is temporary accommodation.",
        "It is not temporary accommodation.",
    ),
    Fact(
        "shared_facilities",
        "Do two or more households share a toilet, washing or cooking facilities?",
        f"{SI}(5), bed and breakfast accommodation (b)",
        "Shared facilities",
        "Households share a toilet, washing or cooking facilities.",
        "Households share no toilet, washing or cooking facilities.",
    ),
    Fact(
        "provider_manages",
        "Does the body that provides the accommodation own or manage the building itself?",
        f"{SI}(5), bed and breakfast accommodation",
        "Owned or managed by its provider",
        "The body that provides the accommodation owns or manages the building.",
        "The body that provides the accommodation neither owns nor manages the building.",
    ),
    Fact(
        "other_exempt_manager",
        "Does another council housing authority, non-profit registered provider of social housing"
        " or voluntary organisation own or manage the building?",
        f"{SI}(5), bed and breakfast accommodation",
        "Owned or managed by another such body",
        "Another council, non-profit registered provider or voluntary organisation owns or"
        " manages the building.",
        "No other council, non-profit registered provider or voluntary organisation owns or"
        " manages the building.",
    ),
    Fact(
        "own_home",
        "Does the scheme let victims of domestic abuse stay in their own homes?",
        f"{SI}(5), sanctuary scheme",
        "Victims stay at home",
        "It lets victims of domestic abuse stay in their own homes.",
        "It does not let victims of domestic abuse stay in their own homes.",
    ),
    Fact(
        "extra_security",
        "Does the scheme put in extra security at the victim's home or around its edge?",
        f"{SI}(5), sanctuary scheme",
        "Extra security",
        "It puts in extra security at the home or around its edge.",
        "It puts in no extra security at the home or around its edge.",
    ),
)
"""Facts about a service, as ``providers/legal_facts.csv`` holds them. Absent means unknown."""

BODY_QUESTIONS: Final[dict[str, str]] = {
    "provider_type": "Who provides the accommodation: a council housing authority, a registered"
    " provider of social housing, a registered charity or another body?",
    "operator": "Who operates the scheme: a council housing authority, a registered provider of"
    " social housing or another body?",
    "supports_da_in_objects": "Do the charity's registered objects include supporting victims of"
    " domestic abuse?",
    "non_profit": "Does the register of social housing providers show the provider as non-profit?",
}
"""Questions about the body itself, answered in the table of organisations, not among the facts.

``provider_type`` and ``operator`` both ask for :attr:`Provider.provider_type`.
"""


def question(code: str) -> str:
    """Words of a question."""
    return FACTS[code].question if code in FACTS else BODY_QUESTIONS[code]
