"""Two years of the shipped pack: next year's data as a scenario would make them."""

from dataclasses import replace
from datetime import date

import pytest

from housing_map.changes import AddService, Resize, Route
from housing_map.inventory import Presence
from housing_map.model import Settings
from housing_map.pack import default_folder, load_pack
from housing_map.scenario import Scenario, apply
from housing_map.vocabulary import Answer, Component, Goal
from housing_map.year_causes import Cause
from housing_map.year_on_year import year_on_year

SAFE = Settings(goal=Goal.SAFE)


def test_homes_that_open_and_places_that_are_added_explain_the_year() -> None:
    """Six dispersed homes take 6 × 0.9 × 365 ÷ 180 = 10.95 households, four refuge places 9.95.

    All of it is found under places: a new service with a figure of its own leaves the pool of its
    kind, which the scenario makes larger by as much, so that the rest keep theirs.
    """
    pack = load_pack(default_folder())
    day = pack.info.reference_date
    homes = AddService(
        service_id="six_homes", name="Six homes", kind="dispersed", capacity=6, basis="units"
    )
    advocate = AddService(
        service_id="advocate",
        name="Advocate",
        kind="mobile_advocacy",
        like="pdap_community",
        otherwise=Answer.YES,
        routes=(Route(from_id="entry:self", to_id="advocate"),),
    )
    more = Resize(pool="pool:refuge", by=4)
    scenario = Scenario(name="Next year", changes=(homes, advocate, more))
    applied = apply(pack, scenario, SAFE)
    assert applied.skipped == ()
    later = applied.pack
    info = later.info.model_copy(update={"reference_date": date(day.year + 1, day.month, 28)})
    found = year_on_year(pack, replace(later, info=info, digest="f" * 64), SAFE)
    assert found.causes is not None
    assert found.causes.exact
    shares = {one.cause: one.met for one in found.causes.shares}
    assert shares[Cause.SERVICES] == pytest.approx(0, abs=0.01)
    assert shares[Cause.PLACES] == pytest.approx(10.95 + 9.95, abs=0.01)
    assert found.figure("met").difference == pytest.approx(20.9, abs=0.01)
    assert found.figure("demand").difference == pytest.approx(0, abs=1e-6)
    assert found.not_compared == ()
    came = {one.component: one.before for one in found.provision}
    assert came == {Component.MOBILE: Presence.ABSENT}
    assert "absent:mobile_advocacy" in {one.id for one in found.closed()}
