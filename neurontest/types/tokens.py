"""Texts token by token: how active a concept's neurons were at each."""

from __future__ import annotations

from dataclasses import dataclass

#: Of the section of a record; raised when its numbers mean something else. A report passes over one that it does not
#: know.
TOKENS_VERSION = 1


@dataclass(frozen=True)
class TokenText:
    """A prompt and what follows it, in the pieces that its tokens are.

    Attributes
    ----------
    prompt : str
    sample : int
        Which of the prompt's texts.
    pieces : tuple of str
        Together the prompt and then its text; tokens that make up one character together are one piece. Where the
        prompts alone are read, no text follows.
    own : int
        How many of the pieces are the prompt's.
    activity : tuple of float or None
        At each piece the mean over the set's neurons of what they were selected by: activation, its difference from the
        baseline's mean, or that over its standard deviation. None where the model never read the token, as the last of
        a text, and at the first token of all, at which models have activations that mean nothing.
    """

    prompt: str
    sample: int
    pieces: tuple[str, ...]
    own: int
    activity: tuple[float | None, ...]


@dataclass(frozen=True)
class ConceptTokens:
    """Some texts of a concept, token by token.

    Attributes
    ----------
    concept : str
    texts : tuple of TokenText
    neurons : int
        Of the concept's set at the suite's own selection, which the activity is the mean over.
    reason : str
        Why there are no texts, if there are none.
    """

    concept: str
    texts: tuple[TokenText, ...]
    neurons: int
    reason: str = ""


@dataclass(frozen=True)
class TokensRecord:
    """What was read token by token.

    Attributes
    ----------
    version : int
        Of this section.
    concepts : tuple of ConceptTokens
    """

    version: int
    concepts: tuple[ConceptTokens, ...]
