"""Questions that a person could put to somebody, from the figures and rules a run had to guess.

A run asks the level of every figure that has a range and of every rule nobody has answered
(:class:`housing_map.stance.Listening`). Keys that one telephone call would settle are one
:class:`Question`: all that a service takes of one sort of need, or the share who accept a place
there whoever refers them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from housing_map import model
from housing_map.cells import records
from housing_map.eligibility import SUPPORT_NEEDS, answers, topic
from housing_map.kinds import KINDS
from housing_map.parameters import Register
from housing_map.schemas import split_codes
from housing_map.stance import Listening
from housing_map.vocabulary import CIRCUMSTANCES, ENTRIES, HOMES, RULES, Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from housing_map.model import Settings
    from housing_map.pack import Pack


class Theme(StrEnum):
    """What a question is about: groups whose shares of the uncertainty are reckoned."""

    PLACES = "places"
    STAYS = "stays"
    TAKES = "takes"
    ROUTES = "routes"
    RUNNING = "running"
    DEMAND = "demand"


THEMES: Final = {
    Theme.PLACES: "How many places there are",
    Theme.STAYS: "How long people stay and how full places are",
    Theme.TAKES: "Whom services take",
    Theme.ROUTES: "Who refers to whom, how long it takes and whether it comes off",
    Theme.RUNNING: "Whether services still run",
    Theme.DEMAND: "How many households seek help, and who they are",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question in words, and the keys of the figures that its answer would settle.

    ``asked_of`` is a service id, or empty for what no provider can answer. ``name`` says whom
    to ask, in words.
    """

    id: str
    theme: Theme
    asked_of: str
    name: str
    text: str
    keys: frozenset[str]


def questions(pack: Pack, settings: Settings) -> tuple[Question, ...]:
    """Return every question that the answer to ``settings`` rests on, by theme and id.

    Services that stand on no route, needs whose number is unknown and support types are left
    out: their answers would not change how many households are met.
    """
    listening = Listening()
    one = model.run_one(pack, settings, listening)
    setting = one.cells.setting
    names = {s.id: s.name for s in setting.services}
    names |= {f"entry:{code}": term.label for code, term in ENTRIES.items()}
    names |= {
        str(s): str(n)
        for s, n in zip(pack["services"]["service_id"], pack["services"]["name"], strict=True)
    }
    names |= {f"home:{code}": term.label.lower() for code, term in HOMES.items()}
    members = {p.id: p.members for p in setting.pools}
    telling = _telling(pack, members, one.demand.shares.circumstances)
    labels = {key: figure.label for key, figure in Register(pack["parameters"]).figures.items()}
    words = _Words(names, members, labels)
    found: dict[str, tuple[Question, set[str]]] = {}
    for key in listening.asked:
        prefix, _, rest = key.partition(":")
        if prefix in {*_PLACES, "operating", "takes", "share"} and key not in telling:
            continue
        question = words.question(prefix, rest)
        if question is not None:
            found.setdefault(question.id, (question, set()))[1].add(key)
    listed = [
        Question(q.id, q.theme, q.asked_of, q.name, q.text, frozenset(keys))
        for q, keys in found.values()
    ]
    return tuple(sorted(listed, key=lambda q: (list(Theme).index(q.theme), q.id)))


def _telling(
    pack: Pack, members: Mapping[str, Sequence[str]], circumstances: Iterable[str]
) -> set[str]:
    """Keys of services, pools and national shares that can change how many households are met.

    Those of services at the end of some referral route, or used beside one that is; and of what
    they answer, rules that some household of a known number meets.
    """
    on_route = {str(service) for service in pack["referral_routes"]["to_id"]}
    services = list(records(pack["services"]))
    asked = {str(row["service_id"]): str(row["kind"]) for row in services}
    beside = {
        companion
        for row in services
        if row["service_id"] in on_route
        for companion in split_codes(row["used_with"])
    }
    asked = {service: kind for service, kind in asked.items() if service in on_route | beside}
    counted = {*circumstances, *(rule for rule in RULES if rule not in CIRCUMSTANCES)}
    given = answers(pack)
    rules = {
        (service, rule)
        for service in asked
        for rule in counted
        if given.get((service, rule), Answer.UNKNOWN) in {Answer.UNKNOWN, Answer.DEPENDS}
    }
    pools = {pool for pool, of_pool in members.items() if asked.keys() & {*of_pool}}
    return {
        *(f"{prefix}:{pool}" for prefix in _PLACES for pool in pools),
        *(f"operating:{service}" for service in asked),
        *(f"takes:{service}:{topic(rule)}" for service, rule in rules),
        *(f"share:{asked[service]}:{rule}" for service, rule in rules),
    }


