"""Texts that are given to be read, instead of being written by the model: the file that `replay` names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurontest.errors import Fault, SpecError
from neurontest.spec.reading.folder import REPLAY_BYTES, Folder, OutsideError
from neurontest.spec.reading.json_text import load_json
from neurontest.spec.reading.source import Document
from neurontest.spec.texts.recorded import Given, Texts, items_of, name_of, others_of, read_by
from neurontest.spec.validate import shown
from neurontest.text import quoted
from neurontest.types import BASELINE, Concept, Generation, GivenText

#: What ``replay: true`` stands for, beside suite.yaml.
BESIDE = "replay.json"
RECORD = "record.json"


@dataclass(frozen=True)
class Use:
    """Who reads texts.

    Attributes
    ----------
    generation : Generation
        How they are written, or the file that gives them.
    concepts : tuple of Concept
        Whose prompts need one.
    claim : tuple of (str, str) or None
        The file and id of the claim that does; None of the suite itself.
    """

    generation: Generation
    concepts: tuple[Concept, ...]
    claim: tuple[str, str] | None = None


def file_of(said: object) -> str | None:
    """The file that a value of `replay` names; None if the model writes its texts itself."""
    return None if said in (None, "", "false") else BESIDE if said == "true" else str(said)


def given_texts(
    home: Folder,
    documents: Mapping[str, Document],
    uses: Iterable[Use],
    *,
    named_by: str,
    partial: bool = False,
) -> tuple[dict[str, Given], dict[tuple[str, str], str], list[Fault]]:
    """Read every file that a generation names.

    Parameters
    ----------
    uses : iterable of Use
    named_by : str
        What a person named the files by, such as an option; then they may lie anywhere. Empty if specs name them.
    partial : bool
        A prompt without a text is no fault.

    Returns
    -------
    dict from name to mapping from prompt to tuple of GivenText
        The prompts of `uses` alone; by the file, and of a record with further texts also by the names of these.
    dict from (file, id) to name
        What each claim reads of it.
    list of Fault
        Files that cannot be read, and prompts without a text.
    """
    by_file: dict[str, list[Use]] = {}
    for use in uses:
        if use.generation.replay is not None and any(one.prompts for one in use.concepts):
            by_file.setdefault(use.generation.replay, []).append(use)
    found: dict[str, Given] = {}
    names: dict[tuple[str, str], str] = {}
    faults: list[Fault] = []
    places = {} if named_by else _places(documents)
    for file, readers in by_file.items():
        here = (named_by, 0, 0) if named_by else places.get(file, (next(iter(documents.values())).shown, 1, 1))
        try:
            path = _path(home, here, file, is_trusted=bool(named_by))
            text = home.read(path, REPLAY_BYTES, is_trusted=bool(named_by))
            given = read_given(text, home.shown(path), is_lines=path.suffix == ".jsonl")
        except SpecError as error:
            faults.extend(error.faults)
            continue
        wanted: dict[int, dict[str, str]] = {}
        for use in readers:
            prompts = {prompt for concept in use.concepts for prompt in concept.prompts}
            place = given.place(use.claim, use.generation, prompts) if use.claim is not None else 0
            if use.claim is not None:
                names[use.claim] = name_of(file, place)
            for concept in use.concepts:
                for prompt in concept.prompts:
                    wanted.setdefault(place, {}).setdefault(prompt, concept.name)
        for place, owners in wanted.items():
            texts = given.at(place)
            found[name_of(file, place)] = {prompt: texts[prompt] for prompt in owners if prompt in texts}
        missing = {prompt: owner for prompt, owner in wanted.get(0, {}).items() if prompt not in given.own}
        if missing and not partial:
            first, name = next(iter(missing.items()))
            owner = "the baseline" if name == BASELINE else repr(name)
            more = f" (nor for {len(missing) - 1} more prompts)" if len(missing) > 1 else ""
            message = f"there is no text for the prompt {shown(first)} of {owner}{more}; each prompt needs one"
            faults.append(Fault(home.shown(path), 1, 1, message))
    return found, names, faults


def read_given(text: str, where: str, *, is_lines: bool) -> Texts:
    """Read what a file of texts holds.

    Parameters
    ----------
    text : str
        A list of ``{"prompt": ..., "text": ...}``, one of them a line, or the record of a run. Beside these two keys an
        item may have ``ended`` and ``ids``, which :class:`~neurontest.types.GivenText` explains.
    where : str
        What faults call the file.
    is_lines : bool
        Each line is an item.

    Raises
    ------
    SpecError
        If it is no such file.
    """
    lines = enumerate(text.split("\n"), start=1) if is_lines else [(1, text)]
    values = [(number, load_json(line, where, number)) for number, line in lines if line.strip()]
    if is_lines:
        return Texts(_given(values, where))
    value = values[0][1] if values else None
    if isinstance(value, list):
        return Texts(_given(_numbered(value), where))
    if not isinstance(value, dict) or not isinstance(value.get("concepts"), list):
        message = 'a file of texts must be a list of {"prompt": ..., "text": ...}, or the record.json of a run'
        raise SpecError([Fault(where, 1, 1, message)])
    try:
        others = tuple((way, _given(_numbered(items), where)) for way, items in others_of(value))
        known = read_by(value)
    except ValueError as error:
        raise SpecError([Fault(where, 1, 1, str(error))]) from None
    return Texts(_given(_numbered(items_of(value)), where), others, known)


def _numbered(items: Iterable[Any]) -> Iterable[tuple[int, Any]]:
    """Items of a file that is one value: faults of theirs are placed at its beginning."""
    return ((1, item) for item in items)


def _given(items: Iterable[tuple[int, Any]], where: str) -> Given:
    faults: list[Fault] = []
    given: dict[str, list[GivenText]] = {}
    for number, item in items:
        message = _fault(item)
        if message:
            faults.append(Fault(where, number, 1, message))
        else:
            one = GivenText(item["text"], tuple(item.get("ids", ())), item.get("ended", False))
            given.setdefault(item["prompt"], []).append(one)
    if faults:
        raise SpecError(faults)
    return {prompt: tuple(texts) for prompt, texts in given.items()}


def _path(home: Folder, here: tuple[str, int, int], file: str, *, is_trusted: bool) -> Path:
    try:
        path = Path(file).expanduser() if is_trusted else home.inside(file)
        if path.is_dir():
            path /= RECORD
        is_there = path.is_file()
    except OutsideError as error:
        raise SpecError([Fault(*here, f"{quoted(file)} {error}")]) from None
    except (OSError, ValueError, RuntimeError) as error:
        raise SpecError([Fault(*here, f"{quoted(file)} is no path ({error})")]) from None
    if not is_there:
        raise SpecError(
            [Fault(*here, f"there is no file {quoted(str(path if is_trusted else file), 300)} with texts to replay")]
        )
    return path


def _places(documents: Mapping[str, Document]) -> dict[str, tuple[str, int, int]]:
    """Where documents name each file first."""
    found: dict[str, tuple[str, int, int]] = {}
    for document in documents.values():
        for keys, node in document.nodes.items():
            if keys[-2:] == ("trace", "replay"):
                value = str(node.value).lower() if isinstance(node.value, bool) else node.value
                found.setdefault(file_of(value) or "", (document.shown, *document.position(keys)))
    return found


def _fault(item: Any) -> str:
    """What is wrong with an item, in a sentence; empty if nothing is."""
    if not isinstance(item, dict):
        return f'an item must be {{"prompt": ..., "text": ...}}, not {shown(item)}'
    for key in ("prompt", "text"):
        if not isinstance(item.get(key), str):
            return f"an item needs {key!r}, a text" if key not in item else f"{key!r} must be a text"
        if any("\ud800" <= character <= "\udfff" for character in item[key]):
            return f"{key!r} {shown(item[key])} holds half a character (a lone surrogate)"
    if not isinstance(item.get("ended", False), bool):
        return "'ended' must be true or false"
    ids = item.get("ids", [])
    if not isinstance(ids, list) or any(isinstance(one, bool) or not isinstance(one, int) or one < 0 for one in ids):
        return "'ids' must be a list of whole numbers, the tokens of the text"
    return ""
