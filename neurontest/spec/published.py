"""A published set: a concept given as the neurons that somebody else reported for it, instead of prompts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from neurontest.settings import BY_NAME
from neurontest.spec.reading.source import Document, Keys
from neurontest.types import Concept, Head, PublishedNeuron

SITES = BY_NAME["site"].choices
#: A neuron's name. Far more layers and neurons than any model has, and few enough to be numbers of use.
NEURON = rf"L(0|[1-9][0-9]{{0,3}})\.({'|'.join(SITES)})\[(0|[1-9][0-9]{{0,6}})\]"
#: A head's name: a group of neurons.
HEAD = r"L(0|[1-9][0-9]{0,3})\.attention\[head (0|[1-9][0-9]{0,3})\]"
#: The keys of a concept that belong to a published set.
KEYS = ("published", "out_of", "head_size")


def schema() -> dict[str, Any]:
    """Give the JSON Schema of those keys, by key."""
    sites = f"{', '.join(SITES[:-1])} or {SITES[-1]}"
    said = f"must be a neuron such as L11.{SITES[0]}[756], of site {sites}, or a head such as L5.attention[head 3]"
    name = {"pattern": f"^({NEURON}|{HEAD})$", "errorMessage": said}
    neuron = {
        "description": "A neuron, as L<layer>.<site>[<index>], a head, or a mapping with occurrences",
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
        "head_size": {
            "description": "Neurons of an attention head of the publication's model; where heads are published",
            "type": "integer",
            "minimum": 1,
            "maximum": 4096,
            "errorMessage": "must be a whole number from 1 to 4096",
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
        site, named = _named(label, said.get("head_size"))
        if not named:
            document.complain(
                here,
                f"{label} is a head, and which neurons that is depends on the model; say 'head_size', the neurons of a "
                "head, beside 'published'",
            )
        twice = next((one for one in named if one.label(site) in lines), None)
        if twice is not None:
            what = f"the neuron {twice.label(site)}" + (f" of {label}" if len(named) > 1 else "")
            document.complain(here, f"{what} is said twice, first in line {lines[twice.label(site)]}")
        elif sites and site != sites[0]:
            document.complain(here, f"{label} is of another site than the first, {sites[0]}; a set is of one site")
        if times is not None and out_of is not None and times > out_of:
            document.complain((*here, "occurrences"), f"{times} occurrences are more than 'out_of' says, {out_of}")
        for one in named:
            lines.setdefault(one.label(site), document.position(here).line)
            neurons.append(replace(one, occurrences=times))
        sites.append(site)
    if not document.sound(*keys):
        return None
    return Concept(name, (), published=tuple(neurons), site=sites[0], out_of=out_of, words=tuple(said.get("words", ())))


def _named(label: str, head_size: int | None) -> tuple[str, tuple[PublishedNeuron, ...]]:
    """The site and the neurons that a name stands for; no neurons for a head of unknown size."""
    neuron, head = re.fullmatch(NEURON, label), re.fullmatch(HEAD, label)
    if neuron:
        return neuron[2], (PublishedNeuron(int(neuron[1]), int(neuron[3])),)
    if head is None or head_size is None:
        return "attention", ()
    group = Head(int(head[1]), int(head[2]))
    return "attention", tuple(PublishedNeuron(group.layer, index) for index in group.neurons(int(head_size)))
