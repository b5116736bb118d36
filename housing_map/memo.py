"""Results kept while the tables they come from live.

A scenario changes a few tables of a pack and shares the rest. What depends on the shared ones
alone need not be worked out again: :func:`kept_for` keeps the results of a function by the
identity of the tables it names, and by its other arguments.

A draw that moves one figure leaves most of a run as it was: :func:`kept_by_level` keeps the last
results of a function by the levels it asked for, and gives one back when all of them are as then.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from housing_map.stance import Traced
from housing_map.vocabulary import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from housing_map.pack import Pack
    from housing_map.stance import Stance

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Hashable")


def kept_for(
    *tables: str, size: int = 16
) -> Callable[[Callable[Concatenate[Pack, P], R]], Callable[Concatenate[Pack, P], R]]:
    """Keep the last ``size`` results of a function of a pack that reads only ``tables``.

    The name ``info`` stands for ``pack.json`` and ``layers`` for the boundaries. Further
    arguments must be hashable. Results are shared: treat them as read-only.
    """

    def decorate(work: Callable[Concatenate[Pack, P], R]) -> Callable[Concatenate[Pack, P], R]:
        # The parts are held beside the result, so that their identities are not used again.
        held: OrderedDict[tuple[object, ...], tuple[tuple[object, ...], R]] = OrderedDict()
        lock = Lock()

        @wraps(work)
        def keeping(pack: Pack, /, *args: P.args, **kwargs: P.kwargs) -> R:
            parts = tuple(_part(pack, name) for name in tables)
            key = (*map(id, parts), args, tuple(sorted(kwargs.items())))
            with lock:
                if key in held:
                    held.move_to_end(key)
                    return held[key][1]
            result = work(pack, *args, **kwargs)
            with lock:
                held[key] = (parts, result)
                while len(held) > size:
                    held.popitem(last=False)
            return result

        return keeping

    return decorate


def kept_by_level(
    work: Callable[[Pack, S, Stance], R], size: int = 4
) -> Callable[[Pack, S, Stance], R]:
    """Keep the last ``size`` results of a function of pack, settings and stance.

    What the function makes of a stance must come from its levels alone. A run is worked out
    afresh: whole runs are kept elsewhere.
    """
    held: deque[tuple[Pack, S, dict[str, float], R]] = deque(maxlen=size)

    @wraps(work)
    def keeping(pack: Pack, settings: S, stance: Stance) -> R:
        if isinstance(stance, Run):
            return work(pack, settings, stance)
        for known, asked, levels, result in tuple(held):
            same = known is pack and asked == settings
            if same and all(stance.level(key) == level for key, level in levels.items()):
                return result
        traced = Traced(stance)
        result = work(pack, settings, traced)
        held.append((pack, settings, traced.levels, result))
        return result

    return keeping


def _part(pack: Pack, name: str) -> object:
    if name in {"info", "layers"}:
        return getattr(pack, name)
    return pack.tables.get(name)
