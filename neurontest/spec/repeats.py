"""What a suite is repeated with: further seeds, further baselines."""

from __future__ import annotations

from neurontest.errors import Fault
from neurontest.spec.claims import Layer, generation, seeds
from neurontest.spec.prompts.listed import Prompts, read_prompts
from neurontest.spec.reading.folder import Folder
from neurontest.spec.reading.source import Document, Keys
from neurontest.types import BASELINE


def other_seeds(suite: Document, layers: tuple[Layer, ...]) -> tuple[tuple[int, ...], list[str]]:
    """Find the seeds beside the run's own; none, and a warning, where the texts are the same at all of them."""
    keys: Keys = ("trace", "seeds")
    if keys in suite.nodes and ("trace", "seed") in suite.nodes:
        suite.complain(keys, "say 'seed' or 'seeds', not both: the first of 'seeds' is the run's own", key=True)
    others, chosen = seeds(layers)[1:], generation(layers)
    if not others or (chosen.replay is None and chosen.temperature > 0):
        return others, []
    what = "are given ('replay')" if chosen.replay is not None else "take the likeliest token ('temperature: 0')"
    message = f"nothing is repeated at other seeds: texts that {what} are the same at each of them"
    return (), [str(Fault(suite.shown, *suite.position(keys, key=True), message))]


def read_baselines(suite: Document, home: Folder) -> list[Prompts | None]:
    """Read the run's own baseline, and those that it is repeated with; None for those at fault, or if there is none."""
    if not isinstance(suite.value, dict) or "baseline" not in suite.value:
        return [None]
    said = suite.value["baseline"]
    if not isinstance(said, list) or not said:
        return [read_prompts(suite, ("baseline",), BASELINE, home)]
    found = []
    lines: dict[frozenset[str], int] = {}
    for number in range(len(said)):
        keys: Keys = ("baseline", number)
        read = read_prompts(suite, keys, BASELINE, home)
        found.append(read)
        prompts = frozenset(read.concept.prompts if read else ())
        if prompts and prompts in lines:
            suite.complain(
                keys, f"this baseline has the prompts of the one in line {lines[prompts]}: it repeats nothing"
            )
        lines.setdefault(prompts, suite.position(keys).line)
    return found
