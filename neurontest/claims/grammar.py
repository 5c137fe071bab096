"""The controlled English of claims: a sentence is matched against the sentence of each kind, and what else says it.

A kind's sentence is made of words and four marks: ``{slot}`` (an amount with its unit: ``5 neurons``, ``40%``,
``60% of the ceiling``);
``[...]`` for a part that may be left out;
``(first|second)`` for words that may stand for each other, of which the first is printed; and, directly after a slot
that holds a number, ``(neurons|neuron)``, of which the second is printed after 1.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache, lru_cache

from neurontest.claims.base import Kind
from neurontest.claims.slots import Slot, Terms
from neurontest.settings import BY_NAME
from neurontest.text import quoted

NAME = r"[a-z][a-z0-9_-]*"
_LIST = rf"{NAME}(?:(?:, and | and |, ){NAME})*"
_NUMBER = r"[0-9]{1,15}(?:\.[0-9]+)?"
#: A neuron's name, layer and index from 0.
NEURON = rf"L[0-9]{{1,6}}\.(?:{'|'.join(BY_NAME['site'].choices)})\[[0-9]{{1,9}}\]"
#: A head's name: a group of neurons, which no claim about one neuron can be about.
_HEAD = re.compile(r"L[0-9]+\.attention\[head [0-9]+\]")
#: A share of k, or of the ceiling, as a claim's mapping says it.
SHARE = rf"{_NUMBER}%(?: of the ceiling)?"
_PATTERNS = {
    "concept": NAME,
    "concepts": _LIST,
    "number": _NUMBER,
    "amount": rf"(?:{SHARE}|{_NUMBER} neurons?)",
    "neuron": NEURON,
}
_LETTERS = "ABCDEFGH"
#: Characters of a sentence that an error quotes, and its words that are compared with those of the kinds.
_LONGEST, _COMPARED, _LONGEST_WORD = 300, 100, 40
_SHOWN = {"number": "N", "amount": "N% of the ceiling", "neuron": "L11.residual[756]"}
_PIECE = re.compile(r"\{(?P<slot>\w+)\}|\[(?P<optional>[^]]*)\]|\((?P<either>[^)]*)\)|(?P<words>[^{\[(]+)")


class SentenceError(ValueError):
    """A sentence fits no kind, or more than one.

    Attributes
    ----------
    sentence : str
        White space folded; empty, and `kinds` too, if the message says all there is to say.
    kinds : tuple of Kind
        Those that were looked through.
    """

    def __init__(self, message: str, sentence: str = "", kinds: tuple[Kind, ...] = ()) -> None:
        super().__init__(message)
        self.sentence, self.kinds = sentence, kinds

    @property
    def nearest(self) -> tuple[str, ...]:
        """The sentences of the kinds that it is most like; looked for only when asked, since that takes its time."""
        return _nearest(self.sentence, self.kinds) if self.kinds else ()


def _pattern(slot: Slot) -> str:
    return "|".join(slot.choices) if slot.holds == "choice" else _PATTERNS[slot.holds]


@cache
def _regexes(kind: Kind) -> tuple[tuple[re.Pattern[str], Terms], ...]:
    """Each sentence of the kind, with the terms that its words say."""
    return tuple((_regex(kind, sentence), said) for sentence, said in ((kind.sentence, {}), *kind.also))


def _regex(kind: Kind, sentence: str) -> re.Pattern[str]:
    slots = {slot.name: slot for slot in kind.slots}

    def build(text: str) -> str:
        out = ""
        for piece in _PIECE.finditer(text):
            if piece["slot"]:
                out += f"(?P<{piece['slot']}_>{_pattern(slots[piece['slot']])})"
            elif piece["optional"] is not None:
                out += f"(?:{build(piece['optional'])})?"
            elif piece["either"]:
                out += "(?:" + "|".join(re.escape(word) for word in piece["either"].split("|")) + ")"
            else:
                out += re.escape(piece["words"])
        return out

    return re.compile(build(sentence))


@cache
def reserved(kinds: tuple[Kind, ...]) -> frozenset[str]:
    """Collect the words of the grammar: no concept may be called so."""
    words = {"and"}
    for kind in kinds:
        for sentence in (kind.sentence, *(other for other, _ in kind.also)):
            words.update(re.findall(r"[a-z][a-z0-9_-]*", re.sub(r"\{\w+\}", " ", sentence)))
        words.update(word for slot in kind.slots for choice in slot.choices for word in choice.split())
    return frozenset(words)


def _value(slot: Slot, text: str) -> str | float | tuple[str, ...]:
    if slot.holds == "concepts":
        return tuple(re.split(r", and | and |, ", text))
    if slot.holds == "amount" and "%" not in text:
        return float(text.split()[0])
    return float(text) if slot.holds == "number" else text


def parse(sentence: str, kinds: Iterable[Kind]) -> tuple[Kind, dict[str, str | float | tuple[str, ...]]]:
    """Find the kind that a sentence is of, and what its slots hold.

    White space is folded and a final period dropped before matching.

    Raises
    ------
    SentenceError
        If no kind, or more than one, has such a sentence.
    """
    text = " ".join(sentence.split()).rstrip(".")
    kinds = tuple(kinds)
    words = reserved(kinds)
    found: list[tuple[Kind, dict[str, str | float | tuple[str, ...]]]] = []
    for kind in kinds:
        for regex, meant in _regexes(kind):
            match = regex.fullmatch(text)
            if match is None:
                continue
            said = {name.removesuffix("_"): value for name, value in match.groupdict().items() if value is not None}
            terms = {slot.name: _value(slot, said[slot.name]) for slot in kind.slots if slot.name in said} | dict(meant)
            if not any(name in words for name in kind.named(terms, ())):
                found.append((kind, terms))
    if len(found) == 1:
        return found[0]
    if found:
        raise SentenceError(
            f"{quoted(text, _LONGEST)} could mean {' or '.join(kind.name for kind, _ in found)}; write it as a mapping"
            " with 'kind:'"
        )
    if head := _HEAD.search(text):
        raise SentenceError(
            f"{head[0]} is a head, and which neurons that is depends on the model; a claim names one neuron, by its "
            "index among those of all heads, such as L5.attention[192]"
        )
    raise SentenceError(f"no kind of claim has the sentence {quoted(text, _LONGEST)}", text, kinds)


def _nearest(text: str, kinds: tuple[Kind, ...]) -> tuple[str, ...]:
    """Find the forms most like `text`, by their words; the slots' own words do not count against it."""
    own = _bare(" ".join(text.split()[:_COMPARED]), kinds)

    def likeness(whole: str) -> float:
        return max(difflib.SequenceMatcher(None, own, shape).ratio() for shape in _shapes(whole, kinds))

    forms = [whole for kind in kinds for whole in (form(kind), *others(kind))]
    ranked = sorted((likeness(whole), -place, whole) for place, whole in enumerate(forms))
    best = [whole for score, _, whole in reversed(ranked) if score >= max(0.5, ranked[-1][0] - 0.2)][:2]
    # Like none of them: still some to begin with.
    return tuple(best or (whole for _, _, whole in ranked[:-4:-1]))


