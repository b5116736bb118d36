"""What a service is in law: each rule of SI 2021/991 regulation 2, and what stays open.

The cases are written from the text of the regulation. The properties say what holds for every
case: knowing more never overturns a finding, and a question is asked if and only if its answer
can still matter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from housing_map import kinds
from housing_map.legal import Finding, Relevance, exempt_body, relevant_accommodation
from housing_map.legal_case import LegalCase, Provider
from housing_map.legal_facts import BODY_QUESTIONS, FACTS
from housing_map.vocabulary import Answer, LegalCategory, ProviderType

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
REFUGE, DISPERSED = LegalCategory.REFUGE, LegalCategory.DISPERSED
SPECIALIST, SECOND_STAGE = LegalCategory.SPECIALIST, LegalCategory.SECOND_STAGE
OTHER_EMERGENCY, SANCTUARY = LegalCategory.OTHER_EMERGENCY, LegalCategory.SANCTUARY

COUNCIL = Provider(ProviderType.HOUSING_AUTHORITY)
ASSOCIATION = Provider(ProviderType.REGISTERED_PROVIDER, non_profit=YES)
FOR_PROFIT = Provider(ProviderType.REGISTERED_PROVIDER, non_profit=NO)
ANY_ASSOCIATION = Provider(ProviderType.REGISTERED_PROVIDER)
CHARITY = Provider(ProviderType.CHARITY, supports_da_in_objects=YES)
OTHER_CHARITY = Provider(ProviderType.CHARITY, supports_da_in_objects=NO)
ANY_CHARITY = Provider(ProviderType.CHARITY)
POLICE = Provider(ProviderType.POLICE)
HEALTH = Provider(ProviderType.HEALTH)
COMPANY = Provider(ProviderType.OTHER)

# A shared house: bed and breakfast, unless the right kind of body owns or manages it.
SHARED = {"temporary": YES, "self_contained": NO, "shared_facilities": YES}
MANAGED = {"provider_manages": YES, "other_exempt_manager": NO}
COMMERCIAL = {"provider_manages": NO, "other_exempt_manager": NO}
FLATS = {"self_contained": YES}
IS_REFUGE = {"used_for_da": YES, "support_tied": YES}
IS_DISPERSED = {"self_contained": YES, "support_like_refuge": YES}
IS_SECOND_STAGE = {"moves_on_from_listed": YES, "fixed_term_support": YES, "enables_move_on": YES}
IS_SANCTUARY = {"own_home": YES, "extra_security": YES}
HARDENING = "target hardening, outside Part 4"


def find(
    category: LegalCategory | None, provider: Provider | None, *facts: Mapping[str, Answer]
) -> Finding:
    """Judge a service of which all these facts are known; later ones replace earlier ones."""
    together = {code: answer for some in facts for code, answer in some.items()}
    return relevant_accommodation(LegalCase(category, provider, together))


def answer_of(finding: Finding, code: str) -> Answer:
    """Answer to one condition of a finding."""
    return next(test.answer for test in finding.tests if test.code == code)


@pytest.mark.parametrize(
    ("category", "provider", "facts"),
    [
        # Paragraph (2)(a): all three kinds of body qualify.
        pytest.param(REFUGE, COUNCIL, IS_REFUGE | FLATS, id="refuge of a council"),
        pytest.param(REFUGE, ASSOCIATION, IS_REFUGE | FLATS, id="refuge of an association"),
        pytest.param(REFUGE, CHARITY, IS_REFUGE | FLATS, id="refuge of a charity for victims"),
        # Paragraph (5): what takes a shared house out of bed and breakfast.
        pytest.param(REFUGE, CHARITY, IS_REFUGE | SHARED | MANAGED, id="charity's shared house"),
        pytest.param(REFUGE, COUNCIL, IS_REFUGE | SHARED | MANAGED, id="council's shared house"),
        pytest.param(REFUGE, ASSOCIATION, IS_REFUGE | SHARED | MANAGED, id="association's shared"),
        pytest.param(
            REFUGE,
            FOR_PROFIT,
            IS_REFUGE | SHARED | COMMERCIAL | {"other_exempt_manager": YES},
            id="for-profit provider in a house of a voluntary organisation",
        ),
        pytest.param(
            REFUGE,
            COUNCIL,
            IS_REFUGE | SHARED | COMMERCIAL | {"temporary": NO},
            id="shared and commercial, but not temporary",
        ),
        pytest.param(
            REFUGE,
            COUNCIL,
            IS_REFUGE | SHARED | COMMERCIAL | {"shared_facilities": NO},
            id="commercial and not self-contained, but nothing is shared",
        ),
        # A for-profit registered provider is still a registered provider.
        pytest.param(REFUGE, FOR_PROFIT, IS_REFUGE | FLATS, id="for-profit provider's flats"),
        # Paragraph (4)(b) to (e): the other forms.
        pytest.param(
            SPECIALIST, CHARITY, {"dedicated_specialist": YES} | FLATS, id="specialist of a charity"
        ),
        pytest.param(DISPERSED, ASSOCIATION, IS_DISPERSED, id="dispersed of an association"),
        pytest.param(SECOND_STAGE, CHARITY, IS_SECOND_STAGE | FLATS, id="second stage"),
        pytest.param(
            OTHER_EMERGENCY, COUNCIL, {"designated": YES} | FLATS, id="designated by the council"
        ),
        # Paragraph (3): sanctuary needs neither (2)(a) nor (2)(c).
        pytest.param(SANCTUARY, COUNCIL, IS_SANCTUARY, id="sanctuary of a council"),
        pytest.param(SANCTUARY, ASSOCIATION, IS_SANCTUARY, id="sanctuary of an association"),
        pytest.param(
            SANCTUARY,
            FOR_PROFIT,
            IS_SANCTUARY | SHARED | COMMERCIAL,
            id="sanctuary in shared commercial housing",
        ),
    ],
)
def test_service_that_meets_every_condition_is_relevant(
    category: LegalCategory, provider: Provider, facts: dict[str, Answer]
) -> None:
    """Protects provision that qualifies from being left out of the Part 4 count."""
    finding = find(category, provider, facts)
    assert finding.answer is Relevance.YES
    assert finding.category is category
    assert {test.answer for test in finding.tests} == {YES}
    assert finding.questions == ()
    assert finding.asks == ()


@pytest.mark.parametrize(
    ("category", "provider", "facts", "failed", "reason"),
    [
        pytest.param(
            REFUGE,
            OTHER_CHARITY,
            IS_REFUGE | FLATS,
            {"supports_da_in_objects"},
            "objects of the charity do not include",
            id="charity without such objects",
        ),
        pytest.param(
            REFUGE, COMPANY, IS_REFUGE | FLATS, {"provider_type"}, "not by a council", id="company"
        ),
        pytest.param(
            REFUGE, HEALTH, IS_REFUGE | FLATS, {"provider_type"}, "a health body", id="health body"
        ),
        pytest.param(
            REFUGE,
            COUNCIL,
            IS_REFUGE | SHARED | COMMERCIAL,
            {"bed_and_breakfast"},
            "It is bed and breakfast accommodation",
            id="council's rooms in a commercial bed and breakfast",
        ),
        pytest.param(
            REFUGE,
            CHARITY,
            IS_REFUGE | SHARED | COMMERCIAL,
            {"bed_and_breakfast"},
            "It is bed and breakfast accommodation",
            id="charity's rooms in a commercial bed and breakfast",
        ),
        pytest.param(
            REFUGE,
            FOR_PROFIT,
            IS_REFUGE | SHARED | MANAGED,
            {"bed_and_breakfast"},
            "non-profit registered provider",
            id="for-profit provider's shared house",
        ),
        pytest.param(
            REFUGE,
            CHARITY,
            IS_REFUGE | FLATS | {"support_tied": NO},
            {"support_tied"},
            "No domestic abuse support is tied",
            id="refuge without support",
        ),
        pytest.param(
            REFUGE,
            CHARITY,
            IS_REFUGE | FLATS | {"used_for_da": NO},
            {"used_for_da"},
            "not used wholly or mainly",
            id="hostel for others too",
        ),
        pytest.param(
            SPECIALIST,
            CHARITY,
            FLATS | {"dedicated_specialist": NO},
            {"dedicated_specialist"},
            "no dedicated specialist support",
            id="specialist in name",
        ),
        pytest.param(
            DISPERSED,
            CHARITY,
            IS_DISPERSED | {"self_contained": NO, "temporary": NO},
            {"self_contained"},
            "not self-contained",
            id="dispersed but not self-contained",
        ),
        pytest.param(
            DISPERSED,
            CHARITY,
            IS_DISPERSED | {"support_like_refuge": NO},
            {"support_like_refuge"},
            "do not get as much",
            id="dispersed with little support",
        ),
        pytest.param(
            SECOND_STAGE,
            CHARITY,
            IS_SECOND_STAGE | FLATS | {"moves_on_from_listed": NO},
            {"moves_on_from_listed"},
            "a sanctuary scheme does not count",
            id="second stage after sanctuary",
        ),
        pytest.param(
            SECOND_STAGE,
            CHARITY,
            IS_SECOND_STAGE | FLATS | {"fixed_term_support": NO},
            {"fixed_term_support"},
            "no fixed period",
            id="second stage without a fixed period",
        ),
        pytest.param(
            SECOND_STAGE,
            CHARITY,
            IS_SECOND_STAGE | FLATS | {"enables_move_on": NO},
            {"enables_move_on"},
            "not there to help people move",
            id="second stage with nowhere to go on to",
        ),
        pytest.param(
            OTHER_EMERGENCY,
            COUNCIL,
            FLATS | {"designated": NO},
            {"designated"},
            "not designated",
            id="emergency place that nobody designated",
        ),
        pytest.param(
            SANCTUARY,
            COUNCIL,
            IS_SANCTUARY | {"own_home": NO},
            {"own_home"},
            "does not let victims of domestic abuse stay",
            id="sanctuary away from home",
        ),
        pytest.param(
            SANCTUARY,
            COUNCIL,
            IS_SANCTUARY | {"extra_security": NO},
            {"extra_security"},
            "no extra security",
            id="sanctuary without works",
        ),
    ],
)
def test_one_condition_not_met_rules_a_service_out_and_says_which(
    category: LegalCategory,
    provider: Provider,
    facts: dict[str, Answer],
    failed: set[str],
    reason: str,
) -> None:
    """Protects the reader's view of why: the finding names the condition and its provision."""
    finding = find(category, provider, facts)
    assert finding.answer is Relevance.NO
    assert {test.code for test in finding.tests if test.answer is NO} == failed
    assert reason in finding.reason
    assert finding.questions == ()
    assert all(t.citation in finding.citation for t in finding.tests if t.code in failed)


