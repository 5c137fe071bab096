"""Which prompts are brought into the cache together: short ones are not padded to the longest, nor any done twice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

#: What a pass costs beside its tokens, in tokens. Measured on a CPU: a step of few rows takes as long as with some 60
#: tokens more, for it reads all weights. Other processors take thousands of tokens in the time of a pass of one.
PASS_ON_CPU, PASS_ELSEWHERE = 64, 4096

Indices = npt.NDArray[np.int64]


class Piece(NamedTuple):
    """Prompts that are passed through the model together.

    Attributes
    ----------
    leaders : list of int
        A row of each prompt: its first, longest prompts first.
    rows, source : int64 arrays [row]
        All rows of these prompts, and which of the leaders each of them is like.
    width : int
        Tokens of the longest.
    """

    leaders: list[int]
    rows: Indices
    source: Indices
    width: int


def pieces(prompts: Sequence[Sequence[int]], cost: int) -> list[Piece]:
    """Cut prompts into pieces of like lengths, so that tokens, padding included, and passes cost the least.

    Parameters
    ----------
    prompts : sequence of sequences of int
        Tokens of each row's prompt.
    cost : int
        Of a pass beside its tokens, in tokens; 0 puts every length by itself.
    """
    alike: dict[tuple[int, ...], list[int]] = {}
    for row, prompt in enumerate(map(tuple, prompts)):
        alike.setdefault(prompt, []).append(row)
    ordered = sorted(alike, key=lambda prompt: (-len(prompt), alike[prompt][0]))
    found = []
    for start, end in pairwise(_cuts([len(prompt) for prompt in ordered], cost)):
        own = [alike[prompt] for prompt in ordered[start:end]]
        source = [number for number, rows in enumerate(own) for _ in rows]
        rows = np.array([row for rows in own for row in rows], dtype=np.int64)
        found.append(Piece([rows[0] for rows in own], rows, np.array(source, dtype=np.int64), len(ordered[start])))
    return found


def _cuts(lengths: Sequence[int], cost: int) -> list[int]:
    """Where `lengths`, descending, are cut: 0, the cuts between, and their number."""
    # Equal lengths are never cut, so that a piece begins where a length does.
    starts = [0]
    for _, same in groupby(lengths):
        starts.append(starts[-1] + len(list(same)))
    best: list[tuple[int, int]] = [(0, 0)]
    for end in range(1, len(starts)):
        best.append(
            min(
                (best[begin][0] + cost + lengths[starts[begin]] * (starts[end] - starts[begin]), begin)
                for begin in range(end)
            )
        )
    at, found = len(best) - 1, []
    while at:
        found.append(starts[at])
        at = best[at][1]
    return [0, *reversed(found)]
