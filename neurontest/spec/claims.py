"""One claim of a document -> :class:`~neurontest.types.Claim`: its sentence or mapping, its concepts, its settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from neurontest.claims.base import Claim, Kind
from neurontest.claims.grammar import SentenceError, parse, render, terms_of
from neurontest.claims.slips import cause
from neurontest.kinds import kind_named, kinds
from neurontest.settings import SECTIONS, resolve, section
from neurontest.settings.setting import Value
from neurontest.spec.reading.folder import Folder, OutsideError
from neurontest.spec.reading.source import Document, Keys
from neurontest.spec.texts.given import file_of
from neurontest.spec.validate import did_you_mean
from neurontest.text import quoted
from neurontest.types import Concept, Generation, Location, Selection, Statistics

#: Marks that mean something to pytest, and words of its ``-m``.
_TAKEN = frozenset(
    {"skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings", "tryfirst", "trylast"}
    | {"and", "or", "not"}
)
_LONGEST_ID = 80

Layer = Mapping[str, Value]
Terms = dict[str, str | float | tuple[str, ...]]


@dataclass(frozen=True)
class Surroundings:
    """What the claims of one file are read against.

    Attributes
    ----------
    concepts : mapping from name to Concept
        Those that could be read.
    declared : tuple of str
        The names of all, whether or not they could be read.
    baseline : Concept or None
    layers : tuple of Layer
        Settings around a claim, strongest first; a claim's own come after the first `above` of them.
    above : int
    ids : dict from id to line
        Those given so far in this file.
    home : Folder or None
        That paths are relative to.
    """

    concepts: Mapping[str, Concept]
    declared: tuple[str, ...]
    baseline: Concept | None
    layers: tuple[Layer, ...]
    above: int
    ids: dict[str, int] = field(default_factory=dict)
    home: Folder | None = None

    @cached_property
    def known(self) -> frozenset[str]:
        """The declared names."""
        return frozenset(self.declared)

    @cached_property
    def published(self) -> frozenset[str]:
        """The concepts that are published sets."""
        return frozenset(name for name, concept in self.concepts.items() if concept.published)

    @cached_property
    def prompted(self) -> tuple[str, ...]:
        """The declared names of all others."""
        return tuple(name for name in self.declared if name not in self.published)


def said(document: Document, keys: Keys = ()) -> dict[str, Value]:
    """Collect the settings that a document says in the mapping at `keys`; those at fault count as not said."""
    found: dict[str, Value] = {}
    around = document.nodes[keys].value
    for part in SECTIONS:
        values = around.get(part) if isinstance(around, dict) else None
        if not isinstance(values, dict):
            continue
        for setting in section(part):
            if setting.key in values and document.sound(*keys, part, setting.key):
                found[setting.name] = setting.said(values[setting.key])
    return found


def generation(layers: tuple[Layer, ...]) -> Generation:
    """Resolve the `trace` section."""
    said_so = _resolved("trace", layers)
    del said_so["seeds"]
    return Generation(**said_so | {"replay": file_of(said_so["replay"]), "seed": seeds(layers)[0]})


def seeds(layers: tuple[Layer, ...]) -> tuple[int, ...]:
    """The seeds that the strongest layer says which says any: the run's own, and those at which it is repeated."""
    for layer in layers:
        several, one = layer.get("seeds"), layer.get("seed")
        if isinstance(several, tuple):
            return several
        if isinstance(one, int):
            return (one,)
    return (Generation().seed,)


def selection(layers: tuple[Layer, ...]) -> Selection:
    """Resolve the `neurons` section."""
    said_so = _resolved("neurons", layers)
    # An empty word is how a claim takes back what its suite says.
    return Selection(**said_so | {"match": said_so["match"] or None})


def statistics(layers: tuple[Layer, ...]) -> Statistics:
    """Resolve the `statistics` section."""
    return Statistics(**_resolved("statistics", layers))


def _resolved(part: str, layers: tuple[Layer, ...]) -> dict[str, Any]:
    return {setting.key: resolve(setting.name, layers) for setting in section(part)}


