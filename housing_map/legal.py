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

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map.legal_facts import FACTS, SI, question
from housing_map.vocabulary import LEGAL_CATEGORIES, Answer, LegalCategory, ProviderType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from housing_map.legal_case import LegalCase, Provider


_BODIES: Final = {
    ProviderType.HOUSING_AUTHORITY: "a council housing authority",
    ProviderType.REGISTERED_PROVIDER: "a registered provider of social housing",
    ProviderType.CHARITY: "a registered charity",
    ProviderType.POLICE: "the police",
    ProviderType.HEALTH: "a health body",
    ProviderType.OTHER: "another kind of body",
}
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


class Relevance(StrEnum):
    """Whether a service is relevant accommodation."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot_tell"


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
        Codes of the questions, in the same order: keys of ``FACTS`` or ``BODY_QUESTIONS`` in
        :mod:`housing_map.legal_facts`.
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

    >>> from housing_map.legal_case import LegalCase, Provider
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
            f"{SI}(1)",
            (),
        )
    label = LEGAL_CATEGORIES[case.category].label.lower()
    tests = _tests(case)
    answer = _all(test.answer for test in tests)
    citation = f"{SI}(1), {_PARAGRAPHS[case.category]}"
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
    questions = tuple(question(code) for code in asks)
    return Finding(Relevance.CANNOT_TELL, case.category, reason, questions, citation, tests, asks)


def exempt_body(provider: Provider) -> Answer:
    """Say whether a building that this body owns or manages is never bed and breakfast.

    The bodies are local housing authorities, non-profit registered providers of social housing
    and voluntary organisations (SI 2021/991 regulation 2(5)). Use it to answer the fact
    ``other_exempt_manager`` where the landlord is known.

    >>> from housing_map.legal_case import Provider
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
        return (_operator_test(case.body), *definition)
    return (*_provider_tests(case.body), *definition, _bed_and_breakfast_test(case))


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
        f"{SI}(2)(a)",
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
    objects = TestResult("supports_da_in_objects", label, answer, reasons[answer], f"{SI}(2)(a)")
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
        f"{SI}(3) and (5), sanctuary scheme",
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
    fact, answer = FACTS[code], case.known(code)
    reasons = {
        Answer.YES: fact.holds,
        Answer.NO: fact.fails,
        Answer.UNKNOWN: f"Not known yet. {fact.question}",
    }
    return TestResult(code, fact.label, answer, reasons[answer], fact.source)


def _bed_and_breakfast_test(case: LegalCase) -> TestResult:
    """Paragraph (2)(c): met by whatever takes it out of the definition in paragraph (5)."""
    manages = case.known("provider_manages")
    ways_out = {
        FACTS["temporary"].fails: _not(case.known("temporary")),
        FACTS["self_contained"].holds: case.known("self_contained"),
        FACTS["shared_facilities"].fails: _not(case.known("shared_facilities")),
        "The council, non-profit registered provider or voluntary organisation that provides the"
        " accommodation owns or manages the building.": _all((manages, exempt_body(case.body))),
        FACTS["other_exempt_manager"].holds: case.known("other_exempt_manager"),
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
        f"{SI}(2)(c) and (5), bed and breakfast accommodation",
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
    return next((code for code in codes if case.known(code) is Answer.UNKNOWN), None)


def _suppositions(case: LegalCase, code: str) -> tuple[LegalCase, ...]:
    """Copy the case with each possible answer to one unknown."""
    body, answers = case.body, (Answer.YES, Answer.NO)
    if code in FACTS:
        return tuple(replace(case, facts={**case.facts, code: answer}) for answer in answers)
    if code == "supports_da_in_objects":
        bodies = [replace(body, supports_da_in_objects=answer) for answer in answers]
    elif code == "non_profit":
        bodies = [replace(body, non_profit=answer) for answer in answers]
    else:
        bodies = [replace(body, provider_type=kind) for kind in _TOLD_APART]
    return tuple(replace(case, provider=supposed) for supposed in bodies)


def _is_type(body: Provider, kind: ProviderType) -> Answer:
    """Say whether a body is of a kind."""
    return _is_one_of(body, frozenset({kind}))


def _is_one_of(body: Provider, kinds: frozenset[ProviderType]) -> Answer:
    """Say whether a body is of one of some kinds."""
    if body.provider_type is ProviderType.UNKNOWN:
        return Answer.UNKNOWN
    return Answer.YES if body.provider_type in kinds else Answer.NO


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
