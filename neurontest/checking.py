"""What would fail in a suite, and what a run of it would trace; nothing is loaded, fetched or traced for that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from neurontest.errors import Fault, SpecError
from neurontest.plan import make_plan
from neurontest.spec.load import load_suite
from neurontest.spec.reading.folder import SPEC_BYTES, Folder
from neurontest.spec.reading.source import Keys, parse
from neurontest.text import plural
from neurontest.trace.models.dimensions import Dimensions, dimensions_of

if TYPE_CHECKING:
    from neurontest.claims.base import Claim
    from neurontest.claims.suite import Suite
    from neurontest.types import Concept, TracePlan


@dataclass(frozen=True)
class Checked:
    """What was found.

    Attributes
    ----------
    faults : tuple of Fault
        Of the file that was named, or of the whole suite.
    elsewhere : int
        Faults of the suite's other files, where one was named.
    suite : Suite or None
        None if it cannot be read.
    """

    faults: tuple[Fault, ...]
    elsewhere: int = 0
    suite: Suite | None = None


def check(path: Path) -> Checked:
    """Look for faults in a suite, or in one file of it.

    Parameters
    ----------
    path : Path
        The suite's folder, or one of its spec files, which is read as a part of its suite.
    """
    named = path if path.suffix.lower() in (".yaml", ".yml") and not path.is_dir() else None
    if named is None and path.is_file():
        return Checked((Fault(_shown(path), 1, 1, "is no spec file; name a suite's folder, or a .yaml file in one"),))
    if named is not None and (message := _no_spec(named)):
        return Checked((Fault(_shown(named), 1, 1, message),))
    folder = path if named is None else named.parent
    suite, faults = None, tuple[Fault, ...]()
    try:
        suite = load_suite(folder)
        faults = tuple(sorted(_faults(suite, folder)))
    except SpecError as error:
        faults = error.faults
    if named is None:
        return Checked(faults, 0, suite)
    own = tuple(fault for fault in faults if Path(fault.path).resolve() == named.resolve())
    return Checked(own, len(faults) - len(own), suite)


def would_trace(suite: Suite) -> str:
    """What a run would trace, in a sentence; what the cache has of it is not looked at."""
    plan = make_plan(replace(suite, baselines=()))
    written, tokens, given, read = 0, 0, 0, 0
    lengths: set[int] = set()
    for generation in dict.fromkeys(group.generation for group in plan.groups):
        with_text, alone = _prompts(plan, generation)
        read += len(alone)
        if generation.replay is not None:
            texts = suite.given.get(generation.replay, {})
            given += sum(len(texts.get(prompt, ())) for prompt in with_text)
        elif with_text:
            written += len(with_text) * generation.samples
            tokens += len(with_text) * generation.samples * generation.max_new_tokens
            lengths.add(generation.max_new_tokens)
    parts = []
    if written:
        most = " to ".join(f"{length:,}" for length in sorted({min(lengths), max(lengths)}))
        parts.append(f"trace {plural(written, 'text')} of at most {most} new tokens ({tokens:,} tokens)")
    if given:
        parts.append(f"read {plural(given, 'given text')}")
    if read:
        parts.append(f"read {plural(read, 'prompt')}")
    causal = [claim for claim in suite.claims if claim.skip is None and claim.kind.reads_texts]
    if causal:
        parts.append(f"read texts again with neurons set to other values for {plural(len(causal), 'claim')}")
    said = f"would {' and '.join(parts) if parts else 'trace nothing'} on {suite.model}"
    return said + _repeated(suite, written)


def _repeated(suite: Suite, written: int) -> str:
    """What is traced besides for the suite's repeats: of other baselines their own prompts alone."""
    texts, parts = 0, []
    if suite.seeds:
        texts += written * len(suite.seeds)
        parts.append(f"at {plural(len(suite.seeds), 'other seed')}")
    if suite.baselines:
        texts += sum(len(one.prompts) for one in suite.baselines) * suite.generation.samples if written else 0
        parts.append(f"with {plural(len(suite.baselines), 'other baseline')}")
    return f"; and again {' and '.join(parts)}, {plural(texts, 'text')} more" if parts else ""


