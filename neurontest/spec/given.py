"""Texts that are given to be read, instead of being written by the model: the file that `replay` names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from neurontest.errors import Fault, SpecError
from neurontest.spec.folder import Folder, OutsideError
from neurontest.spec.source import Document, read_text
from neurontest.spec.validate import shown
from neurontest.types import BASELINE, Concept, Generation, GivenText

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
    is_trusted: bool,
) -> tuple[dict[str, Given], list[Fault]]:
    """Read every file that a generation names.

    Parameters
    ----------
    uses : iterable of (Generation, concepts)
        The concepts whose prompts need a text under a generation.
    is_trusted : bool
        The files were named by a person, not by a spec: they may lie anywhere.

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
    for file, prompts in wanted.items():
        try:
            path = _path(home, documents, file, is_trusted=is_trusted)
            given = read_given(path, home.shown(path))
        except SpecError as error:
            faults.extend(error.faults)
            continue
        found[file] = {prompt: given[prompt] for prompt in prompts if prompt in given}
        missing = [prompt for prompt in prompts if prompt not in given]
        if missing:
            owner = "the baseline" if prompts[missing[0]] == BASELINE else repr(prompts[missing[0]])
            more = f" (nor for {len(missing) - 1} more prompts)" if len(missing) > 1 else ""
            message = f"there is no text for the prompt {shown(missing[0])} of {owner}{more}; each prompt needs one"
            faults.append(Fault(home.shown(path), 1, 1, message))
    return found, faults


def read_given(path: Path, where: str) -> Given:
    """Read a file of texts.

    Parameters
    ----------
    path : Path
        A list of ``{"prompt": ..., "text": ...}`` (.json), one of them a line (.jsonl), or the record of a run. Beside
        these two keys an item may have ``ended`` and ``ids``, which :class:`~neurontest.types.GivenText` explains.
    where : str
        What faults call it.

    Raises
    ------
    SpecError
        If it is no such file.
    """
    text = read_text(path, where)
    lines = enumerate(text.split("\n"), start=1) if path.suffix == ".jsonl" else [(1, text)]
    values = [(number, _json(line, where, number)) for number, line in lines if line.strip()]
    faults: list[Fault] = []
    given: dict[str, list[GivenText]] = {}
    for number, item in values if path.suffix == ".jsonl" else _items(values, where):
        message = _fault(item)
        if message:
            faults.append(Fault(where, number, 1, message))
        else:
            one = GivenText(item["text"], tuple(item.get("ids", ())), item.get("ended", False))
            given.setdefault(item["prompt"], []).append(one)
    if faults:
        raise SpecError(faults)
    return {prompt: tuple(texts) for prompt, texts in given.items()}


def _path(home: Folder, documents: Mapping[str, Document], file: str, *, is_trusted: bool) -> Path:
    here = _place(documents, file)
    try:
        path = Path(file).expanduser() if is_trusted else home.inside(file)
    except OutsideError as error:
        raise SpecError([Fault(*here, f"{file!r} {error}")]) from None
    if path.is_dir():
        path /= RECORD
    if not path.is_file():
        raise SpecError([Fault(*here, f"there is no file {str(path if is_trusted else file)!r} with texts to replay")])
    return path


def _place(documents: Mapping[str, Document], file: str) -> tuple[str, int, int]:
    """Where a document names the file; the top of suite.yaml if none does."""
    for document in documents.values():
        for keys, node in document.nodes.items():
            value = str(node.value).lower() if isinstance(node.value, bool) else node.value
            if keys[-2:] == ("trace", "replay") and file_of(value) == file:
                return (document.shown, *document.position(keys))
    return (next(iter(documents.values())).shown, 1, 1)


def _json(text: str, where: str, line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = (line + error.lineno - 1, error.colno)
        raise SpecError([Fault(where, *place, f"not valid JSON: {error.msg}")]) from None
    except (RecursionError, ValueError) as error:
        raise SpecError([Fault(where, line, 1, f"not valid JSON: {error}")]) from None


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
