from __future__ import annotations

import os
import shlex
import subprocess
import sys
from argparse import _SubParsersAction
from pathlib import Path

import pytest

from neurontest.cli.parser import parser

HEAVY = ("torch", "transformers", "numpy", "scipy", "pytest")
WITH_JSON = {"check", "claims", "plan", "neurons", "overlap", "compare", "models"}


def verbs() -> dict[str, str]:
    """Each verb and its help."""
    (commands,) = (one for one in parser()._actions if isinstance(one, _SubParsersAction))
    return {name: verb.format_help() for name, verb in commands.choices.items()}


def test_all_verbs_are_there() -> None:
    reading = {"init", "check", "claims", "models", "schema"}
    looking = {"plan", "trace", "neurons", "overlap", "bisect"}
    assert set(verbs()) == reading | looking | {"report", "compare", "accept", "badge"}


@pytest.mark.parametrize("name", verbs())
def test_the_help_of_each_verb_has_examples_that_can_be_run_as_they_stand(name: str) -> None:
    _, _, examples = verbs()[name].partition("\nexample")
    lines = [line for line in examples.splitlines()[1:] if line.strip()]
    assert lines
    for line in lines:
        program, *arguments = shlex.split(line, comments=True)
        if ">" in arguments:
            arguments = arguments[: arguments.index(">")]
        assert program == "neurontest"
        assert parser().parse_args(arguments).command.__module__ == f"neurontest.cli.verbs.{name}"


def test_what_a_program_would_read_is_there_as_json() -> None:
    assert {name for name, said in verbs().items() if "--json" in said} == WITH_JSON


@pytest.mark.parametrize("arguments", [["--help"], ["claims"], ["claims", "--json"], ["neurons", "--help"]])
def test_what_only_reads_and_speaks_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        f"import sys\nfrom neurontest.cli import main\ntry: main({arguments!r})\nexcept SystemExit: pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_package_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "neurontest", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("neurontest ")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are closed otherwise there")
@pytest.mark.parametrize("arguments", [["claims"], ["schema", "record"], ["--help"]])
def test_a_closed_pipe_is_quiet(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "neurontest", *arguments]
    # Where nothing is buffered argparse itself overlooks that its help could not be written.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # before a word of it was read
        assert process.stderr.read() == ""
        assert process.wait() == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_an_output_that_cannot_be_written_is_one_message() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "neurontest", "claims"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("neurontest: ")
    assert "No space left on device" in line


@pytest.mark.skipif(sys.platform == "win32", reason="the shell is another")
def test_without_an_output_there_is_none() -> None:
    command = f"{shlex.quote(sys.executable)} -m neurontest claims >&-"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