@pytest.mark.parametrize("operator", [CHARITY, ANY_CHARITY, POLICE, HEALTH, COMPANY])
def test_sanctuary_of_any_other_operator_is_target_hardening(operator: Provider) -> None:
    """Protects the line between a sanctuary scheme and security works by a charity or police."""
    finding = find(SANCTUARY, operator, IS_SANCTUARY)
    assert finding.answer is Relevance.NO
    assert HARDENING in finding.reason
    assert answer_of(finding, "operator") is NO


def test_charity_that_is_a_registered_provider_can_operate_sanctuary() -> None:
    """Protects charities that are housing associations: they count as registered providers."""
    both = Provider(ProviderType.REGISTERED_PROVIDER, YES, non_profit=YES, voluntary=YES)
    assert find(SANCTUARY, both, IS_SANCTUARY).answer is Relevance.YES


@pytest.mark.parametrize("provider", [None, COUNCIL, CHARITY, COMPANY])
def test_no_category_is_a_finding_outside_part_4(provider: Provider | None) -> None:
    """Protects homelessness and target-hardening services from being treated as errors."""
    finding = find(None, provider, SHARED)
    assert finding.answer is Relevance.NO
    assert "outside Part 4" in finding.reason
    assert finding.category is None
    assert finding.tests == ()
    assert finding.questions == ()


