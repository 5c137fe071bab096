"""The command line options and ini keys, all made from :data:`neurontest.settings.SETTINGS`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pytest

from neurontest.settings import SETTINGS, from_environment, resolve
from neurontest.settings.setting import Setting, Value

SPECS = "concept_specs"
SPECS_OPTION = "--concept-specs"

#: Its presence makes a folder a suite. Not asked of the loader: a run that collects no suite must not import it.
SUITE_FILE = "suite.yaml"


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and ini key, in one group."""
    group = parser.getgroup("concept", "concept neurons")
    group.addoption(
        SPECS_OPTION,
        dest=SPECS,
        action="append",
        default=None,
        metavar="DIR",
        help="Folder of a suite of concept specs (repeatable); without other paths, the suites alone run",
    )
    parser.addini(SPECS, "Folders of suites of concept specs, relative to the rootdir", type="args", default=None)
    for setting in SETTINGS:
        # Texts here, parsed later: argparse would answer a bad value with a page of usage.
        if setting.choices == ("off", "on"):
            group.addoption(
                setting.option, dest=setting.ini, default=None, action="store_const", const="on", help=_help(setting)
            )
        else:
            group.addoption(
                setting.option, dest=setting.ini, default=None, metavar=setting.name.upper(), help=_help(setting)
            )
        parser.addini(setting.ini, _help(setting), type=_ini_type(setting), default=None)


def _ini_type(setting: Setting) -> Literal["string", "int", "float", "args"]:
    if setting.many:
        return "args"
    if setting.type is str:
        return "string"
    return "int" if setting.type is int else "float"


def _help(setting: Setting) -> str:
    valid = ", ".join(setting.choices)
    default = "" if setting.default is None else f"default: {setting.default}"
    extra = "; ".join(part for part in (valid, default) if part)
    return (f"{setting.help} ({extra})" if extra else setting.help).replace("%", "%%")


@dataclass(frozen=True)
class Options:
    """What the command line, the ini file and the environment say.

    Attributes
    ----------
    suites : tuple of Path
        Folders of the suites: those of the option, else those of the ini key; resolved, each once.
    named : bool
        The suites were named by the option.
    overrides, ini : mapping from setting name to value
        What the command line and the ini file say; None where they say nothing.
    invocation, root : Path
        What paths of the command line, and of the ini file, are relative to.
    """

    suites: tuple[Path, ...]
    named: bool
    overrides: Mapping[str, Value]
    ini: Mapping[str, Value]
    invocation: Path
    root: Path

    @cached_property
    def environment(self) -> Mapping[str, Value]:
        """What environment variables say; not read in a run that has nothing to do with concepts.

        Raises
        ------
        pytest.UsageError
            If one holds no valid value.
        """
        try:
            return from_environment()
        except ValueError as error:
            raise pytest.UsageError(f"an environment variable NEURONTEST_* is wrong: {error}") from None

    def text(self, name: str) -> str:
        """The value of a setting of the group `run` that is a text."""
        return str(resolve(name, [self.overrides, self.ini, self.environment]))

    def number(self, name: str) -> int:
        """The value of a setting of the group `run` that is a whole number."""
        value = resolve(name, [self.overrides, self.ini, self.environment])
        return value if isinstance(value, int) else 0

    def located(self, name: str) -> tuple[str, Path] | None:
        """What is said of a setting that names a place, and what it is relative to; None if nothing is."""
        for said, base in (
            (self.overrides, self.invocation),
            (self.ini, self.root),
            (self.environment, self.invocation),
        ):
            value = said.get(name)
            if value is not None:
                return (str(value), base) if value != "" else None
        return None

    @property
    def model_is_said(self) -> bool:
        """Whether a person names the model, whatever a suite says: then it may lie anywhere."""
        return self.overrides["model"] is not None or self.ini["model"] is not None

    @property
    def report(self) -> Path:
        """The folder that reports are written to; by default where pytest was started, as files of --junitxml are."""
        return self._path("report") or self.invocation / str(resolve("report", []))

    @property
    def cache_dir(self) -> Path:
        """The folder of models, traces and evidence."""
        said = self._path("cache_dir")
        if said is not None:
            return said
        from neurontest.run import default_cache_dir

        return default_cache_dir()

    @property
    def record(self) -> Path | None:
        """The folder that a reference is written to, if one is asked for."""
        return self._path("record")

    def _path(self, name: str) -> Path | None:
        # Relative to the rootdir if the ini file says it, else to where pytest was started.
        found = self.located(name)
        return None if found is None else found[1] / Path(found[0]).expanduser()