def read_claim(document: Document, index: int, file: str, around: Surroundings) -> Claim | None:
    """Read the claim at `index`; None if something is wrong with it or with what it names, noted in the document."""
    keys: Keys = ("claims", index)
    if not document.sound(*keys):
        return None
    value: Any = document.nodes[keys].value
    mapping: Mapping[str, Any] = value if isinstance(value, dict) else {}
    try:
        kind, terms = _meaning(value)
    except SentenceError as error:
        # Of a hundred faults what is meant is guessed, which takes its time; further ones are but named.
        slip = "" if document.crowded else cause(error)
        nearest = () if document.crowded or slip else error.nearest
        more = f": {slip}" if slip else "; nearest ('neurontest claims' lists all):" if nearest else ""
        document.complain(_sentence_keys(keys, mapping), f"{error}{more}", hints=nearest)
        return None
    sentence = render(kind, terms)
    _check_tags(document, keys, mapping)
    name = _id(document, keys, mapping, sentence, around.ids)
    names = _names(document, keys, mapping, kind, terms, around)
    if not document.sound(*keys) or any(name not in around.concepts for name in names):
        return None
    layers = (*around.layers[: around.above], said(document, keys), *around.layers[around.above :])
    return Claim(
        id=name,
        kind=kind,
        sentence=sentence,
        terms=terms,
        concepts={name: around.concepts[name] for name in names},
        baseline=around.baseline,
        generation=generation(layers),
        selection=selection(layers),
        statistics=statistics(layers),
        where=Location(file, *document.position(keys)),
        tags=tuple(mapping.get("tags", ())),
        skip=mapping.get("skip"),
        xfail=_expected(mapping, around.home),
    )


def _expected(mapping: Mapping[str, Any], home: Folder | None) -> str | dict[str, str] | None:
    """Read why a claim is expected not to hold; a model that is a path of the suite is named as the suite's own is."""
    value = mapping.get("xfail")
    if not isinstance(value, dict):
        return value
    found = dict(value)
    for name, reason in value.items():
        # Any other name is that of a model that a person names, as they do.
        with suppress(OutsideError):
            path = None if home is None else home.inside(name)
            if path is not None and path.exists():
                found[str(path.absolute())] = reason
    return found


def slug(sentence: str) -> str:
    """Make an id of a sentence: small letters, words joined by '-', cut between words at 80 characters."""
    text = re.sub(r"[^a-z0-9._]+", "-", sentence.lower()).strip("-._")
    if len(text) <= _LONGEST_ID:
        return text
    return text[: _LONGEST_ID + 1].rpartition("-")[0] or text[:_LONGEST_ID]


def _sentence_keys(keys: Keys, mapping: Mapping[str, Any]) -> Keys:
    return (*keys, "claim") if "claim" in mapping else keys


def _meaning(value: Any) -> tuple[Kind, Terms]:
    """Find the kind and terms of a claim.

    Raises
    ------
    SentenceError
        If its sentence fits no kind, or several.
    """
    if isinstance(value, dict) and "kind" in value:
        kind = kind_named(value["kind"])
        return kind, terms_of(kind, value)
    return parse(value["claim"] if isinstance(value, dict) else value, kinds())


def _names(
    document: Document, keys: Keys, mapping: Mapping[str, Any], kind: Kind, terms: Terms, around: Surroundings
) -> tuple[str, ...]:
    """List the concepts of a claim; unknown or too few ones are noted in the document."""
    for slot in kind.slots:
        value = terms.get(slot.name, ()) if slot.holds in ("concept", "concepts") else ()
        listed = (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()
        if slot.holds == "concepts" and slot.name in terms and len(listed) < slot.least:
            document.complain(_sentence_keys(keys, mapping), f"{kind.name} needs {slot.least} or more concepts")
        for place, name in enumerate(listed):
            if name not in around.known:
                where: Keys = _sentence_keys(keys, mapping)
                if slot.name in mapping:
                    where = (*keys, slot.name) + ((place,) if isinstance(mapping[slot.name], list) else ())
                hint = did_you_mean(name, around.declared, crowded=document.crowded)
                document.complain(where, f"unknown concept {quoted(name)}{hint}")
    names = kind.named(terms, around.prompted)
    if not names:
        has = "only published sets; say others" if around.published else "none; say them"
        document.complain(
            keys, f"this claim is about all concepts with prompts, and the suite has {has} under 'concepts'"
        )
    return names


def _id(document: Document, keys: Keys, mapping: Mapping[str, Any], sentence: str, ids: dict[str, int]) -> str:
    name = str(mapping.get("id", slug(sentence)))
    line = document.position(keys).line
    if name in ids:
        if "id" in mapping:
            document.complain((*keys, "id"), f"the id {name!r} is already that of the claim in line {ids[name]}")
        else:
            message = f"this claim and the one in line {ids[name]} are both called {name!r}; give it an 'id:'"
            document.complain(keys, message)
    ids.setdefault(name, line)
    return name


def _check_tags(document: Document, keys: Keys, mapping: Mapping[str, Any]) -> None:
    for index, tag in enumerate(mapping.get("tags", ())):
        if tag in _TAKEN:
            hint = f"say '{tag}: <reason>' in the claim" if tag in ("skip", "xfail") else "choose another word"
            document.complain((*keys, "tags", index), f"the tag {tag!r} has a meaning to pytest; {hint}")