def _prompts(plan: TracePlan, generation: object) -> tuple[set[str], set[str]]:
    """The prompts of a generation whose texts are looked at, and those that are read in passes of their own."""
    with_text: set[str] = set()
    alone: set[str] = set()
    for group in plan.groups:
        if group.generation == generation:
            for one in group.passes:
                (with_text if one.needs_text else alone).update(one.prompts)
    return with_text, alone


def _no_spec(file: Path) -> str:
    """What keeps a file from being one of a suite; empty if nothing does."""
    if not file.is_file():
        return "there is no such file"
    if file.suffix != ".yaml":
        return f"rename it to {file.stem}.yaml; only files so called are read"
    if file.name.startswith("."):
        return "this file's name begins with a period, and it is not read; rename it"
    return ""


def _shown(path: Path) -> str:
    return Folder(path.parent).shown(path)


def _faults(suite: Suite, folder: Path) -> Iterator[Fault]:
    """Yield what is no fault of the files, and yet would fail."""
    home = Folder(folder)
    if not suite.claims:
        message = "there are no claims in this suite, so that nothing can be tested; say 'claims:' in a file of it"
        yield Fault(home.shown(folder / "suite.yaml"), 1, 1, message)
    sizes = dimensions_of(suite.model)
    if sizes is None:
        return
    for claim in suite.claims:
        if claim.skip is None:
            where = (home.shown(folder / claim.where.file), claim.where.line, claim.where.column)
            yield from (Fault(*where, message) for message in _claim_faults(claim, sizes, suite.model))
    wrong = [(one.name, message) for one in suite.concepts.values() if (message := _lacking(one, sizes, suite.model))]
    # They can be read, since the suite could.
    documents = [parse(home.read(path, SPEC_BYTES), home.shown(path)) for path in home.specs()] if wrong else []
    for name, message in wrong:
        keys: Keys = ("concepts", name, "published")
        document = next(document for document in documents if keys in document.nodes)
        yield Fault(document.shown, *document.position(keys), message)


def _claim_faults(claim: Claim, sizes: Dimensions, model: str) -> Iterator[str]:
    chosen, width = claim.selection, sizes.widths.get(claim.selection.site)
    if width is not None and sizes.layers is not None and claim.kind.selects:
        size = width if chosen.identity == "dimension" else width * sizes.layers
        if chosen.k >= size:
            what = "dimensions" if chosen.identity == "dimension" else "neurons"
            yield f"k is {chosen.k}, and {model} has {size:,} {what} to select from at {chosen.site}; say a smaller k"
    if "neuron" in claim.terms:
        name = claim.said("neuron")
        layer, index = (int(number) for number in re.findall(r"[0-9]+", name))
        if message := _beyond([(layer, index)], re.split(r"[.\[]", name)[1], sizes):
            yield f"{model} has no {name}: {message}"


def _lacking(concept: Concept, sizes: Dimensions, model: str) -> str:
    """Say that a model has not all neurons of a published set; empty if it has, or the concept is none."""
    message = _beyond([(one.layer, one.index) for one in concept.published], concept.site or "", sizes)
    return f"{model} has not all neurons of {concept.name!r}: {message}" if message else ""


def _beyond(neurons: Iterable[tuple[int, int]], site: str, sizes: Dimensions) -> str:
    """Say of the first neuron that there is none, and how many there are; empty if there are all."""
    layers, width = sizes.layers, sizes.widths.get(site)
    for layer, index in neurons:
        if (layers is not None and layer >= layers) or (width is not None and index >= width):
            ends = [f"layers 0 to {layers - 1}"] if layers is not None else []
            ends += [f"neurons 0 to {width - 1} at site {site}"] if width is not None else []
            return f"L{layer}.{site}[{index}] is not in its {' and '.join(ends)}"
    return ""
