"""Relevant accommodation: what a service is in law, why, and what to ask.

The duty of Part 4 of the Domestic Abuse Act 2021 is to see that support is there for people who
live in *relevant accommodation* (section 57(2)). Regulation 2 of SI 2021/991, in force in England
since 1 October 2021, says what that is. In its order:

- paragraph (2): accommodation provided by a local housing authority, a private registered
  provider of social housing, or a registered charity whose objects include supporting victims
  of domestic abuse; of a form that paragraph (4) lists; and not bed and breakfast;
- paragraph (3): accommodation that is part of a sanctuary scheme, which a local housing
  authority or a private registered provider has to operate. Neither the bed and breakfast
  exclusion nor paragraph (2)(a) touches it;
- paragraph (4): refuge, specialist safe, dispersed and second stage accommodation, and other
  accommodation designated as domestic abuse emergency accommodation;
- paragraph (5): what each of these words means.

Every condition is answered yes, no or unknown, and the answers are combined as Kleene's strong
logic does: one *no* settles the matter whatever else is unknown, all *yes* settle it too, and
otherwise nobody can tell yet. Then the finding lists each question whose answer could still
change it, and no other.

A service is judged under the form it is recorded as, by :func:`relevant_accommodation`. A *no*
means "outside Part 4": a finding, not an error, and no judgement of how good the service is.

Three points where the regulation leaves something to the reader:

- paragraph (4)(e) speaks of designation by "the" authority, provider or charity, which may mean
  only the body that provides the accommodation. Here a designation by any such body counts;
- a building may be separate from the body that uses it: a council that books rooms in a hotel
  provides accommodation there without owning or managing it. So "owned or managed by" is a fact
  of its own (``provider_manages``, ``other_exempt_manager``);
- the Act's duty also needs support to be given there; relevant accommodation is about the place.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map.vocabulary import LEGAL_CATEGORIES, Answer, LegalCategory, ProviderType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SI: Final = "SI 2021/991 reg 2"


class Relevance(StrEnum):
    """Whether a service is relevant accommodation."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot_tell"


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
        f"{_SI}(5), refuge accommodation",
        "Used for victims",
        "It is used wholly or mainly for victims of domestic abuse.",
        "It is not used wholly or mainly for victims of domestic abuse.",
    ),
    Fact(
        "support_tied",
        "Does domestic abuse support come with living in this accommodation, tied to it?",
        f"{_SI}(5), refuge accommodation",
        "Support tied to it",
        "Domestic abuse support is tied to the accommodation.",
        "No domestic abuse support is tied to the accommodation.",
    ),
    Fact(
        "dedicated_specialist",
        "Does it give dedicated specialist domestic abuse support to victims who share a protected"
        " characteristic, or a vulnerability that needs extra support?",
        f"{_SI}(5), specialist safe accommodation",
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
        f"{_SI}(5), dispersed accommodation; bed and breakfast accommodation (a)",
        "Self-contained",
        "Each home is self-contained.",
        "The homes are not self-contained.",
    ),
    Fact(
        "support_like_refuge",
        "Do the victims who live there get about as much domestic abuse support as they would in"
        " a refuge?",
        f"{_SI}(5), dispersed accommodation",
        "Support like a refuge's",
        "Victims get about as much domestic abuse support as in a refuge.",
        "Victims do not get as much domestic abuse support as in a refuge.",
    ),
    Fact(
        "moves_on_from_listed",
        "Is it for people moving on from a refuge, or from specialist safe, dispersed or other"
        " designated emergency accommodation? (A sanctuary scheme does not count.)",
        f"{_SI}(5), second stage accommodation",
        "For moving on from a refuge or similar",
        "It is for people moving on from a refuge or similar accommodation.",
        "It is not for people moving on from a refuge or similar accommodation;"
        " a sanctuary scheme does not count.",
    ),
    Fact(
        "fixed_term_support",
        "Is the domestic abuse support given for a fixed period?",
        f"{_SI}(5), second stage accommodation",
        "Support for a fixed period",
        "The support is for a fixed period.",
        "The support has no fixed period.",
    ),
    Fact(
        "enables_move_on",
        "Is that support there to help people move to a home outside these forms of"
        " accommodation, such as an ordinary tenancy?",
        f"{_SI}(5), second stage accommodation",
        "Support to move to another home",
        "The support is there to help people move to another home.",
        "The support is not there to help people move to another home.",
    ),
    Fact(
        "designated",
        "Has a council housing authority, registered provider of social housing or registered"
        " charity designated it as domestic abuse emergency accommodation?",
        f"{_SI}(4)(e)",
        "Designated",
        "It is designated as domestic abuse emergency accommodation.",
        "It is not designated as domestic abuse emergency accommodation.",
    ),
    Fact(
        "temporary",
        "Is it temporary accommodation?",
        f"{_SI}(5), bed and breakfast accommodation",
        "Temporary",
        "It is temporary accommodation.",
        "It is not temporary accommodation.",
    ),
    Fact(
        "shared_facilities",
        "Do two or more households share a toilet, washing or cooking facilities?",
        f"{_SI}(5), bed and breakfast accommodation (b)",
        "Shared facilities",
        "Households share a toilet, washing or cooking facilities.",
        "Households share no toilet, washing or cooking facilities.",
    ),
    Fact(
        "provider_manages",
        "Does the body that provides the accommodation own or manage the building itself?",
        f"{_SI}(5), bed and breakfast accommodation",
        "Owned or managed by its provider",
        "The body that provides the accommodation owns or manages the building.",
        "The body that provides the accommodation neither owns nor manages the building.",
    ),
    Fact(
        "other_exempt_manager",
        "Does another council housing authority, non-profit registered provider of social housing"
        " or voluntary organisation own or manage the building?",
        f"{_SI}(5), bed and breakfast accommodation",
        "Owned or managed by another such body",
        "Another council, non-profit registered provider or voluntary organisation owns or"
        " manages the building.",
        "No other council, non-profit registered provider or voluntary organisation owns or"
        " manages the building.",
    ),
    Fact(
        "own_home",
        "Does the scheme let victims of domestic abuse stay in their own homes?",
        f"{_SI}(5), sanctuary scheme",
        "Victims stay at home",
        "It lets victims of domestic abuse stay in their own homes.",
        "It does not let victims of domestic abuse stay in their own homes.",
    ),
    Fact(
        "extra_security",
        "Does the scheme put in extra security at the victim's home or around its edge?",
        f"{_SI}(5), sanctuary scheme",
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

_BODIES: Final = {
    ProviderType.HOUSING_AUTHORITY: "a council housing authority",
    ProviderType.REGISTERED_PROVIDER: "a registered provider of social housing",
    ProviderType.CHARITY: "a registered charity",
    ProviderType.POLICE: "the police",
    ProviderType.HEALTH: "a health body",
    ProviderType.OTHER: "another kind of body",
}
_PUBLIC_BODIES: Final = frozenset(
    {ProviderType.HOUSING_AUTHORITY, ProviderType.POLICE, ProviderType.HEALTH}
)
_OPERATORS: Final = frozenset({ProviderType.HOUSING_AUTHORITY, ProviderType.REGISTERED_PROVIDER})
_PROVIDERS: Final = _OPERATORS | {ProviderType.CHARITY}

_PARAGRAPHS: Final = {
    LegalCategory.REFUGE: "(2) and (4)(a)",
    LegalCategory.SPECIALIST: "(2) and (4)(b)",
    LegalCategory.DISPERSED: "(2) and (4)(c)",
    LegalCategory.SECOND_STAGE: "(2) and (4)(d)",
    LegalCategory.OTHER_EMERGENCY: "(2) and (4)(e)",
    LegalCategory.SANCTUARY: "(3) and (5)",
}
_DEFINITIONS: Final = {
    LegalCategory.REFUGE: ("used_for_da", "support_tied"),
    LegalCategory.SPECIALIST: ("dedicated_specialist",),
    LegalCategory.DISPERSED: ("self_contained", "support_like_refuge"),
    LegalCategory.SECOND_STAGE: ("moves_on_from_listed", "fixed_term_support", "enables_move_on"),
    LegalCategory.OTHER_EMERGENCY: ("designated",),
    LegalCategory.SANCTUARY: ("own_home", "extra_security"),
}


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
        Answers by code of :data:`FACTS`; what is absent is unknown.

    Raises
    ------
    ValueError
        When a fact is not one of :data:`FACTS`, or an answer is not yes, no or unknown.
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


@dataclass(frozen=True, slots=True)
class TestResult:
    """One condition, and whether the service meets it.

    Attributes
    ----------
    code
        Code of the fact, or ``provider_type``, ``operator``, ``supports_da_in_objects`` or
        ``bed_and_breakfast``.
    label
        A few words for the head of a table.
    answer
        Yes: the condition is met. No: it is not. Unknown: nobody can tell yet.
    reason
        Why, in a sentence.
    citation
        Provision that sets the condition.
    """

    code: str
    label: str
    answer: Answer
    reason: str
    citation: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a service is relevant accommodation, and how that was found.

    Attributes
    ----------
    answer
        Yes, no or cannot tell.
    category
        Form that it was judged as.
    reason
        Why, in plain words.
    questions
        Where nobody can tell: each question whose answer could still change the finding.
    citation
        Provisions that decide.
    tests
        Every condition that was looked at, in the order of the regulation.
    asks
        Codes of the questions, in the same order: keys of :data:`FACTS` or
        :data:`BODY_QUESTIONS`.
    """

    answer: Relevance
    category: LegalCategory | None
    reason: str
    questions: tuple[str, ...]
    citation: str
    tests: tuple[TestResult, ...]
    asks: tuple[str, ...] = ()


def relevant_accommodation(case: LegalCase) -> Finding:
    """Find whether a service is relevant accommodation under SI 2021/991 regulation 2.

    A condition known not to be met gives *no*, whatever else is unknown. All conditions met give
    *yes*. Otherwise nobody can tell, and the finding asks exactly what could still change it. A
    further answer never turns a *yes* or *no* into anything else.

    The service is judged as the form it is recorded as. One that is not, say, dispersed
    accommodation may still be another form, and should then be recorded as that.

    >>> council = Provider(ProviderType.HOUSING_AUTHORITY)
    >>> facts = {"own_home": Answer.YES, "extra_security": Answer.YES}
    >>> relevant_accommodation(LegalCase(LegalCategory.SANCTUARY, council, facts)).answer.value
    'yes'
    >>> relevant_accommodation(LegalCase(LegalCategory.SANCTUARY, None, facts)).asks
    ('operator',)
    """
    if case.category is None:
        return Finding(
            Relevance.NO,
            None,
            "It is none of the forms of accommodation that the regulations list: outside Part 4.",
            (),
            f"{_SI}(1)",
            (),
        )
    label = LEGAL_CATEGORIES[case.category].label.lower()
    tests = _tests(case)
    answer = _all(test.answer for test in tests)
    citation = f"{_SI}(1), {_PARAGRAPHS[case.category]}"
    if answer is Answer.YES:
        reason = f"It meets every condition for: {label}."
        return Finding(Relevance.YES, case.category, reason, (), citation, tests)
    if answer is Answer.NO:
        failed = [test for test in tests if test.answer is Answer.NO]
        reason = " ".join(test.reason for test in failed)
        if {test.code for test in failed} & set(_DEFINITIONS[case.category]):
            reason += f" So it is not what the regulations call: {label}."
        citation = "; ".join(dict.fromkeys(test.citation for test in failed))
        return Finding(Relevance.NO, case.category, reason, (), citation, tests)
    turning = _turning_points(_decisions(case))
    asks = tuple(code for code in _variables(case.category) if code in turning)
    missing = "one answer is" if len(asks) == 1 else f"{len(asks)} answers are"
    reason = f"Nothing known rules it out, but {missing} missing."
    questions = tuple(_question(code) for code in asks)
    return Finding(Relevance.CANNOT_TELL, case.category, reason, questions, citation, tests, asks)


def exempt_body(provider: Provider) -> Answer:
    """Say whether a building that this body owns or manages is never bed and breakfast.

    The bodies are local housing authorities, non-profit registered providers of social housing
    and voluntary organisations (SI 2021/991 regulation 2(5)). Use it to answer the fact
    ``other_exempt_manager`` where the landlord is known.

    >>> exempt_body(Provider(ProviderType.CHARITY)).value
    'yes'
    """
    return _any(
        (
            _is_type(provider, ProviderType.HOUSING_AUTHORITY),
            _all((_is_type(provider, ProviderType.REGISTERED_PROVIDER), provider.non_profit)),
            provider.voluntary,
        )
    )


def _tests(case: LegalCase) -> tuple[TestResult, ...]:
    """Answer every condition for the form that the case is recorded as."""
    if case.category is None:
        return ()
    definition = tuple(_fact_test(case, code) for code in _DEFINITIONS[case.category])
    if case.category is LegalCategory.SANCTUARY:
        return (_operator_test(_body(case)), *definition)
    return (*_provider_tests(_body(case)), *definition, _bed_and_breakfast_test(case))


def _provider_tests(body: Provider) -> tuple[TestResult, ...]:
    """Paragraph (2)(a): the kind of body and, of a charity, its objects."""
    kind = TestResult(
        "provider_type",
        "Provided by a body the regulations name",
        _is_one_of(body, _PROVIDERS),
        _about_body(
            body,
            "provided",
            _PROVIDERS,
            "a council housing authority, registered provider of social housing or registered"
            " charity.",
        ),
        f"{_SI}(2)(a)",
    )
    charity = _is_type(body, ProviderType.CHARITY)
    if charity is Answer.NO:
        return (kind,)
    answer = _any((_not(charity), body.supports_da_in_objects))
    reasons = {
        Answer.YES: "The objects of the body include supporting victims of domestic abuse.",
        Answer.NO: "The objects of the charity do not include supporting victims of domestic"
        " abuse.",
        Answer.UNKNOWN: "If it is a charity, its objects matter, and they are not known yet."
        if charity is Answer.UNKNOWN
        else "It is not known yet what the objects of the charity are.",
    }
    label = "A charity's objects include supporting victims"
    objects = TestResult("supports_da_in_objects", label, answer, reasons[answer], f"{_SI}(2)(a)")
    return (kind, objects)


def _operator_test(body: Provider) -> TestResult:
    """Paragraph (5), sanctuary scheme: who operates it. Anyone else does target hardening."""
    return TestResult(
        "operator",
        "Operated by a body the regulations name",
        _is_one_of(body, _OPERATORS),
        _about_body(
            body,
            "operated",
            _OPERATORS,
            "a council housing authority or registered provider of social housing:"
            " target hardening, outside Part 4.",
        ),
        f"{_SI}(3) and (5), sanctuary scheme",
    )


def _about_body(body: Provider, does: str, named: frozenset[ProviderType], instead_of: str) -> str:
    """Say in a sentence who the body is and whether it is one of those named."""
    if body.provider_type is ProviderType.UNKNOWN:
        return f"It is not known yet by whom it is {does}."
    who = _BODIES[body.provider_type]
    if body.provider_type in named:
        return f"It is {does} by {who}."
    return f"It is {does} by {who}, not by {instead_of}"


def _fact_test(case: LegalCase, code: str) -> TestResult:
    """Take one fact as a condition."""
    fact, answer = FACTS[code], _known(case, code)
    reasons = {
        Answer.YES: fact.holds,
        Answer.NO: fact.fails,
        Answer.UNKNOWN: f"Not known yet. {fact.question}",
    }
    return TestResult(code, fact.label, answer, reasons[answer], fact.source)


def _bed_and_breakfast_test(case: LegalCase) -> TestResult:
    """Paragraph (2)(c): met by whatever takes it out of the definition in paragraph (5)."""
    manages = _known(case, "provider_manages")
    ways_out = {
        FACTS["temporary"].fails: _not(_known(case, "temporary")),
        FACTS["self_contained"].holds: _known(case, "self_contained"),
        FACTS["shared_facilities"].fails: _not(_known(case, "shared_facilities")),
        "The council, non-profit registered provider or voluntary organisation that provides the"
        " accommodation owns or manages the building.": _all((manages, exempt_body(_body(case)))),
        FACTS["other_exempt_manager"].holds: _known(case, "other_exempt_manager"),
    }
    answer = _any(ways_out.values())
    if answer is Answer.YES:
        why = next(why for why, met in ways_out.items() if met is Answer.YES)
        reason = f"It is not bed and breakfast accommodation. {why}"
    elif answer is Answer.NO:
        reason = (
            "It is bed and breakfast accommodation: temporary, not self-contained, with shared"
            " facilities, and not owned or managed by a council, non-profit registered provider"
            " or voluntary organisation."
        )
    else:
        reason = "It is not known yet whether it counts as bed and breakfast accommodation."
    return TestResult(
        "bed_and_breakfast",
        "Not bed and breakfast",
        answer,
        reason,
        f"{_SI}(2)(c) and (5), bed and breakfast accommodation",
    )


_BED_AND_BREAKFAST: Final = (
    "temporary",
    "self_contained",
    "shared_facilities",
    "provider_manages",
    "non_profit",
    "other_exempt_manager",
)
_TOLD_APART: Final = (
    ProviderType.HOUSING_AUTHORITY,
    ProviderType.REGISTERED_PROVIDER,
    ProviderType.CHARITY,
    ProviderType.OTHER,
)


def _variables(category: LegalCategory) -> tuple[str, ...]:
    """Codes of everything that can bear on a form, in the order in which to ask.

    ``voluntary`` is not among them: it is settled by the kind of body wherever it matters.
    """
    if category is LegalCategory.SANCTUARY:
        return ("operator", *_DEFINITIONS[category])
    codes = ("provider_type", "supports_da_in_objects", *_DEFINITIONS[category])
    return tuple(dict.fromkeys((*codes, *_BED_AND_BREAKFAST)))


@dataclass(frozen=True, slots=True)
class _Decision:
    """An unknown, and where each answer to it leads. Answers that change nothing are left out."""

    code: str
    branches: tuple[Answer | _Decision, ...]


def _decisions(case: LegalCase) -> Answer | _Decision:
    """Grow the reduced decision diagram of the case over what is unknown (Bryant 1986).

    Unknowns are tried in a fixed order and one whose answers all lead to the same place is
    dropped, so an unknown stands in the diagram if and only if its answer can matter.
    """
    answer = _all(test.answer for test in _tests(case))
    unknown = _first_unknown(case)
    if answer is not Answer.UNKNOWN or unknown is None:
        return answer
    branches = tuple(_decisions(supposed) for supposed in _suppositions(case, unknown))
    if all(branch == branches[0] for branch in branches):
        return branches[0]
    return _Decision(unknown, branches)


def _turning_points(decisions: Answer | _Decision) -> frozenset[str]:
    """Codes of the unknowns in a decision diagram."""
    if isinstance(decisions, Answer):
        return frozenset()
    below = (_turning_points(branch) for branch in decisions.branches)
    return frozenset({decisions.code}).union(*below)


def _first_unknown(case: LegalCase) -> str | None:
    """Code of the first thing that bears on the case and is not known."""
    codes = () if case.category is None else _variables(case.category)
    return next((code for code in codes if _known(case, code) is Answer.UNKNOWN), None)


def _suppositions(case: LegalCase, code: str) -> tuple[LegalCase, ...]:
    """Copy the case with each possible answer to one unknown."""
    body, answers = _body(case), (Answer.YES, Answer.NO)
    if code in FACTS:
        return tuple(replace(case, facts={**case.facts, code: answer}) for answer in answers)
    if code == "supports_da_in_objects":
        bodies = [replace(body, supports_da_in_objects=answer) for answer in answers]
    elif code == "non_profit":
        bodies = [replace(body, non_profit=answer) for answer in answers]
    else:
        bodies = [replace(body, provider_type=kind) for kind in _TOLD_APART]
    return tuple(replace(case, provider=supposed) for supposed in bodies)


def _known(case: LegalCase, code: str) -> Answer:
    """Answer to a fact or a question about the body; a known kind of body counts as yes."""
    body = _body(case)
    if code == "supports_da_in_objects":
        return body.supports_da_in_objects
    if code == "non_profit":
        return body.non_profit
    if code in BODY_QUESTIONS:
        return Answer.UNKNOWN if body.provider_type is ProviderType.UNKNOWN else Answer.YES
    return case.facts.get(code, Answer.UNKNOWN)


def _question(code: str) -> str:
    """Words of a question."""
    return FACTS[code].question if code in FACTS else BODY_QUESTIONS[code]


def _body(case: LegalCase) -> Provider:
    """Body of the case, or one of which nothing is known."""
    return case.provider or Provider()


def _is_type(body: Provider, kind: ProviderType) -> Answer:
    """Say whether a body is of a kind."""
    return _is_one_of(body, frozenset({kind}))


def _is_one_of(body: Provider, kinds: frozenset[ProviderType]) -> Answer:
    """Say whether a body is of one of some kinds."""
    if body.provider_type is ProviderType.UNKNOWN:
        return Answer.UNKNOWN
    return Answer.YES if body.provider_type in kinds else Answer.NO


def _answer(name: str, value: Answer) -> Answer:
    """Check that an answer is yes, no or unknown: in law nothing depends."""
    allowed = (Answer.YES, Answer.NO, Answer.UNKNOWN)
    if value not in allowed:
        message = f"{name} is {str(value)!r}, not one of {[str(answer) for answer in allowed]}"
        raise ValueError(message)
    return Answer(value)


def _not(answer: Answer) -> Answer:
    """Kleene's *not*."""
    opposite = {Answer.YES: Answer.NO, Answer.NO: Answer.YES}
    return opposite.get(answer, Answer.UNKNOWN)


def _all(answers: Iterable[Answer]) -> Answer:
    """Kleene's *and*."""
    given = set(answers)
    if Answer.NO in given:
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in given else Answer.YES


def _any(answers: Iterable[Answer]) -> Answer:
    """Kleene's *or*."""
    return _not(_all(_not(answer) for answer in answers))