@pytest.mark.parametrize(
    ("category", "provider", "facts", "asks"),
    [
        # Each row: only what is listed can still change the finding.
        pytest.param(
            REFUGE,
            ANY_CHARITY,
            IS_REFUGE | FLATS,
            ("supports_da_in_objects",),
            id="charity whose objects nobody has read",
        ),
        pytest.param(
            REFUGE,
            None,
            IS_REFUGE | FLATS,
            ("provider_type", "supports_da_in_objects"),
            id="provider not known",
        ),
        pytest.param(
            REFUGE,
            Provider(supports_da_in_objects=YES),
            IS_REFUGE | FLATS,
            ("provider_type",),
            id="objects known, kind of body not",
        ),
        pytest.param(
            REFUGE,
            ANY_ASSOCIATION,
            IS_REFUGE | SHARED | MANAGED,
            ("non_profit",),
            id="association's shared house, profit not known",
        ),
        pytest.param(
            REFUGE,
            CHARITY,
            IS_REFUGE,
            (
                "temporary",
                "self_contained",
                "shared_facilities",
                "provider_manages",
                "other_exempt_manager",
            ),
            id="nothing known of the building",
        ),
        pytest.param(
            REFUGE,
            FOR_PROFIT,
            IS_REFUGE | {"temporary": YES},
            ("self_contained", "shared_facilities", "other_exempt_manager"),
            id="whether a for-profit provider manages it is idle",
        ),
        pytest.param(
            DISPERSED, CHARITY, {}, ("self_contained", "support_like_refuge"), id="dispersed"
        ),
        pytest.param(
            DISPERSED,
            CHARITY,
            {"support_like_refuge": YES, "shared_facilities": YES, "temporary": YES},
            ("self_contained",),
            id="dispersed: self-contained settles bed and breakfast too",
        ),
        pytest.param(
            SPECIALIST, COUNCIL, FLATS, ("dedicated_specialist",), id="specialist: its support"
        ),
        pytest.param(
            SECOND_STAGE,
            COUNCIL,
            IS_SECOND_STAGE | FLATS | {"fixed_term_support": UNKNOWN},
            ("fixed_term_support",),
            id="second stage: the period",
        ),
        pytest.param(
            OTHER_EMERGENCY, COUNCIL, FLATS, ("designated",), id="emergency: the designation"
        ),
        pytest.param(SANCTUARY, None, IS_SANCTUARY, ("operator",), id="sanctuary: the operator"),
        pytest.param(
            SANCTUARY, COUNCIL, {}, ("own_home", "extra_security"), id="sanctuary: what it does"
        ),
    ],
)
def test_what_is_not_known_is_asked_and_nothing_else(
    category: LegalCategory,
    provider: Provider | None,
    facts: dict[str, Answer],
    asks: tuple[str, ...],
) -> None:
    """Protects providers from questions that cannot change anything."""
    finding = find(category, provider, facts)
    assert finding.answer is Relevance.CANNOT_TELL
    assert finding.asks == asks
    words = BODY_QUESTIONS | {code: fact.question for code, fact in FACTS.items()}
    assert finding.questions == tuple(words[code] for code in asks)


