"""Texts whose tokens are shaded by how active a concept's neurons are at each: nine steps, two hues, and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice, zip_longest

from neurontest.report.text import wording
from neurontest.types import TOKENS_VERSION, ConceptTokens, Record, Selection, TokenText

#: Steps above zero, and as many below.
STEPS = 4
#: Tokens that a page shades; each concept has an equal part.
SHADED = 40_000
#: Tokens of a text that are told in words, beside being shaded.
TOLD = 3
#: Share of the tokens that the scale ends below: a few may be so active that beside them all others would be pale.
WITHIN = 0.95

_BLANKS = {"": "space", "\n": "line break", "\t": "tab"}


@dataclass(frozen=True)
class Shade:
    """A piece of text of one strength.

    Attributes
    ----------
    css : str
        Class of its step: ``p1`` to ``p4`` above zero, ``n1`` to ``n4`` below; empty if it is not shaded.
    title : str
        The number behind it.
    """

    text: str
    css: str = ""
    title: str = ""

    @property
    def strong(self) -> bool:
        """Whether it is of the highest step, which is marked even where a page has no colours."""
        return self.css == f"p{STEPS}"


@dataclass(frozen=True)
class ShadedText:
    """A prompt and its text, shaded.

    Attributes
    ----------
    most : tuple of (str, str)
        The tokens at which the neurons are the most active, and how much.
    least : (str, str) or None
        The same of the least active, if that is below zero.
    """

    prompt: tuple[Shade, ...]
    text: tuple[Shade, ...]
    most: tuple[tuple[str, str], ...]
    least: tuple[str, str] | None


@dataclass(frozen=True)
class TokensView:
    """The shaded texts of a concept.

    Attributes
    ----------
    measure, positions : str
        What a shade stands for, and over which tokens the neurons were selected, in words.
    scale : tuple of Shade
        A sample of each step, with the number that it stands for.
    unshown : int
        Texts that were read and have no room.
    """

    tokens: ConceptTokens
    measure: str
    site: str
    positions: str
    scale: tuple[Shade, ...]
    unshown: int
    _texts: Mapping[tuple[str, int], ShadedText] = field(default_factory=dict)

    @property
    def shown(self) -> int:
        """Texts that are shaded."""
        return len(self._texts)

    def text(self, prompt: str, sample: int) -> ShadedText | None:
        """A text, if it is shaded."""
        return self._texts.get((prompt, sample))

    def first(self, prompt: str) -> ShadedText | None:
        """The first text of a prompt that is shaded, if one is."""
        return next((one for (own, _), one in self._texts.items() if own == prompt), None)


def tokens_views(record: Record) -> dict[str, TokensView]:
    """What of a record was read token by token, by concept, within what a page holds."""
    found = record.tokens
    if found is None or found.version != TOKENS_VERSION:
        return {}
    room = SHADED // max(1, len(found.concepts))
    return {one.concept: _view(one, record.selection, room) for one in found.concepts}


def _view(tokens: ConceptTokens, selection: Selection, room: int) -> TokensView:
    shown = []
    for one in tokens.texts:
        room -= len(one.pieces)
        if room < 0:
            break
        shown.append(one)
    end = _end([abs(value) for one in shown for value in one.activity if value is not None])
    return TokensView(
        tokens,
        _measure(selection),
        selection.site,
        wording.positions(selection),
        _scale(end),
        len(tokens.texts) - len(shown),
        {(one.prompt, one.sample): _shaded(one, end) for one in shown},
    )


def _measure(selection: Selection) -> str:
    """What the number at a token is, in words, with its unit."""
    rate = selection.reduce == "rate"
    what = "the share of them that is above zero" if rate else "the mean of their activations"
    if selection.normalize == "raw":
        return what if rate else f"{what}, as the model has them"
    unit = "in its standard deviations" if selection.normalize == "zscore" else "" if rate else "in units of activation"
    return ", ".join(filter(None, (f"{what} minus the baseline's", unit)))


def _end(sizes: list[float]) -> float:
    """Where the scale ends, a round number; 0 if nothing is active at all."""
    ordered = sorted(sizes)
    return float(f"{ordered[int(WITHIN * (len(ordered) - 1))]:.2g}") if ordered else 0.0


def _scale(end: float) -> tuple[Shade, ...]:
    if end <= 0:
        return ()
    every = ((step, number(end * step / STEPS, 2)) for step in range(-STEPS, STEPS + 1))
    words = {-STEPS: " or less", STEPS: " or more"}
    return tuple(Shade(said + words.get(step, ""), _css(step)) for step, said in every)


def _shaded(one: TokenText, end: float) -> ShadedText:
    every = list(islice(zip_longest(one.pieces, one.activity), len(one.pieces)))
    own = min(max(one.own, 0), len(every))
    active = sorted(((value, -at) for at, (_, value) in enumerate(every) if value is not None), reverse=True)
    told = [(_word(one.pieces[-at]), number(value)) for value, at in active]
    return ShadedText(
        _shades(every[:own], end),
        _shades(every[own:], end),
        tuple(told[:TOLD]),
        told[-1] if len(told) > TOLD and active[-1][0] < 0 else None,
    )


def _shades(pieces: list[tuple[str, float | None]], end: float) -> tuple[Shade, ...]:
    out: list[Shade] = []
    for shade in (_shade(piece, value, end) for piece, value in pieces):
        if out and not shade.css and not out[-1].css:
            # What is not shaded is one text, without the weight of an element for each token.
            out.append(Shade(out.pop().text + shade.text))
        else:
            out.append(shade)
    return tuple(out)


def _shade(piece: str, value: float | None, end: float) -> Shade:
    if value is None or end <= 0:
        return Shade(piece)
    step = round(min(max(value / end, -1.0), 1.0) * STEPS)
    return Shade(piece, _css(step), number(value)) if step else Shade(piece)


def _css(step: int) -> str:
    return "" if not step else f"p{step}" if step > 0 else f"n{-step}"


def _word(piece: str) -> str:
    """A token as it is told: a blank one by its name."""
    return piece.strip() or _BLANKS.get(piece.strip(" "), "blank")


def number(value: float, digits: int = 3) -> str:
    """So many significant digits, with a real minus sign, and never as a power of ten that few read."""
    size = float(f"{value:.{digits}g}")
    return (f"{size:,.0f}" if abs(size) >= 10 ** (digits - 1) else f"{size:.{digits}g}").replace("-", "\N{MINUS SIGN}")
