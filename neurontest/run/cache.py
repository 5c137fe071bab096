"""Evidence on disk: what a family's tests found, found again when nothing that it depends on has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from neurontest import __version__
from neurontest.claims.base import Claim
from neurontest.claims.suite import Family
from neurontest.kinds.register import code_of
from neurontest.seals import Kept
from neurontest.trace.locks import hold
from neurontest.types import Concept, GivenText, Notice, silent, unnoticed

T = TypeVar("T")

#: Changed whenever the same traces and spec would give other numbers.
EVIDENCE_VERSION = 16


def evidence_key(family: Family, model: Sequence[str], digests: Sequence[str], reference: str = "") -> str:
    """Name of a family's evidence: what its tests depend on, and nothing else.

    Line numbers, tags, marks and wording are left out: they change no number.

    Parameters
    ----------
    family : Family
    model : sequence of str
        What names the model and how it computes: traces alone do not tell it, since models that differ may have the
        same, and claims ask what a model makes of forced neurons.
    digests : sequence of str
        Digests of all traces that its claims look at, and of the :func:`text_digests`; in the order of what asks for
        them, since two requests may have each other's.
    reference : str
        Checksum of the reference that its claims look at; empty if none does.
    """
    said = {
        "neurontest": __version__,
        "evidence": EVIDENCE_VERSION,
        "family": [family.file, family.statistics],
        "claims": [[claim.id, *substance(claim)] for claim in family.tested],
        "model": list(model),
        "traces": list(digests),
        "reference": reference,
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
        if claim.generation.replay is not None and claim.kind.reads_texts
        for concept in claim.concepts.values()
        for prompt in concept.prompts
        for text in given[claim.generation.replay][prompt]
    ]


def vacuity_key(
    family: Family, model: Sequence[str], dealt: Mapping[str, tuple[Mapping[str, Concept], Sequence[str]]]
) -> str:
    """Name of what is known of a family's vacuity.

    Parameters
    ----------
    dealt : mapping from claim id to (concepts, digests)
        Whose prompts were dealt, groups and all, in the order in which they were, and of their traces.
    """
    pools = [
        [one, [_facts(concept) for concept in everyone.values()], list(digests)]
        for one, (everyone, digests) in dealt.items()
    ]
    return hashlib.sha256(
        b"vacuity" + evidence_key(family, model, []).encode() + msgspec.json.encode(pools)
    ).hexdigest()


def substance(claim: Claim) -> list[object]:
    """What a claim says, and all that its evidence depends on but its name: plain values."""
    return [
        claim.kind.name,
        *filter(None, [code_of(claim.kind)]),
        dict(claim.terms),
        [_facts(concept) for concept in claim.concepts.values()],
        _facts(claim.baseline) if claim.baseline else None,
        claim.generation,
        claim.selection,
        claim.statistics,
    ]


def _facts(concept: Concept) -> list[object]:
    return [concept.name, concept.prompts, concept.groups, concept.site, concept.published, concept.words]


def default_cache_dir() -> Path:
    """The user's cache folder of this program."""
    import platformdirs

    return platformdirs.user_cache_path("neurontest", appauthor=False)


class Cache(Generic[T]):
    """What was found of the claims of families, by claim id, in files named by keys.

    Parameters
    ----------
    cache_dir : Path
    of : type
        Of what is found of one claim.
    notice : Notice, optional
        Told of what a reader of the results should know.
    """

    def __init__(self, cache_dir: Path, of: type[T], notice: Notice = unnoticed) -> None:
        self._kept = Kept(cache_dir, notice)
        self._of: type[dict[str, T]] = dict[str, of]  # type: ignore[valid-type]

    def find(self, key: str) -> Mapping[str, T] | None:
        """What is kept under `key`; None if nothing is, or if it is damaged and now set aside."""
        return self._kept.read_json(_name(key), self._of)

    def keep_or_find(self, key: str, make: Callable[[], Mapping[str, T]]) -> Mapping[str, T]:
        """What is kept under `key`, made first if need be; of several processes that ask at once, one makes it.

        Raises
        ------
        StoreError
            If it must be made and the cache cannot be written to.
        """
        found = self.find(key)
        if found is not None:
            return found
        with hold(self._kept.root, f"evidence-{key[:32]}", "testing", silent):
            found = self.find(key)
            if found is None:
                found = make()
                self._kept.write_json(_name(key), found)
        return found


def _name(key: str) -> str:
    return f"evidence/{key[:2]}/{key}.json"
