"""A folder of specs -> :class:`~neurontest.types.Suite`, or every fault of every file at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from neurontest.claims.base import Claim
from neurontest.claims.grammar import reserved
from neurontest.claims.suite import Family, Suite
from neurontest.errors import Fault, SpecError
from neurontest.kinds import kinds
from neurontest.settings import BY_NAME, SECTIONS, resolve
from neurontest.settings.setting import Value
from neurontest.spec import rules
from neurontest.spec.claims import Layer, Surroundings, generation, said, selection, statistics
from neurontest.spec.family import read_family
from neurontest.spec.prompts.listed import Prompts, read_concept
from neurontest.spec.reading.folder import SPEC_BYTES, SUITE_FILE, Folder, OutsideError
from neurontest.spec.reading.source import Document, Keys, parse
from neurontest.spec.repeats import other_seeds, read_baselines
from neurontest.spec.texts.given import Use, file_of, given_texts
from neurontest.spec.texts.recorded import Given
from neurontest.spec.validate import check
from neurontest.text import quoted
from neurontest.types import Generation

#: Claims of all files of a suite together.
MOST_CLAIMS = 100_000

_NOTHING: Mapping[str, Value] = MappingProxyType({})


def is_suite(folder: str | Path) -> bool:
    """Whether `folder` is a suite: whether it has a suite.yaml."""
    return (Path(folder) / SUITE_FILE).is_file()


def spec_files(folder: str | Path) -> tuple[Path, ...]:
    """List the files whose claims are to be collected: suite.yaml if it has any, then the others by name.

    Raises
    ------
    SpecError
        If `folder` is no suite, or holds a file that would be overlooked.
    """
    home = Folder(Path(folder))
    suite, *others = home.specs()
    try:
        value = parse(home.read(suite, SPEC_BYTES), suite.name).value
        has_claims = not isinstance(value, dict) or "claims" in value
    except SpecError:
        # To be collected, so that its faults are shown.
        has_claims = True
    return (suite, *others) if has_claims else tuple(others)


def load_suite(
    folder: str | Path,
    overrides: Mapping[str, Value] = _NOTHING,
    ini: Mapping[str, Value] = _NOTHING,
    *,
    pilot: bool = False,
    partial: bool = False,
) -> Suite:
    """Read a suite and settle its settings.

    Parameters
    ----------
    folder : path
        Holds suite.yaml.
    overrides, ini : mapping from setting name to value
        What the command line and the ini file say; None means "not said". The first wins over the second, and both over
        every spec.
    pilot : bool
        The suite is to be planned, not decided: few prompts are no fault.
    partial : bool
        Where texts are replayed, prompts without one are no fault: claims about them have the model write its own.

    Raises
    ------
    SpecError
        If anything in any file is wrong; it carries all faults that were found.
    """
    home = Folder(Path(folder))
    documents = _documents(home)
    concepts = _concepts(documents, home)
    suite = next(iter(documents.values()))
    baseline, *others = read_baselines(suite, home)
    model = _model(suite, home, (overrides, ini))
    strongest: tuple[Layer, ...] = (overrides, ini)
    layers = (*strongest, said(suite))
    found: dict[str, Prompts] = {name: read for name, read in concepts.items() if read is not None}
    families: list[Family] = []
    declared = tuple(concepts)
    by_name = {name: read.concept for name, read in found.items()}
    warnings = list(
        dict.fromkeys(doubt for read in (*found.values(), baseline, *others) if read for doubt in read.doubts)
    )
    for file, document in documents.items():
        if not isinstance(document.value, dict) or not isinstance(document.value.get("claims"), list):
            continue
        own = () if document is suite else (said(document),)
        around = Surroundings(
            concepts=by_name,
            declared=declared,
            baseline=baseline.concept if baseline else None,
            layers=(*strongest, *own, said(suite)),
            above=len(strongest),
            home=home,
        )
        trusted = all(one.sound(part) for one in (suite, document) for part in (*SECTIONS, "baseline"))
        family, advice = read_family(document, file, around, suite, trusted=trusted, pilot=pilot)
        families.append(family)
        warnings.extend(advice)
    neutral = [read for read in (baseline, *others) if read is not None]
    for number, read in enumerate(neutral):
        suite.faults.extend(rules.shared_with_baseline(list(found.values()), read))
        claims = [claim for family in families for claim in family.claims]
        keys: Keys = ("baseline", number) if others else ("baseline",)
        if warning := rules.baseline_warning(read.concept, claims):
            warnings.append(str(Fault(suite.shown, *suite.position(keys, key=True), warning)))
        if number:
            for message in rules.other_baseline_faults(read.concept, families, pilot=pilot):
                suite.complain(keys, message)
    given, names = _given(
        home, documents, (overrides, ini), generation(layers), found, neutral, families, partial=partial
    )
    families = [_reading(family, names) for family in families]
    if partial:
        families = [_written_where_not_given(family, given) for family in families]
    repeated, advice = other_seeds(suite, layers)
    warnings.extend(advice)
    if faults := [fault for document in documents.values() for fault in document.faults]:
        raise SpecError(faults)
    return Suite(
        folder=home.path.resolve(),
        model=model,
        concepts=by_name,
        baseline=baseline.concept if baseline else None,
        families=tuple(families),
        generation=generation(layers),
        selection=selection(layers),
        statistics=statistics(layers),
        warnings=tuple(warnings),
        given=given,
        seeds=repeated,
        baselines=tuple(read.concept for read in neutral[1:]),
    )


def _given(
    home: Folder,
    documents: Mapping[str, Document],
    strongest: tuple[Layer, Layer],
    own: Generation,
    concepts: Mapping[str, Prompts],
    baselines: Sequence[Prompts],
    families: Sequence[Family],
    *,
    partial: bool,
) -> tuple[dict[str, Given], dict[tuple[str, str], str]]:
    """Read the texts that are replayed; what is wrong with them is noted in suite.yaml's document."""
    neutral = [read.concept for read in baselines]
    everyone = [read.concept for read in concepts.values()]
    uses = [Use(own, (*everyone, *neutral))]
    uses += [
        Use(claim.generation, (*claim.concepts.values(), *neutral), (claim.where.file, claim.id))
        for family in families
        for claim in family.tested
    ]
    doors = (BY_NAME["replay"].option, f"the ini key {BY_NAME['replay'].ini}")
    said = zip((layer.get("replay") for layer in strongest), doors, strict=True)
    person, door = next(((value, door) for value, door in said if value is not None), ("true", ""))
    named_by = door if person != "true" and file_of(person) is not None else ""
    given, names, faults = given_texts(home, documents, uses, named_by=named_by, partial=partial)
    next(iter(documents.values())).faults.extend(faults)
    return given, names


