"""The suite's folder: what its files are called in faults, and which paths lie inside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from neurontest.errors import Fault, SpecError

SUITE_FILE = "suite.yaml"


class OutsideError(ValueError):
    """A path leaves the suite's folder; the text is the end of a sentence about it."""


@dataclass(frozen=True)
class Folder:
    """The folder of a suite. A spec comes from elsewhere and may read nothing outside it."""

    path: Path

    def shown(self, file: Path) -> str:
        """Name a file as the user would: from the current directory, if it is below that."""
        file = file.absolute()
        return (file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file).as_posix()

    def inside(self, name: str) -> Path:
        """Find the path that a spec names.

        Raises
        ------
        OutsideError
            If it is absolute, or leads out of the folder, be it through a symbolic link.
        """
        if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or PureWindowsPath(name).root:
            raise OutsideError("is an absolute path; say it from the suite's folder on")
        path = self.path / name
        try:
            is_inside = path.resolve().is_relative_to(self.path.resolve())
        except (OSError, ValueError, RuntimeError):
            raise OutsideError("is no path") from None
        if not is_inside:
            raise OutsideError("leads out of the suite's folder; a spec may only read what lies in it")
        return path

    def specs(self) -> tuple[Path, ...]:
        """List the files that a suite is made of: suite.yaml, then the others by name.

        Raises
        ------
        SpecError
            If there is no suite.yaml, or a file that would be overlooked or lies outside.
        """
        suite = self.path / SUITE_FILE
        if not suite.is_file():
            raise SpecError([Fault(self.shown(suite), 1, 1, "there is no such file; a suite is a folder with one")])
        files = [file for file in sorted(self.path.iterdir()) if file.is_file() and not file.name.startswith(".")]
        faults = [
            Fault(self.shown(file), 1, 1, f"rename it to {file.stem}.yaml; only files so called are read")
            for file in files
            if file.suffix == ".yml"
        ]
        found = [suite, *(file for file in files if file.suffix == ".yaml" and file.name != SUITE_FILE)]
        for file in found:
            try:
                self.inside(file.name)
            except OutsideError as error:
                faults.append(Fault(self.shown(file), 1, 1, f"this link {error}"))
        if faults:
            raise SpecError(faults)
        return tuple(found)
