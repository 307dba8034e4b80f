"""Log lines of the app: one JSON line an event, whoever wrote it, with the photo and request it is about."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading

import pytest

from core.watching import logs
from core.watching.logs import REQUEST, about_photo, last_problems, tell


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def out(monkeypatch):
    """The output that log lines go to; everything is restored afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    logs._last_problems.problems.clear()
    yield io.StringIO()
    logging.captureWarnings(False)
    root.handlers[:] = before
    root.setLevel(level)


def lines(out) -> list[dict]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_with_time_level_and_what_it_is_about(out):
    tell(out)
    token = REQUEST.set("r-1")
    with about_photo("ab12"):
        logging.getLogger("core.intake").info("Counted, in %d ms: köln", 12, extra={"drop": "d"})
    REQUEST.reset(token)
    logging.getLogger("core.intake").info("Later")
    first, second = lines(out)
    assert first.pop("at")
    assert first == {
        "level": "INFO", "logger": "core.intake", "message": "Counted, in 12 ms: köln", "drop": "d",
        "request": "r-1", "photo": "ab12",
    }  # fmt: skip
    assert set(second) == {"at", "level", "logger", "message"}


def test_a_photo_inside_another_gives_way_again(out):
    tell(out)
    with about_photo("outer"):
        with about_photo("inner"):
            logging.getLogger().info("a")
        logging.getLogger().info("b")
    assert [line["photo"] for line in lines(out)] == ["inner", "outer"]


def test_an_error_is_one_line_with_its_traceback(out):
    tell(out)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("core").exception("It failed")
    (line,) = lines(out)
    assert "ValueError: two" in line["exception"]


def test_what_libraries_print_and_warn_is_told_too(out):
    tell(out)
    print("a library says\nthis")
    import warnings

    warnings.warn("soon gone", DeprecationWarning, stacklevel=1)
    assert [line["message"] for line in lines(out)][:2] == ["a library says", "this"]
    assert "soon gone" in lines(out)[2]["message"]


def test_a_thread_that_dies_is_told(out):
    tell(out)
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    (line,) = lines(out)
    assert (line["level"], line["message"]) == ("CRITICAL", "A thread died: division by zero")
    assert "ZeroDivisionError" in line["exception"]


def test_a_person_at_a_terminal_reads_words(out):
    terminal = Terminal()
    tell(terminal)
    logging.getLogger("core").info("Ready")
    assert terminal.getvalue().endswith(" INFO Ready\n")


def test_the_last_warnings_and_errors_are_kept_newest_first_and_not_more_than_fifty(out):
    tell(out)
    logging.getLogger().info("not a problem")
    for number in range(60):
        with about_photo(f"photo {number}"):
            logging.getLogger().warning("problem %d", number)
    problems = last_problems()
    assert [problem.message for problem in problems] == [f"problem {n}" for n in range(59, 9, -1)]
    assert problems[0].photo == "photo 59"


def test_where_credentials_came_from_is_not_told(out):
    tell(out)
    logging.getLogger("botocore.credentials").info("Found credentials in environment variables.")
    assert out.getvalue() == ""


def test_lines_of_two_threads_are_never_mixed(tmp_path):
    code = (
        "import sys, threading; from core.watching.logs import tell; tell(sys.stdout)\n"
        "say = lambda c: [print(c * 200, end=end) for _ in range(200) for end in ('', '\\n')]\n"
        "threads = [threading.Thread(target=say, args=(c,)) for c in 'ab']\n"
        "[t.start() for t in threads]; [t.join() for t in threads]"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    messages = [json.loads(line)["message"] for line in told.splitlines()]
    assert sorted(messages) == ["a" * 400] * 200 + ["b" * 400] * 200
