"""What a spec says, once read: concepts, claims, families, a suite. No file or default is looked up after this."""

from __future__ import annotations

from dataclasses import dataclass

from neurontest.types.neurons import PublishedNeuron

#: How an amount ends that is a share of what two halves of one concept's prompts share.
OF_THE_CEILING = "% of the ceiling"

#: The name under which the baseline travels beside the concepts. No concept can be called so (it is no valid name).
BASELINE = "(baseline)"


@dataclass(frozen=True)
class Concept:
    """A name and its prompts, or the neurons published for it; the baseline is one as well, named :data:`BASELINE`.

    Attributes
    ----------
    prompts : tuple of str
        Empty for a published set, which is never traced.
    source : str or None
        The file that the prompts come from.
    groups : tuple of str
        The group of each prompt: paraphrases of one thing, or one of the templates that concepts share. Empty if no
        prompt has one; if some have, each other one is alone in a group whose name stands in parentheses.
    published : tuple of PublishedNeuron
        The neurons of a published set, ranked, each once.
    site : str or None
        Where in a block the published neurons live.
    out_of : int or None
        Prompts that the published occurrences were counted over, if that is told.
    words : tuple of str
        Words of the concept, whose likelihood a claim may be about.
    """

    name: str
    prompts: tuple[str, ...]
    source: str | None = None
    groups: tuple[str, ...] = ()
    published: tuple[PublishedNeuron, ...] = ()
    site: str | None = None
    out_of: int | None = None
    words: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        """What a test can deal anew or leave out: groups of prompts, or prompts if they have no groups."""
        return len(set(self.groups)) if self.groups else len(self.prompts)


@dataclass(frozen=True)
class Location:
    """Where in the suite something is said: a file relative to the suite's folder (POSIX), line and column from 1."""

    file: str
    line: int
    column: int
