"""``neurontest neurons``: a concept's neuron set as a table of rank, layer, index, occurrences and mean."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from neurontest.cli.running import (
    SELECTION,
    at_selection,
    run_of,
    selection_said,
    suite_of,
    takes_selection,
    takes_source,
)
from neurontest.cli.saying import columns, fitted, say, say_json
from neurontest.cli.verb import Commands, takes_json, takes_model, verb
from neurontest.errors import NeurontestError
from neurontest.text import plural, together

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neurontest.types import Concept, ConceptRecord, NeuronSet


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "neurons",
        run,
        "Print the neurons of a concept: layer, index, occurrences and mean",
        "neurontest neurons concept_specs hanoi",
        "neurontest neurons concept_specs hanoi --site mlp --k 20 --json",
        "neurontest neurons reports/latest/record.json hanoi",
    )
    takes_source(parser)
    parser.add_argument("concept", metavar="CONCEPT", help="One of its concepts")
    takes_model(parser)
    takes_selection(parser)
    takes_json(parser)


def run(said: argparse.Namespace) -> int:
    """Print the table."""
    found = _of_record(said) if said.source.is_file() else _of_suite(said)
    if found is None:
        return 1
    if said.json:
        import msgspec

        say_json(msgspec.to_builtins(found))
        return 0
    for line in lines(found):
        say(line)
    return 0


def lines(found: NeuronSet | Concept | ConceptRecord) -> list[str]:
    """The table of a set, or of a published one, which tells neither ranks nor means."""
    from neurontest.types import NeuronSet

    if not isinstance(found, NeuronSet):
        heading = f"{found.name}: a published set, {found.site}, {plural(len(found.published), 'neuron')}"
        rows = [
            (str(one.layer), str(one.index), "" if one.occurrences is None else str(one.occurrences))
            for one in found.published
        ]
        out_of = f"Max possible occurrences: {found.out_of}" if found.out_of else ""
        table = columns([("Layer", "Neuron", "Occurrences"), *rows], right=(0, 1, 2))
        return [heading, *filter(None, [out_of]), *table]
    from neurontest.report.text.wording import positions

    set_ = found
    by = "" if set_.identity == "neuron" else f", by {set_.identity}"
    heading = f"{set_.site}, {positions(set_)}, {set_.normalize}, top {set_.k} by {set_.select}{by}"
    table = columns(
        [
            ("Rank", "Layer", "Neuron", "Occurrences", "% of prompts", "Mean", ""),
            *(
                (
                    str(one.rank),
                    str(one.layer),
                    str(one.index),
                    str(one.occurrences),
                    f"{one.share:.2%}",
                    f"{one.score:.4g}",
                    "tied" if one.tied else "",
                )
                for one in set_.neurons
            ),
        ],
        right=range(6),
    )
    return [fitted(f"{set_.concept}: {heading}"), f"Max possible occurrences: {set_.prompts}", *table]


def _of_suite(said: argparse.Namespace) -> NeuronSet | Concept | None:
    suite = suite_of(said.source, {"model": said.model})
    if suite is None:
        return None
    if said.concept not in suite.concepts:
        raise _unknown(said.concept, suite.concepts)
    concept = suite.concepts[said.concept]
    if concept.published:
        return concept
    suite = at_selection(suite, said)
    if suite.baseline is None and suite.selection.normalize != "raw":
        raise NeurontestError(f"normalize: {suite.selection.normalize} needs a baseline; say --normalize raw")
    found = run_of(suite, own=not said.model).sets(said.concept)
    if len(found.neurons) < found.k:
        raise NeurontestError(f"{suite.model} has {len(found.neurons):,} of these neurons, and k is {found.k:,}")
    return found


def _of_record(said: argparse.Namespace) -> NeuronSet | ConceptRecord:
    from neurontest.report.record import load_record

    if said.model:
        raise NeurontestError("--model is for a suite: a record is of one model")
    concepts = {one.name: one for one in load_record(said.source).concepts}
    if said.concept not in concepts:
        raise _unknown(said.concept, concepts)
    concept = concepts[said.concept]
    if concept.published:
        return concept
    wanted = selection_said(said)
    fitting = [one for one in concept.sets if all(getattr(one, name) == value for name, value in wanted.items())]
    if not fitting:
        there = "; ".join(", ".join(f"{name}: {getattr(one, name)}" for name in SELECTION) for one in concept.sets)
        raise NeurontestError(
            f"the record has no such set of {said.concept!r}; it has {there or 'none, since nothing was traced'}"
        )
    return fitting[0]


def _unknown(name: str, known: Iterable[str]) -> NeurontestError:
    return NeurontestError(f"there is no concept {name!r}; there are {together(sorted(known)) or 'none'}")
