"""A file of prompts beside a spec: text, JSON, JSON lines or a table -> prompts, each with its group and its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from neurontest.errors import Fault, SpecError
from neurontest.spec.groups import GROUP, MESSAGE, text_and_group
from neurontest.spec.reading.json_text import load_json
from neurontest.spec.reading.lines import doubts, is_blank, prompts_of, stripped
from neurontest.spec.reading.tables import SUFFIXES as TABLES
from neurontest.spec.reading.tables import rows_of
from neurontest.spec.schema import PROMPT_FILES
from neurontest.spec.validate import did_you_mean, shown
from neurontest.text import quoted

#: File as shown, line and column.
Place = tuple[str, int, int]
#: A prompt, its group (empty for none) and where it stands.
Line = tuple[str, str, Place]

#: Keys under which files of other tools hold a prompt.
_TEXTS = ("text", "prompt")
#: Keys and columns that say which of two things a line is an example of.
_LABELS = frozenset({"label", "labels", "class", "target", "is_positive", "positive"})
_FORMS = 'a list of prompts, or {"prompts": [...]}, with or without "concept"'


@dataclass(frozen=True)
class Wanted:
    """A file of prompts, and what of it is wanted.

    Attributes
    ----------
    file : str
        As the spec names it.
    column, group : str
        The column of a table, or the key of JSON objects, that holds the prompt, and its group; empty if not said.
    list : str
        The key of a JSON file that holds the list; empty if not said.
    is_baseline : bool
        The prompts are neutral ones: of a file with examples of a concept, none are meant unless the list is said.
    """

    file: str
    column: str = ""
    group: str = ""
    list: str = ""
    is_baseline: bool = False

    @property
    def suffix(self) -> str:
        """The ending of its name, which says what it holds."""
        return "." + self.file.rpartition(".")[2]

    def form(self, **more: str) -> str:
        """How a spec says it, with something more."""
        said = {"file": self.file, "list": self.list, "column": self.column, "group": self.group} | more
        return "{" + ", ".join(f"{key}: {value}" for key, value in said.items() if value) + "}"


@dataclass
class _Found:
    """What was read so far."""

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    labels: dict[str, set[str]] = field(default_factory=dict)


def read_prompt_file(wanted: Wanted, text: str, where: str, here: Place) -> tuple[list[Line], list[str]]:
    """Read the prompts of a file, and what is doubtful about them, in sentences that say where.

    Parameters
    ----------
    text : str
        What the file holds.
    where : str
        What faults call it.
    here : Place
        Where the spec names it.

    Raises
    ------
    SpecError
        With every fault of the file.
    """
    for option in ("column", "group", "list"):
        if getattr(wanted, option) and wanted.suffix in _has_no(option):
            kinds = ", ".join(suffix for suffix in PROMPT_FILES if suffix not in _has_no(option))
            raise SpecError([Fault(*here, f"a {wanted.suffix} file has no {option!r}; {kinds} files have")])
    if wanted.suffix == ".txt":
        numbered = prompts_of(text)
        return (
            [(line, "", (where, number, 1)) for number, line in numbered],
            [str(Fault(where, number, 1, message)) for number, message in doubts(numbered)],
        )
    found = _Found()
    if wanted.suffix in TABLES:
        _read_table(found, wanted, text, where, here)
    elif wanted.suffix == ".jsonl":
        lines = ((number, line) for number, line in enumerate(text.split("\n"), start=1) if not is_blank(line))
        items = ((f"line {number}", (where, number, 1), load_json(line, where, number)) for number, line in lines)
        _read_items(found, wanted, items, closed=False)
    else:
        _read_json(found, wanted, load_json(text, where), where, here)
    if found.faults:
        raise SpecError(found.faults)
    return found.lines, [str(Fault(where, 1, 1, message)) for message in _mixed(found)]


def _has_no(option: str) -> tuple[str, ...]:
    return (".txt", ".jsonl", *TABLES) if option == "list" else (".txt",)


def _read_table(found: _Found, wanted: Wanted, text: str, where: str, here: Place) -> None:
    names, rows = rows_of(text, where, wanted.suffix)
    shown_names = [name for name in names if name]
    if not wanted.column:
        likely = next((name for name in shown_names if name.lower() in _TEXTS), shown_names[0])
        columns = ", ".join(map(quoted, shown_names))
        message = f"say which column holds the prompts, such as {wanted.form(column=likely)}; it has {columns}"
        raise SpecError([Fault(*here, message)])
    for name in filter(None, (wanted.column, wanted.group)):
        if name not in shown_names:
            message = f"there is no column {quoted(name)} in {quoted(wanted.file)}{did_you_mean(name, shown_names)}"
            raise SpecError([Fault(*here, message)])
    for number, cells in rows:
        place = (where, number, 1)
        prompt, group = stripped(cells[wanted.column]), stripped(cells.get(wanted.group, ""))
        if not prompt:
            found.faults.append(Fault(*place, f"the cell of column {quoted(wanted.column)} is empty in this row"))
        if group and not re.fullmatch(GROUP, group):
            found.faults.append(Fault(*place, f"the group {MESSAGE}, not {shown(group)}"))
        found.lines.append((prompt, group, place))
        _note_labels(found, wanted, cells)


def _read_json(found: _Found, wanted: Wanted, value: Any, where: str, here: Place) -> None:
    closed = False
    if isinstance(value, dict):
        value, closed = _list_of(wanted, value, where, here)
    elif wanted.list:
        raise SpecError([Fault(*here, f"{quoted(wanted.file)} is a list itself, and has no {quoted(wanted.list)}")])
    if not isinstance(value, list):
        raise SpecError([Fault(where, 1, 1, f"a file of prompts must be {_FORMS}")])
    items = ((f"prompt {number}", (where, 1, 1), item) for number, item in enumerate(value, start=1))
    _read_items(found, wanted, items, closed=closed and not wanted.column and not wanted.group)


def _list_of(wanted: Wanted, value: Mapping[str, Any], where: str, here: Place) -> tuple[Any, bool]:
    """The list of a JSON object that is wanted; and whether it is of our own form, which has no other keys."""
    # Others keep the lists under a key of their own.
    sentences = value.get("sentences")
    around = [*(sentences.items() if isinstance(sentences, dict) else ()), *value.items()]
    lists = {key: item for key, item in around if isinstance(item, list)}
    if wanted.list:
        if wanted.list not in lists:
            hint = did_you_mean(wanted.list, lists)
            raise SpecError([Fault(*here, f"there is no list {quoted(wanted.list)} in {quoted(wanted.file)}{hint}")])
        return lists[wanted.list], False
    if "prompts" in value:
        strays = [key for key in value if key not in ("concept", "prompts")]
        faults = [
            Fault(where, 1, 1, f"unknown key {quoted(key)}{did_you_mean(key, ('concept', 'prompts'))}")
            for key in strays
        ]
        # What is wrong with the prompts is told as well.
        items = value["prompts"] if isinstance(value["prompts"], list) else []
        faults += [Fault(where, 1, 1, text) for text in _closed_faults(items)] if strays else []
        if faults:
            raise SpecError(faults)
        return value["prompts"], True
    if "positive" in lists and not wanted.is_baseline:
        return lists["positive"], False
    if lists:
        likely = "negative" if "negative" in lists else next(iter(lists))
        names = ", ".join(map(quoted, lists))
        message = f"say which of its lists is meant, such as {wanted.form(list=likely)}; it has {names}"
        raise SpecError([Fault(*here, message)])
    return None, False


def _read_items(found: _Found, wanted: Wanted, items: Iterable[tuple[str, Place, Any]], *, closed: bool) -> None:
    """Read the items of a list: texts, or objects that hold one; of a `closed` form, with no other keys."""
    for name, place, item in items:
        faults = _closed_item(item) if closed else _open_item(item, wanted)
        found.faults += [Fault(*place, f"{name}{message}") for message in faults]
        if faults:
            continue
        if closed or isinstance(item, str):
            found.lines.append((*text_and_group(item), place))
        else:
            plain = {"text": item[_key_of(item, wanted)], "group": item.get(wanted.group or "group", "")}
            found.lines.append((*text_and_group(plain), place))
            _note_labels(found, wanted, item)


def _closed_faults(items: Iterable[Any]) -> Iterator[str]:
    for number, item in enumerate(items, start=1):
        yield from (f"prompt {number}{message}" for message in _closed_item(item))


def _closed_item(item: Any) -> list[str]:
    if isinstance(item, str):
        return []
    if not isinstance(item, dict):
        return [f" must be a text, not {shown(item)}"]
    keys = ("text", "group")
    found = [f" has an unknown key {quoted(key)}{did_you_mean(key, keys)}" for key in item if key not in keys]
    if not isinstance(item.get("text"), str):
        found.append(f" must have a 'text', not {shown(item['text'])}" if "text" in item else " needs 'text'")
    return found + _group_faults(item, "group")


def _open_item(item: Any, wanted: Wanted) -> list[str]:
    if isinstance(item, str):
        return [f" is a text, and has no {wanted.column!r}"] if wanted.column else []
    if not isinstance(item, dict):
        return [f" must be a text, or an object that holds one, not {shown(item)}"]
    key = _key_of(item, wanted)
    if not key:
        both = [name for name in _TEXTS if name in item]
        what = " has 'text' and 'prompt'" if len(both) > 1 else " has neither 'text' nor 'prompt'"
        likely = next(iter(both or [name for name, value in item.items() if isinstance(value, str)]), "text")
        return [f"{what}; say which key holds the prompt, such as {wanted.form(column=likely)}"]
    if key not in item:
        return [f" has no {quoted(key)}{did_you_mean(key, item)}"]
    wrong = [] if isinstance(item[key], str) else [f" must have a text as {key!r}, not {shown(item[key])}"]
    return wrong + _group_faults(item, wanted.group or "group")


def _key_of(item: Mapping[str, Any], wanted: Wanted) -> str:
    """The key that holds the prompt; empty if that is not clear."""
    held = [name for name in _TEXTS if name in item]
    return wanted.column or (held[0] if len(held) == 1 else "")


def _group_faults(item: Mapping[str, Any], key: str) -> list[str]:
    group = item.get(key, 0)
    is_slug = isinstance(group, str) and re.fullmatch(GROUP, group)
    if not is_slug and (isinstance(group, bool) or not isinstance(group, int)):
        return [f": {key!r} {MESSAGE}, not {shown(group)}"]
    return []


def _note_labels(found: _Found, wanted: Wanted, item: Mapping[str, Any]) -> None:
    for key in _LABELS & item.keys() - {wanted.column, wanted.group}:
        found.labels.setdefault(key, set()).add(str(item[key])[:20])


def _mixed(found: _Found) -> Iterator[str]:
    """Say that a file tells examples from others, and that all are read."""
    for key, values in sorted(found.labels.items()):
        if len(values) > 1:
            some = ", ".join(map(quoted, sorted(values)[:3]))
            yield f"{key!r} differs ({some}), and all lines are read whatever it says; keep those that are meant"