@dataclass(frozen=True, slots=True)
class _Words:
    """Puts the keys of a run into questions."""

    names: Mapping[str, str]
    members: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]

    def question(self, prefix: str, rest: str) -> Question | None:
        """Return the question that settles a key; None where nobody could be asked."""
        if prefix in _PLACES:
            theme, text = _PLACES[prefix]
            service, name = self._whom(rest)
            return Question(f"{prefix}:{rest}", theme, service, name, text, frozenset())
        if prefix in _STEPS:
            source, _, target = rest.partition(">")
            text = _STEPS[prefix].format(target=self._name(target))
            # Who refers hardly matters to what happens at the door: one call settles it. A home
            # has no door to ask at, so whoever leads there is asked.
            home = target.startswith("home:")
            asked, about = (source, rest) if home else (target, target)
            name = self._name(asked)
            return Question(f"{prefix}:{about}", Theme.ROUTES, asked, name, text, frozenset())
        if prefix == "route":
            source, _, target = rest.partition(">")
            text = f"Do you refer households to {self._name(target)}?"
            name = self._name(source)
            return Question(f"route:{rest}", Theme.ROUTES, source, name, text, frozenset())
        if prefix in {"operating", "takes"}:
            return self._of_service(*rest.partition(":")[::2])
        if prefix == "share":
            kind, _, rule = rest.partition(":")
            about = _TOPICS[topic(rule)]
            text = f"What share of your vacancies can take {about}?"
            name = f"each {KINDS[kind].label.lower()}"
            return Question(f"share:{kind}:{topic(rule)}", Theme.TAKES, "", name, text, frozenset())
        return self._assumption(prefix, rest)

    def _assumption(self, prefix: str, rest: str) -> Question | None:
        """Return the question behind a figure that no provider can give."""
        if prefix == "share_of":
            _, _, code = rest.partition(":")
            about = code.partition(":")[0]
            term = CIRCUMSTANCES.get(about)
            label = term.label.lower() if term else about.replace("_", " ")
            text = f"What share of households that seek help: {label}?"
        elif prefix in self.labels:
            text = f"{self.labels[prefix]}: what is the figure here?"
        else:
            return None
        return Question(
            f"{prefix}:{rest}", Theme.DEMAND, "", "Whoever keeps the figures", text, frozenset()
        )

    def _of_service(self, service: str, about: str) -> Question:
        """Ask a service whether it still runs, or whom it takes of one topic."""
        name = self._name(service)
        if not about:
            text = "Is this service still running?"
            return Question(f"operating:{service}", Theme.RUNNING, service, name, text, frozenset())
        text = f"Do you take {_TOPICS[about]}?"
        return Question(f"takes:{service}:{about}", Theme.TAKES, service, name, text, frozenset())

    def _whom(self, pool: str) -> tuple[str, str]:
        """Return the service to ask about a pool, and its name; of several, all their names."""
        members = self.members.get(pool, (pool,))
        name = " and ".join(self._name(member) for member in members)
        return (members[0] if len(members) == 1 else ""), name

    def _name(self, node: str) -> str:
        return self.names.get(node, node.replace("_", " "))


_PLACES: Final = {
    "capacity": (Theme.PLACES, "How many households can you take at one time, or in a year?"),
    "stay_days": (Theme.STAYS, "How many days does a household stay, on average?"),
    "occupancy": (Theme.STAYS, "What share of your places is in use over a year?"),
    "left": (Theme.PLACES, "How do the places divide between the services that share them?"),
}
_STEPS: Final = {
    "accepts": "Of the households offered {target}, how many take it?",
    "succeeds": "Of the households that try for {target}, how many get in?",
    "wait_days": "How many days do households wait for {target}?",
}
_TOPICS: Final = {
    SUPPORT_NEEDS: "people with needs for support with mental health, drugs, alcohol or offending",
    "mobility": "people who use a wheelchair, or need few steps",
    "children": "families with one or two, three, or four or more children",
    "sons": "boys, and up to what age",
    "age": "people aged 16 or 17, and people of 65 or over",
    "tenure": "people whatever their tenure, and which not",
    "right": "people whosever name their home is in",
    "risk": "people at every level of risk",
    "from": "people from inside the district, and from outside it",
    **{
        code: f"households where: {term.meaning}"
        for code, term in CIRCUMSTANCES.items()
        if term.level_of is None
    },
}
"""What each topic of rules is called in a question."""
