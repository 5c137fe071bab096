from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from neurontest.plugin.progress import ProgressLine


class Terminal:
    """pytest's terminal reporter, as far as the line uses it; what is written while captured is lost."""

    def __init__(self, *, isatty: bool, verbose: int = 0) -> None:
        self.isatty = isatty
        self.showfspath, self.showlongtestinfo = verbose >= 0, verbose > 0
        self.currentfspath: str | None = "geo.yaml"
        self.captured = True
        self.text = "geo.yaml ."

    def write(self, content: str, *, flush: bool = False) -> None:
        assert not self.captured
        self.text += content

    def rewrite(self, line: str, **markup: bool) -> None:
        assert markup == {"erase": True}
        self.write("\r" + line)

    def ensure_newline(self) -> None:
        if self.currentfspath:
            self.write("\n")
            self.currentfspath = None

    def write_fspath_result(self, nodeid: str, res: str) -> None:
        if self.currentfspath is None:
            self.write("\n" + nodeid.partition("::")[0] + " ")
            self.currentfspath = nodeid.partition("::")[0]

    @contextmanager
    def uncaptured(self) -> Iterator[None]:
        self.captured = False
        yield
        self.captured = True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def make(terminal: Terminal) -> tuple[ProgressLine, Clock]:
    clock = Clock()
    line = ProgressLine(terminal, terminal.uncaptured, clock=clock)
    line.node = "geo.yaml::a"
    return line, clock


def test_on_a_terminal_one_line_is_rewritten_and_the_dots_go_on_below() -> None:
    terminal = Terminal(isatty=True)
    line, clock = make(terminal)
    for clock.now, done in ((0.0, 0), (0.1, 1), (0.3, 2), (60.0, 3000)):
        line("tracing", done, 4000, "9 tokens/s")
    line.close()
    line.close()
    assert terminal.text == (
        "geo.yaml .\ntracing 0 of 4,000, 9 tokens/s\rtracing 2 of 4,000, 9 tokens/s"
        "\rtracing 3,000 of 4,000, 9 tokens/s\ngeo.yaml "
    )


def test_a_line_wider_than_the_terminal_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal(isatty=True)
    make(terminal)[0]("testing", 1, 2, "a very long sentence")
    assert terminal.text.splitlines()[-1] == "testing 1 of 2, a …"
    assert len(terminal.text.splitlines()[-1]) == 19


def test_elsewhere_a_new_line_at_most_every_ten_seconds() -> None:
    terminal = Terminal(isatty=False)
    line, clock = make(terminal)
    for second in range(21):
        clock.now = second
        line("tracing", second, 0, "")
    line.close()
    assert terminal.text == "geo.yaml .\ntracing\ntracing\ntracing\ngeo.yaml "


@pytest.mark.parametrize(("verbose", "end"), [(-1, "\n"), (1, "")])
def test_quiet_dots_need_a_line_and_verbose_outcomes_begin_their_own(verbose: int, end: str) -> None:
    terminal = Terminal(isatty=False, verbose=verbose)
    terminal.currentfspath = None if verbose < 0 else "geo.yaml::a"
    line, _ = make(terminal)
    line("testing", 1, 2, "")
    line.close()
    assert terminal.text == "geo.yaml .\ntesting 1 of 2" + end


def test_nothing_shown_leaves_nothing_to_end() -> None:
    terminal = Terminal(isatty=True)
    make(terminal)[0].close()
    assert terminal.text == "geo.yaml ."


def test_without_a_terminal_reporter_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine(None)
    line("testing", 1, 2, "")
    line.close()
    assert capfd.readouterr() == ("", "")


def test_a_worker_writes_whole_lines_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    line = ProgressLine(None, worker="gw1", clock=clock)
    for clock.now in (0.0, 5.0, 11.0):
        line("tracing", int(clock.now), 20, "")
    line.close()
    assert capfd.readouterr() == ("", "\n[gw1] tracing 0 of 20\n\n[gw1] tracing 11 of 20\n")