def _said_and_unsaid(shape: str) -> list[str]:
    """A form with each of its parts that may be left out, and without it."""
    found = re.search(r" \[([^]]*)\]", shape)
    if found is None:
        return [shape]
    before, after = shape[: found.start()], shape[found.end() :]
    return [one for part in (f" {found[1]}", "") for one in _said_and_unsaid(before + part + after)]


@cache
def _shapes(whole: str, kinds: tuple[Kind, ...]) -> tuple[list[str], ...]:
    """The words of a form, with what may be left out and without it."""
    return tuple(_bare(shape, kinds) for shape in _said_and_unsaid(whole))


def _bare(sentence: str, kinds: tuple[Kind, ...]) -> list[str]:
    known = (_known(word.strip(",.").lower()[:_LONGEST_WORD], kinds) for word in sentence.split())
    # A list of concepts is one slot, however long it is.
    return re.sub(r"_(?: (?:and )?_)+", "_", " ".join(known)).split()


@lru_cache(maxsize=4096)
def _known(word: str, kinds: tuple[Kind, ...]) -> str:
    """The word of the grammar that a word is, or nearly is; "_" for one that fills a slot."""
    words = reserved(kinds)
    close = [word] if word in words else difflib.get_close_matches(word, sorted(words), n=1, cutoff=0.8)
    return close[0] if close else "_"