BODY = ("provider_type", "supports_da_in_objects")
BUILDING = (
    "temporary",
    "self_contained",
    "shared_facilities",
    "provider_manages",
    "non_profit",
    "other_exempt_manager",
)


@pytest.mark.parametrize(
    ("category", "asks"),
    [
        (REFUGE, (*BODY, "used_for_da", "support_tied", *BUILDING)),
        (SPECIALIST, (*BODY, "dedicated_specialist", *BUILDING)),
        (DISPERSED, (*BODY, "self_contained", "support_like_refuge")),
        (SECOND_STAGE, (*BODY, *IS_SECOND_STAGE, *BUILDING)),
        (OTHER_EMERGENCY, (*BODY, "designated", *BUILDING)),
        (SANCTUARY, ("operator", "own_home", "extra_security")),
    ],
)
def test_with_nothing_known_all_and_only_what_matters_is_asked(
    category: LegalCategory, asks: tuple[str, ...]
) -> None:
    """Protects a new record: its first list of questions is complete and fits its form."""
    assert find(category, None).asks == asks


@pytest.mark.parametrize(
    ("category", "provider", "facts"),
    [
        pytest.param(REFUGE, COMPANY, {}, id="company, nothing else known"),
        pytest.param(REFUGE, None, {"support_tied": NO}, id="no support, provider not known"),
        pytest.param(REFUGE, ANY_CHARITY, SHARED | COMMERCIAL, id="bed and breakfast"),
        pytest.param(SANCTUARY, POLICE, {}, id="police, works not known"),
        pytest.param(SECOND_STAGE, None, {"fixed_term_support": NO}, id="no fixed period"),
    ],
)
def test_a_definite_no_hides_the_questions_that_no_longer_matter(
    category: LegalCategory, provider: Provider | None, facts: dict[str, Answer]
) -> None:
    """Protects against chasing answers about a service that is ruled out anyway."""
    finding = find(category, provider, facts)
    assert finding.answer is Relevance.NO
    assert finding.questions == ()
    assert finding.asks == ()
    assert UNKNOWN in {test.answer for test in finding.tests}


