"""Where in its range each figure stands: three whole runs, seeded draws, and one moved alone.

A **level** runs from 0, the end that is worse for coverage, over 0.5, the central figure, to 1,
the better end. The cautious run takes 0 for everything, the central run 0.5, the optimistic run
1. A :class:`Draw` takes a level of its own for each key, evenly between 0 and 1: as likely
above as below the central figure, and even within each half of the range. A :class:`Pinned`
stance moves the figures it names and leaves all others central.

The level of a draw depends on the seed, the number of the draw and the key alone. So two packs
or scenarios meet the same luck (common random numbers), and a new figure changes no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Mapping

WORST: Final = 0.0
MIDDLE: Final = 0.5
BEST: Final = 1.0
LIKELIER: Final = 0.75
"""Share of draws in which an unanswered question has the likelier answer: a planning input."""
_WHOLE: Final = 2.0**64
_LEVELS: Final = {Run.CAUTIOUS: WORST, Run.CENTRAL: MIDDLE, Run.OPTIMISTIC: BEST}


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of every figure at once; ``seed`` and ``number`` are whole numbers from 0."""

    seed: int
    number: int

    def level(self, key: str) -> float:
        """Level of ``key``: even between 0 and 1, independent between keys and numbers."""
        name = f"{self.seed}/{self.number}/{key}".encode()
        return int.from_bytes(blake2b(name, digest_size=8).digest(), "big") / _WHOLE


@dataclass(frozen=True, slots=True, eq=False)
class Pinned:
    """Figures in ``levels`` stand where it says; all others are central."""

    levels: Mapping[str, float] = field(default_factory=dict)

    def level(self, key: str) -> float:
        """Level of ``key``."""
        return self.levels.get(key, MIDDLE)


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """``first``, but for the ``keys`` that stand as in ``second``."""

    first: Draw
    second: Draw
    keys: frozenset[str]

    def level(self, key: str) -> float:
        """Level of ``key``."""
        return (self.second if key in self.keys else self.first).level(key)


@dataclass(frozen=True, slots=True, eq=False)
class Listening:
    """Central, and notes in ``asked`` each key that has a range, in the order of asking."""

    asked: dict[str, None] = field(default_factory=dict)

    def level(self, key: str) -> float:
        """Level of ``key``: always the middle."""
        self.asked[key] = None
        return MIDDLE


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """``inner``, and notes in ``levels`` what it answered for each key."""

    inner: Draw | Pinned | Mixed | Listening | Traced
    levels: dict[str, float] = field(default_factory=dict)

    def level(self, key: str) -> float:
        """Level of ``key``."""
        found = self.levels[key] = self.inner.level(key)
        return found


Stance = Run | Draw | Pinned | Mixed | Listening | Traced
"""How every figure of a run is taken."""


def between(stance: Stance, key: str, *, worse: float, central: float, better: float) -> float:
    """Value of a figure with these ends; each half of the range is straight."""
    level = _LEVELS[stance] if isinstance(stance, Run) else stance.level(key)
    end, share = (better, 2 * level - 1) if level >= MIDDLE else (worse, 1 - 2 * level)
    return central * (1 - share) + end * share


def holds(stance: Stance, key: str, *, likelier: bool, chance: float = LIKELIER) -> bool:
    """Whether something that nobody knows holds.

    The cautious run takes it as no, the optimistic run as yes, the central run as ``likelier``.
    A draw takes the likelier answer with the probability ``chance`` (a half or more), and *no*
    at its lower levels.
    """
    if stance is Run.CAUTIOUS or stance is Run.OPTIMISTIC:
        return stance is Run.OPTIMISTIC
    if isinstance(stance, Run):
        return likelier
    return stance.level(key) >= (1 - chance if likelier else chance)
