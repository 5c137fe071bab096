"""Claims together: a family, whose p-values are corrected together, and a suite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from neurontest.claims.base import Claim
from neurontest.types import Concept, Generation, GivenText, Selection, Statistics


@dataclass(frozen=True)
class Family:
    """The claims whose p-values are corrected together: a spec file."""

    file: str
    claims: tuple[Claim, ...]
    statistics: Statistics

    @cached_property
    def tested(self) -> tuple[Claim, ...]:
        """The claims that count towards the correction: all but those marked `skip`."""
        return tuple(claim for claim in self.claims if claim.skip is None)


@dataclass(frozen=True)
class Suite:
    """A folder of specs, read and merged with the settings of the command line and the ini file.

    Attributes
    ----------
    given : mapping from name to mapping from prompt to tuple of GivenText
        What `replay` of its generations names: a file, or of a record with further texts some of these.
    seeds : tuple of int
        Beside that of `generation`, those at which it is repeated.
    baselines : tuple of Concept
        Beside its `baseline`, those with which it is repeated, or which are traced together with it.
    """

    folder: Path
    model: str
    concepts: Mapping[str, Concept]
    baseline: Concept | None
    families: tuple[Family, ...]
    generation: Generation
    selection: Selection
    statistics: Statistics
    warnings: tuple[str, ...] = field(default=())
    given: Mapping[str, Mapping[str, tuple[GivenText, ...]]] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    baselines: tuple[Concept, ...] = ()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All claims, file by file."""
        return tuple(claim for family in self.families for claim in family.claims)