def read_options(config: pytest.Config) -> Options:
    """What this run's command line and ini file say.

    Raises
    ------
    pytest.UsageError
        If a value is not valid, or a folder is no suite.
    """
    invocation, root = config.invocation_params.dir, config.rootpath
    said: list[str] | None = config.getoption(SPECS)
    named = said is not None
    base, source = (invocation, SPECS_OPTION) if named else (root, SPECS)
    folders = said if said is not None else (config.getini(SPECS) or [])
    suites = [_suite_folder(base / Path(folder).expanduser(), f"{source} {folder}") for folder in folders]
    overrides = {setting.name: _from_command_line(config, setting) for setting in SETTINGS}
    ini = {setting.name: _from_ini(config, setting) for setting in SETTINGS}
    for layer, seed, seeds in (
        (overrides, "--concept-seed", "--concept-seeds"),
        (ini, "concept_seed", "concept_seeds"),
    ):
        if layer["seed"] is not None and layer["seeds"] is not None:
            raise pytest.UsageError(f"say {seed} or {seeds}, not both: the first of the seeds is the run's own")
    return Options(
        suites=tuple(dict.fromkeys(suites)),
        named=named,
        overrides=overrides,
        ini=_anchored(ini, root),
        invocation=invocation,
        root=root,
    )


def _from_command_line(config: pytest.Config, setting: Setting) -> Value:
    text: str | None = config.getoption(setting.ini)
    if text is None:
        return None
    try:
        return setting.parse(text)
    except ValueError:
        raise pytest.UsageError(f"{setting.option} must be {setting.valid()}, not {text!r}") from None


def _from_ini(config: pytest.Config, setting: Setting) -> Value:
    try:
        value: Any = config.getini(setting.ini)
    except (ValueError, TypeError, pytest.UsageError):
        raise pytest.UsageError(f"{setting.ini} must be {setting.valid()}; the ini file says something else") from None
    if isinstance(value, list):
        value = " ".join(map(str, value))
        with suppress(ValueError):
            return setting.parse(value)
    elif value is None or setting.admits(value):
        said: Value = value
        return said
    raise pytest.UsageError(f"{setting.ini} must be {setting.valid()}, not {value!r}")


def _anchored(ini: dict[str, Value], root: Path) -> dict[str, Value]:
    """With paths made absolute that pytest does not know of: the ini file means them from the rootdir on."""
    said = {name: ini[name] for name in ("model", "replay")}
    return ini | {
        name: str(root / str(path)) for name, path in said.items() if isinstance(path, str) and _is_below(root, path)
    }


def _is_below(root: Path, path: str) -> bool:
    return path not in ("", "true", "false") and (root / path).exists()


def _suite_folder(folder: Path, said: str) -> Path:
    if folder.is_file():
        raise pytest.UsageError(f"{said}: is a file; name the suite's folder, and the file as a path beside it")
    if not folder.is_dir():
        raise pytest.UsageError(f"{said}: there is no such folder")
    if not (folder / SUITE_FILE).is_file():
        raise pytest.UsageError(
            f"{said}: is no suite, since it holds no {SUITE_FILE}; 'neurontest init DIR' writes one"
        )
    return folder.resolve()


#: What the command line, the ini file and the environment say.
OPTIONS: pytest.StashKey[Options] = pytest.StashKey()
