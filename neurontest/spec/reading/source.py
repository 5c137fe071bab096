"""YAML 1.2 text -> plain Python values that know where they stood.

The text is composed by ruamel.yaml into a graph of nodes with marks, and the graph is turned into values here: that
keeps the position of every key and value, tells a quoted text from a plain one, and constructs nothing but texts,
numbers, booleans, dates, lists and mappings, whatever tags a file carries.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as Composed
from ruamel.yaml.reader import ReaderError

from neurontest.errors import SHOWN, Fault, SpecError

#: Keys and list indices from the root of a document to a value.
Keys = tuple[str | int, ...]

#: A graph of aliases can stand for far more than the file holds, or for itself; a suite needs neither depth nor size.
DEEPEST = 16
LARGEST = 200_000
#: Characters of all texts together, those of aliases as often as they are said.
LONGEST = 10_000_000

_TOO_DEEP = f"deeper than {DEEPEST} levels or larger than {LARGEST:,} values; does an alias stand for itself?"
_TOO_LARGE = f"larger than {LARGEST:,} values; split the file"

_TAG = "tag:yaml.org,2002:"

_NUMBERS = {"int": "whole number", "float": "finite number", "bool": "true or false"}

#: What ruamel.yaml says of a broken text -> what the writer should do about it.
_ADVICE = (
    (r"mapping values are not allowed", "quote a text that holds ': ', and check the indentation"),
    (r"'\\t' that cannot start", "indent with spaces, not with tabs"),
    (r"cannot start any token", "quote a text that starts with such a character"),
    (r"undefined alias", "quote a text that starts with '*'"),
    (r"<scalar>", "quote the whole of a text that starts with a quotation mark, and check the indentation"),
    (r"expected <block end>", "check the indentation"),
    (r"but got '[\[{]'", "within { } and [ ], quote a text that holds a bracket"),
    (r"<stream end>|end of stream", "a bracket or quotation mark is not closed"),
    (r"another document", "a spec file holds one document; remove the line '---'"),
)


class Position(NamedTuple):
    """Where something stands, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Date:
    """A text that YAML reads as a date or time."""

    text: str


@dataclass(frozen=True)
class Node:
    """One value of a document.

    Attributes
    ----------
    value : str, int, float, bool, None, Date, list or dict
    position : Position
        Where the value starts.
    key : Position or None
        Where its key starts, if it is a mapping's value.
    lost : str
        What YAML drops beside a plain text: the comment that follows on its line, or an anchor before it.
    """

    value: Any
    position: Position
    key: Position | None = None
    lost: str = ""


@dataclass(frozen=True)
class Document:
    """A YAML file, read.

    Attributes
    ----------
    shown : str
        The file as faults name it.
    nodes : dict from Keys to Node
        Every value, by the way to it from the root.
    faults : list of Fault
        What was found wrong so far; a text that can be read may still say a key twice.
    broken : set of Keys
        The values at fault, from which nothing more should be concluded.
    around : set of Keys
        The same, and all that they are in.
    """

    shown: str
    nodes: dict[Keys, Node] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    broken: set[Keys] = field(default_factory=set)
    around: set[Keys] = field(default_factory=set)

    @property
    def value(self) -> Any:
        """The whole document as plain Python values; None if it is empty."""
        return self.nodes[()].value

    def position(self, keys: Keys, *, key: bool = False) -> Position:
        """Where the value (or with `key` its key) stands; for a missing one, the nearest value around it."""
        while keys not in self.nodes:
            keys, key = keys[:-1], False
        node = self.nodes[keys]
        return node.key if key and node.key is not None else node.position

    def complain(self, keys: Keys, message: str, *, key: bool = False, hints: tuple[str, ...] = ()) -> None:
        """Note what is wrong at `keys`."""
        self.faults.append(Fault(self.shown, *self.position(keys, key=key), message, hints))
        self.taint(keys)

    def taint(self, keys: Keys) -> None:
        """Note that something is wrong at `keys`, of which a fault tells elsewhere."""
        self.broken.add(keys)
        self.around.update(keys[:length] for length in range(len(keys) + 1))

    def sound(self, *keys: str | int) -> bool:
        """Whether nothing is known to be wrong with the value at `keys`, within it or right around it."""
        return keys not in self.around and not any(keys[:length] in self.broken for length in range(1, len(keys)))

    @property
    def crowded(self) -> bool:
        """Whether there are more faults than will be shown, so that no hints need be looked for."""
        return len(self.faults) > SHOWN


def parse(text: str, shown: str) -> Document:
    """Read a YAML text that `shown` names.

    Raises
    ------
    SpecError
        If it is no YAML; its one fault says what to do.
    """
    document = Document(shown)
    try:
        root = _yaml().compose(text)
    except ReaderError as error:
        before = text[: error.position]
        place = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        message = f"the character U+{ord(text[error.position]):04X} is not allowed in YAML; remove it"
        raise SpecError([Fault(shown, *place, message)]) from None
    except MaxDepthExceededError as error:
        raise SpecError([Fault(shown, *_place(error.problem_mark), f"deeper than {DEEPEST} levels")]) from None
    except _TooLargeError as error:
        raise SpecError([Fault(shown, *_place(error.problem_mark), _TOO_LARGE)]) from None
    except MarkedYAMLError as error:
        raise SpecError([Fault(shown, *_place(error.problem_mark), _sentence(error))]) from None
    except YAMLError as error:
        raise SpecError([Fault(shown, 1, 1, f"not valid YAML: {' '.join(str(error).split())}")]) from None
    except RecursionError:
        raise SpecError([Fault(shown, 1, 1, f"deeper than {DEEPEST} levels")]) from None
    if root is None:
        document.nodes[()] = Node(None, Position(1, 1))
    else:
        _Reader(document, re.split(r"\r\n|\r|\n", text)).value(root, (), None)
    return document


