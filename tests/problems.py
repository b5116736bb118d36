"""Makers of small allocation problems, written column by column, and strategies that draw them."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from scipy import sparse

from housing_map.allocation import Instance


@dataclass(frozen=True)
class Column:
    """Offers to one block along one route: ``uses`` gives what an offer takes of each limit."""

    block: int
    uses: tuple[float, ...]
    meets: float = 1.0
    burden: float = 0.0


def problem(
    demand: list[float], limits: list[float], columns: list[Column], weight: float = 1.0
) -> Instance:
    """Write an instance column by column."""
    uses = np.array([c.uses for c in columns], dtype=float).reshape(len(columns), len(limits))
    return Instance(
        demand=np.array(demand, dtype=float),
        weight=np.full(len(demand), weight),
        block=np.array([c.block for c in columns], dtype=np.int64),
        meets=np.array([c.meets for c in columns], dtype=float),
        burden=np.array([c.burden for c in columns], dtype=float),
        use=sparse.csr_array(uses.T),
        limit=np.array(limits, dtype=float),
    )


def shuffled(
    instance: Instance, blocks: list[int], limits: list[int], columns: list[int]
) -> Instance:
    """Return an instance with its blocks, limits and columns in another order."""
    number = np.argsort(blocks)
    return Instance(
        demand=instance.demand[blocks],
        weight=instance.weight[blocks],
        block=number[instance.block[columns]],
        meets=instance.meets[columns],
        burden=instance.burden[columns],
        use=sparse.csr_array(instance.use.toarray()[np.ix_(limits, columns)]),
        limit=instance.limit[limits],
    )


SHARES = st.sampled_from([1.0, 0.8, 0.64, 0.5, 0.2])
DEMANDS = st.sampled_from([1.0, 2.0, 5.0, 7.5, 10.0, 40.0])
LIMITS = st.sampled_from([0.0, 1.0, 2.0, 5.0, 10.0, 30.0])
USES = st.sampled_from([0.0, 0.0, 1.0, 1.0, 0.8, 0.5])
BURDENS = st.sampled_from([0.003, 0.004, 0.005, 1.003, 1.004])


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """Draw up to 6 blocks, 4 limits and 5 routes, each open to some of the blocks."""
    demand = draw(st.lists(DEMANDS, min_size=1, max_size=6))
    limits = draw(st.lists(LIMITS, min_size=1, max_size=4))
    columns = []
    for _ in range(draw(st.integers(1, 5))):
        uses = tuple(draw(USES) for _ in limits)
        meets = min(draw(SHARES), *(use for use in uses if use), 1.0)
        burden = draw(BURDENS)
        blocks = draw(st.sets(st.integers(0, len(demand) - 1), min_size=1))
        columns += [Column(block, uses, meets, burden) for block in sorted(blocks)]
    return problem(demand, limits, columns)


@st.composite
def networks(draw: st.DrawFn) -> Instance:
    """Draw whole-number instances whose routes use one place and one home at most.

    Such a programme is a flow through a network, so that its optimum is whole as well.
    """
    places, homes = draw(st.integers(1, 2)), draw(st.integers(0, 2))
    demand = draw(st.lists(st.sampled_from([1.0, 2.0]), min_size=1, max_size=3))
    limits = draw(
        st.lists(
            st.sampled_from([0.0, 1.0, 2.0, 3.0]), min_size=places + homes, max_size=places + homes
        )
    )
    columns = []
    for block in range(len(demand)):
        for _ in range(draw(st.integers(0, 3))):
            uses = [0.0] * len(limits)
            uses[draw(st.integers(0, places - 1))] = 1.0
            if homes and draw(st.booleans()):
                uses[places + draw(st.integers(0, homes - 1))] = 1.0
            columns.append(Column(block, tuple(uses)))
    return problem(demand, limits, columns)