def form(kind: Kind) -> str:
    """Show the kind's sentence as a reader may copy it: ``A overlaps B more than C [by at least N neurons]``."""
    return _form(kind, kind.sentence)


def others(kind: Kind) -> tuple[str, ...]:
    """Show the kind's other sentences likewise, and its own with an amount of neurons."""
    has_amount = any(slot.holds == "amount" and not slot.shares for slot in kind.slots)
    own = (_form(kind, kind.sentence, amount="N neurons"),) if has_amount else ()
    return (*own, *(_form(kind, sentence) for sentence, _ in kind.also))


def _form(kind: Kind, sentence: str, amount: str = _SHOWN["amount"]) -> str:
    slots = {slot.name: slot for slot in kind.slots}
    letters = iter(_LETTERS)

    def letter(match: re.Match[str]) -> str:
        slot = slots[match[1]]
        if slot.holds == "choice":
            return " | ".join(slot.choices) if slot.optional else slot.choices[0]
        if slot.holds == "concept":
            return next(letters)
        if slot.holds == "concepts":
            return f"{next(letters)}, {next(letters)} and {next(letters)}"
        return amount if slot.holds == "amount" else _SHOWN[slot.holds]

    plain = re.sub(r"\(([^|)]*)[^)]*\)", r"\1", sentence)
    return re.sub(r"\[ ", " [", re.sub(r"\{(\w+)\}", letter, plain)).strip()


def render(kind: Kind, terms: Terms) -> str:
    """Write the sentence of a claim: the inverse of :func:`parse`, up to white space and interchangeable words."""
    holds = {slot.name: slot.holds for slot in kind.slots}

    def words(name: str) -> str:
        value = terms[name]
        if holds[name] == "amount" and isinstance(value, (int, float)):
            return f"{_number(value)} neuron" + ("" if value == 1 else "s")
        if isinstance(value, tuple):
            return value[0] if len(value) == 1 else ", ".join(value[:-1]) + " and " + value[-1]
        return _number(value) if isinstance(value, (int, float)) else value

    def build(text: str) -> str:
        out = ""
        single = False
        for piece in _PIECE.finditer(text):
            if piece["slot"]:
                out += words(piece["slot"])
                single = holds[piece["slot"]] == "number" and terms[piece["slot"]] == 1
            elif piece["optional"] is not None:
                inside = re.findall(r"\{(\w+)\}", piece["optional"])
                out += build(piece["optional"]) if all(name in terms for name in inside) else ""
            elif piece["either"]:
                out += piece["either"].split("|")[single]
            else:
                out += piece["words"]
                single = single and not piece["words"].strip()
        return out

    return build(kind.sentence)


def _number(value: float) -> str:
    """Write a number as people do: no exponent, no trailing zeros."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def terms_of(kind: Kind, mapping: Mapping[str, object]) -> dict[str, str | float | tuple[str, ...]]:
    """Take the terms from a claim's mapping form, which has passed the schema."""
    terms: dict[str, str | float | tuple[str, ...]] = {}
    for slot in kind.slots:
        value = mapping.get(slot.name)
        if value is None:
            continue
        if slot.holds == "concepts":
            terms[slot.name] = (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]
        elif slot.holds == "number" or isinstance(value, (int, float)):
            terms[slot.name] = float(value)  # type: ignore[arg-type]
        else:
            terms[slot.name] = str(value)
    return terms
