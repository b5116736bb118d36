"""What is known of a service and of its provider, for the test of the law."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from housing_map.legal_facts import BODY_QUESTIONS, FACTS
from housing_map.vocabulary import Answer, LegalCategory, ProviderType

if TYPE_CHECKING:
    from collections.abc import Mapping


_PUBLIC_BODIES: Final = frozenset(
    {ProviderType.HOUSING_AUTHORITY, ProviderType.POLICE, ProviderType.HEALTH}
)


@dataclass(frozen=True, slots=True)
class Provider:
    """The body that provides the accommodation or, of a sanctuary scheme, operates it.

    It need not be the landlord, nor the body that gives the support. A charity that is also a
    private registered provider is recorded as a registered provider, which has to meet fewer
    conditions. A charity that is not on the register is ``OTHER``.

    Where ``voluntary`` is left unknown, it becomes what the other attributes imply: yes for a
    registered charity (charities are not run for profit, Charities Act 2011 s.1), no for public
    bodies (Housing Act 1996 s.180(3)) and for a registered provider that is not non-profit.

    Attributes
    ----------
    provider_type
        Kind of body.
    supports_da_in_objects
        Whether the objects of a charity include supporting victims of domestic abuse.
    non_profit
        Whether a registered provider is registered as non-profit (Housing and Regeneration Act
        2008 s.115).
    voluntary
        Whether it is a voluntary organisation: not a public or local authority, and not run for
        profit (Housing Act 1996 s.180(3)).

    Raises
    ------
    ValueError
        When an answer is not yes, no or unknown.
    """

    provider_type: ProviderType = ProviderType.UNKNOWN
    supports_da_in_objects: Answer = Answer.UNKNOWN
    non_profit: Answer = Answer.UNKNOWN
    voluntary: Answer = Answer.UNKNOWN

    def __post_init__(self) -> None:
        """Check the answers and fill in what they imply."""
        object.__setattr__(self, "provider_type", ProviderType(self.provider_type))
        for name in ("supports_da_in_objects", "non_profit", "voluntary"):
            object.__setattr__(self, name, _answer(name, getattr(self, name)))
        if self.voluntary is Answer.UNKNOWN:
            object.__setattr__(self, "voluntary", self._implied_voluntary())

    def _implied_voluntary(self) -> Answer:
        """Whether the body is a voluntary organisation, as far as its kind tells."""
        if self.provider_type is ProviderType.CHARITY:
            return Answer.YES
        if self.provider_type in _PUBLIC_BODIES:
            return Answer.NO
        if self.provider_type is ProviderType.REGISTERED_PROVIDER and self.non_profit is Answer.NO:
            return Answer.NO
        return Answer.UNKNOWN


@dataclass(frozen=True, slots=True)
class LegalCase:
    """What is known of a service for the test.

    Attributes
    ----------
    category
        Form of accommodation that the service is recorded as; none where it is none of them.
    provider
        Body that provides the accommodation or operates the scheme; none where not known.
    facts
        Answers by code of :data:`housing_map.legal_facts.FACTS`; what is absent is unknown.

    Raises
    ------
    ValueError
        When a fact is not one of those, or an answer is not yes, no or unknown.
    """

    category: LegalCategory | None
    provider: Provider | None = None
    facts: Mapping[str, Answer] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check the facts and keep a copy of them."""
        if self.category is not None:
            object.__setattr__(self, "category", LegalCategory(self.category))
        if strange := sorted(set(self.facts) - set(FACTS)):
            message = f"facts {strange} are not among {sorted(FACTS)}"
            raise ValueError(message)
        facts = {code: _answer(code, answer) for code, answer in self.facts.items()}
        object.__setattr__(self, "facts", facts)

    @property
    def body(self) -> Provider:
        """Body of the case, or one of which nothing is known."""
        return self.provider or Provider()

    def known(self, code: str) -> Answer:
        """Answer to a fact or a question about the body; a known kind of body counts as yes."""
        if code == "supports_da_in_objects":
            return self.body.supports_da_in_objects
        if code == "non_profit":
            return self.body.non_profit
        if code in BODY_QUESTIONS:
            unknown = self.body.provider_type is ProviderType.UNKNOWN
            return Answer.UNKNOWN if unknown else Answer.YES
        return self.facts.get(code, Answer.UNKNOWN)


def _answer(name: str, value: Answer) -> Answer:
    """Check that an answer is yes, no or unknown: in law nothing depends."""
    allowed = (Answer.YES, Answer.NO, Answer.UNKNOWN)
    if value not in allowed:
        message = f"{name} is {str(value)!r}, not one of {[str(answer) for answer in allowed]}"
        raise ValueError(message)
    return Answer(value)