class _TooLargeError(MarkedYAMLError):
    """There are more values than a suite can hold."""


class _Bounded(Composer):
    """Stops once there is more than a suite can hold: composing takes its time for each value."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader=loader)
        self.warn_double_anchors = False
        self.composed = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.composed += 1
        # A key is composed as well.
        if self.composed > 2 * LARGEST:
            raise _TooLargeError(problem_mark=self.parser.peek_event().start_mark)
        return super().compose_node(parent, index)


def _yaml() -> YAML:
    reader = YAML(typ="rt")
    reader.Composer = _Bounded
    reader.max_depth = DEEPEST + 1
    return reader


def _place(mark: Any) -> Position:
    return Position(1, 1) if mark is None else Position(mark.line + 1, mark.column + 1)


def _sentence(error: MarkedYAMLError) -> str:
    problem = " ".join(str(error.problem or error.context).split())
    advice = next((advice for pattern, advice in _ADVICE if re.search(pattern, problem)), "")
    return f"not valid YAML: {problem}" + (f"; {advice}" if advice else "")


class _Reader:
    """Turns composed nodes into the values of a document."""

    def __init__(self, document: Document, lines: list[str]) -> None:
        self.document = document
        self.lines = lines
        self.characters = 0
        self.constructor = YAML(typ="safe", pure=True).constructor

    def value(self, node: Composed, keys: Keys, key: Position | None) -> Any:
        place = _place(node.start_mark)
        if len(keys) > DEEPEST or len(self.document.nodes) > LARGEST:
            raise SpecError([Fault(self.document.shown, *place, _TOO_DEEP)])
        value: Any
        if isinstance(node, MappingNode):
            value = {}
            for name, name_place, child in self.items(node):
                value[name] = self.value(child, (*keys, name), name_place)
        elif isinstance(node, SequenceNode):
            value = [self.value(child, (*keys, index), None) for index, child in enumerate(node.value)]
        else:
            if key is not None and getattr(node, "style", None) is None and node.value == "":
                # Where a value is missing, the mark is that of whatever comes next.
                place = key
            value = self.scalar(node, place, keys)
        self.document.nodes[keys] = Node(value, place, key, self.lost(node))
        return value

    def items(self, node: MappingNode) -> Iterator[tuple[str, Position, Composed]]:
        seen: dict[str, Position] = {}
        for key, child in node.value:
            place = _place(key.start_mark)
            if not isinstance(key, ScalarNode) or key.tag != _TAG + "str":
                what = "a merge key; write its keys out" if key.tag == _TAG + "merge" else "no text; quote it"
                self.complain(place, f"this key is {what}")
            elif key.value in seen:
                self.complain(place, f"the key {key.value!r} is said twice, first in line {seen[key.value].line}")
            else:
                seen[key.value] = place
                yield key.value, place, child

    def scalar(self, node: Composed, place: Position, keys: Keys) -> Any:
        text: str = node.value
        self.characters += len(text)
        if self.characters > LONGEST:
            message = f"texts of more than {LONGEST:,} characters together; does an alias stand for a long one?"
            raise SpecError([Fault(self.document.shown, *place, message)])
        kind = str(node.tag).removeprefix(_TAG)
        if kind in ("str", "null"):
            return text if kind == "str" else None
        if kind == "timestamp":
            return Date(text)
        try:
            if kind == "bool":
                return bool(self.constructor.construct_yaml_bool(node))
            if kind == "int":
                whole = int(self.constructor.construct_yaml_int(node))
                if abs(whole) < 2**63:
                    return whole
                raise OverflowError
            if kind == "float":
                number = float(self.constructor.construct_yaml_float(node))
                if math.isfinite(number):
                    return number
                raise OverflowError
            message = f"tags such as {kind!r} mean nothing in a spec; quote a text that starts with '!'"
        except (ValueError, KeyError, OverflowError):
            message = f"{text[:60]!r} is no {_NUMBERS.get(kind, kind)} of use; if it is a text, quote it"
        self.complain(place, message)
        self.document.taint(keys)
        return text

    def lost(self, node: Composed) -> str:
        if not isinstance(node, ScalarNode) or node.style is not None:
            return ""
        if node.anchor:
            return f"&{node.anchor}"
        rest = self.lines[node.end_mark.line][node.end_mark.column :] if node.end_mark.line < len(self.lines) else ""
        return rest.strip() if rest.lstrip().startswith("#") else ""

    def complain(self, place: Position, message: str) -> None:
        self.document.faults.append(Fault(self.document.shown, *place, message))
