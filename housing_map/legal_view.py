"""The legal finding of each service in a pack, from its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from housing_map.legal import Finding, LegalCase, Provider, exempt_body, relevant_accommodation
from housing_map.vocabulary import KINDS, Answer, ProviderType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from housing_map.pack import Pack


def findings(pack: Pack) -> dict[str, Finding]:
    """Whether each service is relevant accommodation (SI 2021/991), by service identifier."""
    bodies = {
        str(row["organisation_id"]): _provider(row)
        for row in pack["organisations"].to_dict("records")
    }
    facts: dict[str, dict[str, Answer]] = {}
    for row in pack["legal_facts"].to_dict("records"):
        facts.setdefault(str(row["service_id"]), {})[str(row["fact"])] = Answer(row["answer"])
    return {
        str(row["service_id"]): relevant_accommodation(_case(row, bodies, facts))
        for row in pack["services"].to_dict("records")
    }


def _provider(row: Mapping[Any, Any]) -> Provider:
    return Provider(
        provider_type=ProviderType(row["provider_type"]),
        supports_da_in_objects=Answer(row["supports_da_in_objects"]),
        non_profit=Answer(row["non_profit"]),
        voluntary=Answer(row["voluntary"]),
    )


def _case(
    row: Mapping[Any, Any],
    bodies: Mapping[str, Provider],
    facts: Mapping[str, Mapping[str, Answer]],
) -> LegalCase:
    """Gather what is known; ownership by an exempt body follows from who the landlord is."""
    provider = bodies.get(_text(row["accommodation_provider_id"]))
    landlord = bodies.get(_text(row["landlord_id"]))
    known = dict(facts.get(str(row["service_id"]), {}))
    same = _text(row["landlord_id"]) and row["landlord_id"] == row["accommodation_provider_id"]
    if same:
        known.setdefault("provider_manages", Answer.YES)
    if landlord is not None and exempt_body(landlord) is Answer.YES:
        known.setdefault("other_exempt_manager", Answer.YES)
    return LegalCase(KINDS[str(row["kind"])].category, provider, known)


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
