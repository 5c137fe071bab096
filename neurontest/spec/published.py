"""A published set: a concept given as the neurons that somebody else reported for it, instead of prompts."""

from __future__ import annotations

import re
from typing import Any

from neurontest.settings import BY_NAME
from neurontest.spec.source import Document, Keys
from neurontest.types import Concept, PublishedNeuron

SITES = BY_NAME["site"].choices
#: A neuron's name. Far more layers and neurons than any model has, and few enough to be numbers of use.
NEURON = rf"L(0|[1-9][0-9]{{0,3}})\.({'|'.join(SITES)})\[(0|[1-9][0-9]{{0,6}})\]"
#: The keys of a concept that belong to a published set.
KEYS = ("published", "out_of")


def schema() -> dict[str, Any]:
    """Give the JSON Schema of those keys, by key."""
    said = f"must be a neuron such as L11.{SITES[0]}[756], of site {' or '.join(SITES)}"
    name = {"pattern": f"^{NEURON}$", "errorMessage": said}
    neuron = {
        "description": "A neuron, as L<layer>.<site>[<index>], or a mapping with its occurrences",
        "type": ["string", "object"],
        "properties": {
            "neuron": {
                "description": "Quote it within { } and [ ], where YAML reads the brackets as its own",
                "type": "string",
                **name,
            },
            "occurrences": {
                "description": "In how many of the publication's prompts it was found",
                "type": "integer",
                "minimum": 1,
                "errorMessage": "must be a whole number at least 1",
            },
        },
        "required": ["neuron"],
        "additionalProperties": False,
        "examples": [f"L11.{SITES[0]}[365]", {"neuron": f"L11.{SITES[0]}[756]", "occurrences": 6}],
        **name,
    }
    return {
        "published": {
            "description": "Neurons as published elsewhere, ranked, all of one site; instead of prompts, never traced",
            "type": "array",
            "minItems": 1,
            "items": neuron,
            "errorMessage": "must be a list of one or more neurons, each after '- '",
        },
        "out_of": {
            "description": "Prompts that the published occurrences were counted over, for their percentage",
            "type": "integer",
            "minimum": 1,
            "errorMessage": "must be a whole number at least 1",
        },
    }


def read_published(document: Document, keys: Keys, name: str) -> Concept | None:
    """Read the published set at `keys`, which is called `name`; None if something is wrong with it, noted there."""
    if not document.sound(*keys):
        return None
    said = document.nodes[keys].value
    out_of = None if "out_of" not in said else int(said["out_of"])
    neurons: list[PublishedNeuron] = []
    lines: dict[str, int] = {}
    sites: list[str] = []
    for index, item in enumerate(said["published"]):
        here: Keys = (*keys, "published", index)
        label = item["neuron"] if isinstance(item, dict) else item
        times = int(item["occurrences"]) if isinstance(item, dict) and "occurrences" in item else None
        layer, site, number = re.fullmatch(NEURON, label).groups()  # type: ignore[union-attr]
        if label in lines:
            document.complain(here, f"the neuron {label} is said twice, first in line {lines[label]}")
        elif sites and site != sites[0]:
            document.complain(here, f"{label} is of another site than the first, {sites[0]}; a set is of one site")
        if times is not None and out_of is not None and times > out_of:
            document.complain((*here, "occurrences"), f"{times} occurrences are more than 'out_of' says, {out_of}")
        lines.setdefault(label, document.position(here).line)
        sites.append(site)
        neurons.append(PublishedNeuron(int(layer), int(number), times))
    if not document.sound(*keys):
        return None
    return Concept(name, (), published=tuple(neurons), site=sites[0], out_of=out_of, words=tuple(said.get("words", ())))
