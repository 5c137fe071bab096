"""Texts that are given to be read, instead of being written by the model: the file that `replay` names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from neurontest.errors import Fault, SpecError
from neurontest.spec.folder import REPLAY_BYTES, Folder, OutsideError
from neurontest.spec.json_text import load_json
from neurontest.spec.source import Document
from neurontest.spec.validate import shown
from neurontest.types import BASELINE, Concept, Generation, GivenText
from neurontest.words import quoted

#: What ``replay: true`` stands for, beside suite.yaml.
BESIDE = "replay.json"
RECORD = "record.json"

Given = dict[str, tuple[GivenText, ...]]


def file_of(said: object) -> str | None:
    """The file that a value of `replay` names; None if the model writes its texts itself."""
    return None if said in (None, "", "false") else BESIDE if said == "true" else str(said)


def given_texts(
    home: Folder,
    documents: Mapping[str, Document],
    uses: Iterable[tuple[Generation, Iterable[Concept]]],
    *,
    named_by: str,
    partial: bool = False,
) -> tuple[dict[str, Given], list[Fault]]:
    """Read every file that a generation names.

    Parameters
    ----------
    uses : iterable of (Generation, concepts)
        The concepts whose prompts need a text under a generation.
    named_by : str
        What a person named the files by, such as an option; then they may lie anywhere. Empty if specs name them.
    partial : bool
        A prompt without a text is no fault.

    Returns
    -------
    dict from file to dict from prompt to tuple of GivenText
        The prompts of `uses` alone.
    list of Fault
        Files that cannot be read, and prompts without a text.
    """
    wanted: dict[str, dict[str, str]] = {}
    for generation, concepts in uses:
        for concept in concepts if generation.replay is not None else ():
            for prompt in concept.prompts:
                wanted.setdefault(generation.replay or "", {}).setdefault(prompt, concept.name)
    found: dict[str, Given] = {}
    faults: list[Fault] = []
    places = {} if named_by else _places(documents)
    for file, prompts in wanted.items():
        here = (named_by, 0, 0) if named_by else places.get(file, (next(iter(documents.values())).shown, 1, 1))
        try:
            path = _path(home, here, file, is_trusted=bool(named_by))
            text = home.read(path, REPLAY_BYTES, is_trusted=bool(named_by))
            given = read_given(text, home.shown(path), is_lines=path.suffix == ".jsonl")
        except SpecError as error:
            faults.extend(error.faults)
            continue
        found[file] = {prompt: given[prompt] for prompt in prompts if prompt in given}
        missing = [prompt for prompt in prompts if prompt not in given]
        if missing and not partial:
            owner = "the baseline" if prompts[missing[0]] == BASELINE else repr(prompts[missing[0]])
            more = f" (nor for {len(missing) - 1} more prompts)" if len(missing) > 1 else ""
            message = f"there is no text for the prompt {shown(missing[0])} of {owner}{more}; each prompt needs one"
            faults.append(Fault(home.shown(path), 1, 1, message))
    return found, faults


def read_given(text: str, where: str, *, is_lines: bool) -> Given:
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
    faults: list[Fault] = []
    given: dict[str, list[GivenText]] = {}
    for number, item in values if is_lines else _items(values, where):
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


def _items(values: list[tuple[int, Any]], where: str) -> Iterator[tuple[int, Any]]:
    value = values[0][1] if values else None
    if isinstance(value, list):
        yield from ((1, item) for item in value)
    elif isinstance(value, dict) and isinstance(value.get("concepts"), list):
        # Concepts may share prompts; what was written to them is the same text, not a second one.
        written = [item for concept in value["concepts"] for item in _continuations(concept)]
        once = {
            json.dumps([item.get("prompt"), item.get("sample")]): item for item in written if isinstance(item, dict)
        }
        yield from ((1, item) for item in once.values())
    else:
        message = 'a file of texts must be a list of {"prompt": ..., "text": ...}, or the record.json of a run'
        raise SpecError([Fault(where, 1, 1, message)])


def _continuations(concept: Any) -> list[Any]:
    found = concept.get("continuations") if isinstance(concept, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


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
