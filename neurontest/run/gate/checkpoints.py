"""Checkpoints in order: those of a folder by name, of a file by line, or as they are listed."""

from __future__ import annotations

import re
from pathlib import Path

from neurontest.errors import NeurontestError
from neurontest.text import quoted

_HUB = re.compile(r"(hub:[^@]+@)[^@]+")


def checkpoints(good: str, bad: str, among: str | None = None) -> list[str]:
    """The models from `good` to `bad`, these two included, by the names that ``--concept-model`` takes.

    Parameters
    ----------
    good, bad : str
        Models. One that is not among the others comes before them all, or after them all.
    among : str, optional
        A folder of models, ordered by name, numbers as numbers; a file with a model in each line, in order; or models,
        or revisions of the hub repository of `good`, separated by commas, in order. By default the folder that `good`
        and `bad` both lie in. Where `bad` comes first, the order is read backwards.

    Raises
    ------
    NeurontestError
        If it is none of these, or the two are one.
    """
    if among is None:
        folders = {Path(one).resolve().parent for one in (good, bad) if Path(one).exists()}
        if len(folders) != 1 or not (Path(good).exists() and Path(bad).exists()):
            raise NeurontestError("the two lie in no folder together: say --among FOLDER, FILE or MODEL,MODEL,...")
        among = str(Path(good).parent)
    every = _listed(among, good)
    first, last = _place(good, among, every), _place(bad, among, every)
    if first is None and last is None:
        names = [_named(good, among), *every, _named(bad, among)]
    elif first is None:
        names = [_named(good, among), *every[: (last or 0) + 1]]
    elif last is None:
        names = [*every[first:], _named(bad, among)]
    else:
        names = every[first : last + 1] if first <= last else every[last : first + 1][::-1]
    if len(names) < 2:
        raise NeurontestError(f"--good and --bad name the same checkpoint, {quoted(good)}")
    return names


def in_order(name: str) -> list[tuple[int, int, str]]:
    """A key to sort names by: numbers in them as numbers, so that step-9 comes before step-10."""
    parts = re.split(r"([0-9]+)", name)
    return [(1, int(part), part) if at % 2 else (0, 0, part) for at, part in enumerate(parts)]


def _listed(among: str, good: str) -> list[str]:
    path = Path(among).expanduser()
    if path.is_dir():
        found = [one for one in path.iterdir() if (one / "config.json").is_file() or one.suffix == ".gguf"]
        if not found:
            raise NeurontestError(f"{path} holds no checkpoints: no folder with a config.json, and no .gguf file")
        return [str(one) for one in sorted(found, key=lambda one: in_order(one.name))]
    if path.is_file():
        try:
            lines = [line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
        except UnicodeDecodeError as error:
            raise NeurontestError(f"{path} is no list of models: {error}") from error
        items = [line for line in lines if line]
    else:
        items = [item.strip() for item in among.split(",") if item.strip()]
        if len(items) < 2:
            raise NeurontestError(f"--among {quoted(among)} is no folder, no file and no list of several models")
    found_names = [_item(item, path.parent if path.is_file() else Path(), good) for item in items]
    doubled = next((name for at, name in enumerate(found_names) if name in found_names[:at]), None)
    if doubled is not None:
        raise NeurontestError(f"--among names {quoted(doubled)} twice")
    return found_names


def _item(item: str, folder: Path, good: str) -> str:
    """A model of a list: a path beside the list's file, a name as it is, or a revision of the good one's repository."""
    if (folder / item).exists():
        return str(folder / item)
    hub = _HUB.fullmatch(good)
    return f"{hub[1]}{item}" if hub and ":" not in item else item


def _place(name: str, among: str, every: list[str]) -> int | None:
    wanted = _same(_named(name, among))
    return next((at for at, one in enumerate(every) if _same(one) == wanted), None)


def _named(name: str, among: str) -> str:
    """A checkpoint may be named by what it is called in the folder."""
    inside = Path(among).expanduser() / name
    return str(inside) if not Path(name).exists() and Path(among).is_dir() and inside.exists() else name


def _same(name: str) -> str:
    return str(Path(name).resolve()) if Path(name).exists() else name
