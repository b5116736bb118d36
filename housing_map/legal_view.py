"""The legal finding of each service in a pack, from its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from housing_map.cells import records, text
from housing_map.kinds import KINDS
from housing_map.legal import Finding, exempt_body, relevant_accommodation
from housing_map.legal_case import LegalCase, Provider
from housing_map.vocabulary import Answer, ProviderType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.cells import Row
    from housing_map.pack import Pack


def findings(pack: Pack) -> dict[str, Finding]:
    """Whether each service is relevant accommodation (SI 2021/991), by service identifier."""
    bodies = {str(row["organisation_id"]): _provider(row) for row in records(pack["organisations"])}
    facts: dict[str, dict[str, Answer]] = {}
    for row in records(pack["legal_facts"]):
        facts.setdefault(str(row["service_id"]), {})[str(row["fact"])] = Answer(row["answer"])
    return {
        str(row["service_id"]): relevant_accommodation(_case(row, bodies, facts))
        for row in records(pack["services"])
    }


def _provider(row: Row) -> Provider:
    return Provider(
        provider_type=ProviderType(row["provider_type"]),
        supports_da_in_objects=Answer(row["supports_da_in_objects"]),
        non_profit=Answer(row["non_profit"]),
        voluntary=Answer(row["voluntary"]),
    )


def _case(
    row: Row,
    bodies: Mapping[str, Provider],
    facts: Mapping[str, Mapping[str, Answer]],
) -> LegalCase:
    """Gather what is known; ownership by an exempt body follows from who the landlord is."""
    provider_id, landlord_id = text(row["accommodation_provider_id"]), text(row["landlord_id"])
    provider, landlord = bodies.get(provider_id), bodies.get(landlord_id)
    known = dict(facts.get(str(row["service_id"]), {}))
    if landlord_id and landlord_id == provider_id:
        known.setdefault("provider_manages", Answer.YES)
    if landlord is not None and exempt_body(landlord) is Answer.YES:
        known.setdefault("other_exempt_manager", Answer.YES)
    return LegalCase(KINDS[str(row["kind"])].category, provider, known)