def test_objects_are_a_condition_for_charities_alone() -> None:
    """Protects councils and associations from being asked about charitable objects."""
    codes = {test.code for test in find(REFUGE, COUNCIL, IS_REFUGE).tests}
    assert "supports_da_in_objects" not in codes
    assert "supports_da_in_objects" in {test.code for test in find(REFUGE, CHARITY).tests}


def test_each_condition_cites_the_paragraph_it_rests_on() -> None:
    """Protects the page that shows how a finding came about: nothing without its provision."""
    for category in LegalCategory:
        finding = find(category, None)
        assert all(test.citation.startswith("SI 2021/991 reg 2(") for test in finding.tests)
        assert all(test.label and test.reason for test in finding.tests)
        assert finding.citation.startswith("SI 2021/991 reg 2(1), (")
    assert {"(4)(a)", "(4)(e)"} == {
        find(category, None).citation[-6:] for category in (REFUGE, OTHER_EMERGENCY)
    }


@pytest.mark.parametrize(
    ("provider", "exempt"),
    [
        pytest.param(COUNCIL, YES, id="council"),
        pytest.param(ASSOCIATION, YES, id="non-profit registered provider"),
        pytest.param(FOR_PROFIT, NO, id="for-profit registered provider"),
        pytest.param(ANY_ASSOCIATION, UNKNOWN, id="registered provider"),
        pytest.param(ANY_CHARITY, YES, id="charity"),
        pytest.param(Provider(ProviderType.CHARITY, voluntary=NO), NO, id="public-body charity"),
        pytest.param(Provider(ProviderType.OTHER, voluntary=YES), YES, id="voluntary body"),
        pytest.param(Provider(ProviderType.OTHER, voluntary=NO), NO, id="hotel company"),
        pytest.param(COMPANY, UNKNOWN, id="other body"),
        pytest.param(POLICE, NO, id="public body"),
        pytest.param(Provider(), UNKNOWN, id="unknown body"),
    ],
)
def test_bodies_whose_buildings_are_never_bed_and_breakfast(
    provider: Provider, exempt: Answer
) -> None:
    """Protects the exception in paragraph (5): non-profit providers and voluntary bodies."""
    assert exempt_body(provider) is exempt


def test_every_form_and_kind_of_body_is_known_to_the_law() -> None:
    """Protects against a form or body added to the vocabulary and forgotten here."""
    for category, kind in product(LegalCategory, ProviderType):
        assert find(category, Provider(kind)).answer in Relevance
    assert {kind.category for kind in kinds.KINDS.values()} == {*LegalCategory, None}


