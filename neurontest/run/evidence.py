"""Evidence on disk: what a family's tests found, found again when nothing that it depends on has changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from filelock import FileLock

from neurontest import __version__
from neurontest.claims import kind_named
from neurontest.types import Claim, Concept, Family, Generation, GivenText, Notice, Selection, unnoticed

T = TypeVar("T")

#: Changed whenever the same traces and spec would give other numbers.
EVIDENCE_VERSION = 8

#: Settings that came after this version, and are left out of a key where they say no more than their default.
_LATER = frozenset({"ablate", "exclude_first", "match", "reduce", "replay"})


def evidence_key(family: Family, digests: Sequence[str]) -> str:
    """Name of a family's evidence: what its tests depend on, and nothing else.

    Line numbers, tags, marks and wording are left out: they change no number.

    Parameters
    ----------
    family : Family
    digests : sequence of str
        Digests of all traces that its claims look at, and of the :func:`text_digests`.
    """
    said = {
        "neurontest": __version__,
        "evidence": EVIDENCE_VERSION,
        "family": [family.file, family.statistics],
        "claims": [_substance(claim) for claim in family.tested],
        "traces": sorted(digests),
    }
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def text_digests(family: Family, given: Mapping[str, Mapping[str, tuple[GivenText, ...]]]) -> list[str]:
    """Digests of the given texts that evidence hangs on themselves: a text's last token is in no activation.

    Parameters
    ----------
    given : mapping from file to mapping from prompt to tuple of GivenText
        What `replay` of the claims' generations names. Texts that the model writes are decided by their settings.
    """
    return [
        text.digest
        for claim in family.tested
        if claim.generation.replay is not None and kind_named(claim.kind).reads_texts
        for concept in claim.concepts.values()
        for prompt in concept.prompts
        for text in given[claim.generation.replay][prompt]
    ]


def vacuity_key(family: Family, digests: Sequence[str]) -> str:
    """Name of what is known of a family's vacuity; `digests` are those of all traces that were dealt."""
    return hashlib.sha256(b"vacuity" + evidence_key(family, digests).encode()).hexdigest()


def _substance(claim: Claim) -> list[object]:
    return [
        claim.id,
        claim.kind,
        dict(claim.terms),
        [_facts(concept) for concept in claim.concepts.values()],
        _facts(claim.baseline) if claim.baseline else None,
        said(claim.generation),
        said(claim.selection),
        claim.statistics,
    ]


def said(section: Generation | Selection) -> msgspec.Raw:
    """A section as JSON, without what it says nothing by: so is found the evidence from before it could be said."""
    default = type(section)()
    kept = {
        name: value for name, value in vars(section).items() if name not in _LATER or value != getattr(default, name)
    }
    return msgspec.Raw(msgspec.json.encode(kept))


def _facts(concept: Concept) -> list[object]:
    return [concept.name, concept.prompts, concept.groups, concept.site, concept.published, concept.words]


class Cache(Generic[T]):
    """What was found of the claims of families, by claim id, in files named by keys.

    Parameters
    ----------
    folder : Path
        Made when first written to.
    of : type
        Of what is found of one claim.
    notice : Notice, optional
        Told of what a reader of the results should know.
    """

    def __init__(self, folder: Path, of: type[T], notice: Notice = unnoticed) -> None:
        self.folder = folder
        self._notice = notice
        self._decoder: msgspec.json.Decoder[dict[str, T]] = msgspec.json.Decoder(dict[str, of])  # type: ignore[valid-type]

    def find(self, key: str) -> Mapping[str, T] | None:
        """What is kept under `key`; None if nothing readable is."""
        try:
            return self._decoder.decode(self._path(key).read_bytes())
        except (OSError, msgspec.DecodeError):
            return None

    def keep_or_find(self, key: str, make: Callable[[], Mapping[str, T]]) -> Mapping[str, T]:
        """What is kept under `key`, made first if need be; of several processes that ask at once, one makes it."""
        found = self.find(key)
        if found is not None:
            return found
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            found = self.find(key)
            if found is None:
                found = make()
                self._write(path, msgspec.json.encode(found))
        return found

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"

    def _write(self, path: Path, content: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