def _reading(family: Family, names: Mapping[tuple[str, str], str]) -> Family:
    """A family whose claims name what they read of their files."""

    def own(claim: Claim) -> Claim:
        name = names.get((claim.where.file, claim.id), claim.generation.replay)
        return replace(claim, generation=replace(claim.generation, replay=name))

    return replace(family, claims=tuple(map(own, family.claims)))


def _written_where_not_given(family: Family, given: Mapping[str, Given]) -> Family:
    """A family whose claims have the model write all of their texts where not all are given."""

    def own(claim: Claim) -> Claim:
        file = claim.generation.replay
        asked = [*claim.concepts.values(), *([claim.baseline] if claim.baseline else [])]
        if file is None or all(prompt in given.get(file, {}) for one in asked for prompt in one.prompts):
            return claim
        return replace(claim, generation=replace(claim.generation, replay=None))

    return replace(family, claims=tuple(map(own, family.claims)))


def _documents(home: Folder) -> dict[str, Document]:
    """Read and check the files of the suite, suite.yaml first.

    Raises
    ------
    SpecError
        If one of them is no YAML or of a later version, so that nothing could be said about what the others name.
    """
    documents: dict[str, Document] = {}
    faults: list[Fault] = []
    unread, claims = False, 0
    for path in home.specs():
        try:
            document = parse(home.read(path, SPEC_BYTES), home.shown(path))
        except SpecError as error:
            faults.extend(error.faults)
            unread = True
            continue
        claims += _claims_in(document)
        if claims > MOST_CLAIMS:
            message = f"the suite has more than {MOST_CLAIMS:,} claims up to here; split it"
            raise SpecError([Fault(document.shown, *document.position(("claims",)), message)])
        check(document, is_suite=path.name == SUITE_FILE)
        documents[path.name] = document
    if unread:
        raise SpecError([*faults, *(fault for document in documents.values() for fault in document.faults)])
    return documents


def _claims_in(document: Document) -> int:
    claims = document.value.get("claims") if isinstance(document.value, dict) else None
    return len(claims) if isinstance(claims, list) else 0


def _concepts(documents: Mapping[str, Document], home: Folder) -> dict[str, Prompts | None]:
    """Read the concepts of all files, by name; None for those at fault."""
    taken = reserved(kinds())
    found: dict[str, Prompts | None] = {}
    first: dict[str, str] = {}
    for document in documents.values():
        names = document.value.get("concepts") if isinstance(document.value, dict) else None
        for name in names if isinstance(names, dict) else ():
            keys: Keys = ("concepts", name)
            here = f"{document.shown}:{document.position(keys, key=True).line}"
            if name in first:
                document.complain(keys, f"the concept {name!r} is already said in {first[name]}", key=True)
                continue
            first[name] = here
            if name in taken:
                document.complain(keys, f"{name!r} is a word of the sentences; choose another name", key=True)
            found[name] = read_concept(document, keys, name, home)
    return found


def _model(suite: Document, home: Folder, strongest: tuple[Layer, ...]) -> str:
    """Settle the model's name. A spec may name the built-in one, one of the hub, or a path inside the suite."""
    chosen = next((layer["model"] for layer in strongest if layer.get("model") is not None), None)
    value: Any = suite.value.get("model") if isinstance(suite.value, dict) and suite.sound("model") else None
    builtin = BY_NAME["model"].default
    if chosen is not None or value is None:
        return str(resolve("model", strongest))
    if value == builtin or value.startswith("hub:"):
        return str(value)
    problem = ""
    try:
        path = home.inside(value)
        out = next(home.links_out(path), None)
        if value.startswith("python:"):
            problem = "is code, which a spec may not run"
        elif out is not None:
            problem = f"holds a link, {quoted(str(out.relative_to(path)), 300)}, that leads out of the suite's folder"
        elif path.is_dir() or path.is_file():
            return str(path.absolute())
        else:
            problem = "is no built-in model, and no file or folder of the suite"
    except OutsideError as error:
        problem = str(error)
    valid = f"a spec may name {builtin}, hub:org/name@revision or a path inside its folder"
    suite.complain(("model",), f"the model {quoted(value)} {problem}; {valid}, --concept-model any other")
    return str(builtin)