def test_every_fact_is_a_question_that_some_form_asks() -> None:
    """Protects the list of facts from rows that no test reads."""
    asked = {code for category in LegalCategory for code in find(category, None).asks}
    assert set(FACTS) | set(BODY_QUESTIONS) == asked
    assert all(code == fact.code for code, fact in FACTS.items())
    assert all("?" in question for question in BODY_QUESTIONS.values())
    assert len({fact.question for fact in FACTS.values()}) == len(FACTS)


def test_a_word_that_is_no_fact_is_refused() -> None:
    """Protects against a misspelt fact that would silently count as unknown."""
    with pytest.raises(ValueError, match="'self_contaned'"):
        LegalCase(REFUGE, COUNCIL, {"self_contaned": YES})


def test_depends_is_no_answer_to_a_legal_question() -> None:
    """Protects the logic: the law knows yes and no, and we may not know which."""
    with pytest.raises(ValueError, match="own_home is 'depends', not one of"):
        LegalCase(SANCTUARY, COUNCIL, {"own_home": Answer.DEPENDS})
    with pytest.raises(ValueError, match="non_profit is 'depends', not one of"):
        Provider(ProviderType.REGISTERED_PROVIDER, non_profit=Answer.DEPENDS)


def test_a_case_keeps_its_own_facts() -> None:
    """Protects a frozen case from changes to the dictionary it was made of."""
    facts = {"own_home": YES}
    case = LegalCase(SANCTUARY, COUNCIL, facts)
    facts["own_home"] = NO
    assert case.facts == {"own_home": YES}


# Properties, over every form, body and set of facts.

UNKNOWN_BODY = ProviderType.UNKNOWN
QUALIFIED = (ProviderType.HOUSING_AUTHORITY, ProviderType.REGISTERED_PROVIDER, ProviderType.CHARITY)
# Yes and unknown come up more often than no: one no decides, and leaves little to examine.
ANSWERS = st.sampled_from([YES, UNKNOWN, YES, UNKNOWN, NO])
BODIES = st.sampled_from([*QUALIFIED, UNKNOWN_BODY, *QUALIFIED, UNKNOWN_BODY, *ProviderType])
PROVIDERS = st.builds(Provider, BODIES, ANSWERS, ANSWERS, ANSWERS)
FACT_ANSWERS = {
    code: st.sampled_from([YES, UNKNOWN, NO]) if code in SHARED | MANAGED else ANSWERS
    for code in FACTS
}
CASES = st.builds(
    LegalCase,
    st.sampled_from(LegalCategory),
    st.none() | PROVIDERS,
    st.fixed_dictionaries({}, optional=FACT_ANSWERS),
)
BODY_ANSWERS = ("supports_da_in_objects", "non_profit", "voluntary")
EVERYTHING = (*BODY_ANSWERS, "provider_type", *FACTS)


def value_of(case: LegalCase, code: str) -> Answer | ProviderType:
    """Look up what a case holds under a code."""
    if code in FACTS:
        return case.facts.get(code, UNKNOWN)
    body = case.provider or Provider()
    if code in BODY_ANSWERS:
        return Answer(getattr(body, code))
    return body.provider_type


def possible_values(code: str) -> tuple[Answer | ProviderType, ...]:
    """List everything that an unknown can turn out to be."""
    if code in FACTS or code in BODY_ANSWERS:
        return (YES, NO)
    return tuple(kind for kind in ProviderType if kind is not UNKNOWN_BODY)


def learn(case: LegalCase, code: str, value: Answer | ProviderType) -> LegalCase:
    """Copy the case with one unknown made known; what is known already stays as it is."""
    if value_of(case, code) not in (UNKNOWN, UNKNOWN_BODY):
        return case
    if code in FACTS:
        return replace(case, facts={**case.facts, code: Answer(value)})
    body = case.provider or Provider()
    if code in BODY_ANSWERS:
        answers = {name: getattr(body, name) for name in BODY_ANSWERS} | {code: Answer(value)}
        return replace(case, provider=Provider(body.provider_type, **answers))
    return replace(case, provider=replace(body, provider_type=ProviderType(value)))


