"""Results kept while the tables they come from live.

A scenario changes a few tables of a pack and shares the rest. What depends on the shared ones
alone need not be worked out again: :func:`kept_for` keeps the results of a function by the
identity of the tables it names, and by its other arguments.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from housing_map.pack import Pack

P = ParamSpec("P")
R = TypeVar("R")


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


def _part(pack: Pack, name: str) -> object:
    if name in {"info", "layers"}:
        return getattr(pack, name)
    return pack.tables.get(name)
