"""A warning about positions: where a prompt's first token drowns all its others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from neurontest.types import Activations, Positions, TraceRequest, reading_of


def first_positions(read: Mapping[TraceRequest, Activations]) -> Iterator[str]:
    """Yield a warning for each site and reading in which the first position outweighs the others in some prompt.

    Models spend the first token, whatever it is, as a place to park attention, and give it activations of hundreds of
    times the size of any other's. That says nothing of the prompt, and as a mean divides it by the number of tokens,
    subtracting a baseline does not remove it either: it leaves the difference in length.
    """
    prompts: dict[tuple[str, Positions], set[str]] = {}
    dominated: dict[tuple[str, Positions], set[str]] = {}
    for request, found in read.items():
        where = request.site, request.positions
        prompts.setdefault(where, set()).update(request.prompts)
        dominated.setdefault(where, set()).update(found.dominated)
    for (site, positions), some in dominated.items():
        if some:
            reduce = reading_of(positions).reduce
            yield (
                f"positions: prompt, site {site}, reduce: {reduce}: in {len(some)} of {len(prompts[site, positions])}"
                " prompts the first token's activations outweigh the sum of all others', as those of a first token"
                " often do whatever it is; say 'neurons: {exclude_first: 1}'"
            )