def asked(case: LegalCase) -> tuple[str, ...]:
    """List what a finding asks; who operates a scheme is the kind of body."""
    asks = relevant_accommodation(case).asks
    return tuple("provider_type" if code == "operator" else code for code in asks)


def unknowns(case: LegalCase) -> list[str]:
    """List what a case leaves open."""
    return [c for c in EVERYTHING if value_of(case, c) in (UNKNOWN, UNKNOWN_BODY)]


def completions(case: LegalCase, codes: tuple[str, ...]) -> Iterator[LegalCase]:
    """Answer some questions in every possible way."""
    for values in product(*(possible_values(code) for code in codes)):
        learnt = case
        for code, value in zip(codes, values, strict=True):
            learnt = learn(learnt, code, value)
        yield learnt


@settings(max_examples=300)
@given(case=CASES, data=st.data())
def test_knowing_more_never_overturns_a_finding(case: LegalCase, data: st.DataObject) -> None:
    """Protects decisions already taken: an answer settles what was open and nothing else."""
    before = relevant_accommodation(case)
    for code in data.draw(st.lists(st.sampled_from(unknowns(case) or ["own_home"]), unique=True)):
        case = learn(case, code, data.draw(st.sampled_from(possible_values(code))))
    after = relevant_accommodation(case)
    if before.answer is not Relevance.CANNOT_TELL:
        assert after.answer is before.answer
    later = {test.code: test.answer for test in after.tests}
    for test in before.tests:
        if test.answer is not UNKNOWN:
            assert later.get(test.code, test.answer) is test.answer


@settings(max_examples=300)
@given(case=CASES)
def test_the_questions_asked_suffice_to_reach_either_answer(case: LegalCase) -> None:
    """Protects *cannot tell*: it is said only where the asked facts can still go both ways."""
    if relevant_accommodation(case).answer is not Relevance.CANNOT_TELL:
        return
    codes = asked(case)
    wanted = {Relevance.YES, Relevance.NO}
    for learnt in completions(case, codes):
        wanted.discard(relevant_accommodation(learnt).answer)
        if not wanted:
            return
    pytest.fail(f"asking {codes} never gives {wanted}")


@settings(max_examples=300)
@given(case=CASES, data=st.data())
def test_answering_every_question_settles_the_finding(case: LegalCase, data: st.DataObject) -> None:
    """Protects the list of questions from being too short."""
    for code in asked(case):
        case = learn(case, code, data.draw(st.sampled_from(possible_values(code))))
    assert relevant_accommodation(case).answer is not Relevance.CANNOT_TELL


@settings(max_examples=300)
@given(case=CASES, data=st.data())
def test_what_is_not_asked_cannot_change_the_finding(case: LegalCase, data: st.DataObject) -> None:
    """Protects the list of questions from being too long or arbitrary, whatever else is so."""
    asks = asked(case)
    idle = [code for code in unknowns(case) if code not in asks]
    if not idle:
        return
    code = data.draw(st.sampled_from(idle))
    for other in data.draw(st.permutations([c for c in unknowns(case) if c != code])):
        case = learn(case, other, data.draw(st.sampled_from(possible_values(other))))
    found = {relevant_accommodation(learnt).answer for learnt in completions(case, (code,))}
    assert len(found) == 1


@given(case=CASES)
def test_each_question_asked_can_decide_by_itself(case: LegalCase) -> None:
    """Protects providers' time: for each question some case exists in which it alone decides."""
    codes = asked(case)
    for code in codes:
        others = tuple(other for other in codes if other != code)
        assert any(
            len({relevant_accommodation(end).answer for end in completions(almost, (code,))}) == 2
            for almost in completions(case, others)
        )
