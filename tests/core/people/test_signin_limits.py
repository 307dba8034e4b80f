"""Guessing is slowed, and nobody is locked out by it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import AccountProblem
from core.people.signin_limits import FREE_FOR_ADDRESS, FREE_FOR_NAME, KEY, MOST_ENTRIES, SignInLimits
from core.settings import Settings
from core.store.blobs import open_blobs
from tests.core.people.test_accounts import ELSEWHERE, HERE, Clock


@pytest.fixture
def blobs(tmp_path):
    return open_blobs(Settings(store=str(tmp_path / "store")))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limits(blobs, clock):
    return SignInLimits(blobs, clock=clock)


def fail(limits, times, username="anna", address=HERE):
    for _ in range(times):
        limits.count_attempt(username, address)


def refusal(limits, username="anna", address=HERE):
    """The sentence that an attempt is refused with, empty when it is let through."""
    try:
        limits.count_attempt(username, address)
    except AccountProblem as problem:
        return str(problem)
    return ""


def test_five_mistypings_are_free_and_then_the_wait_doubles(limits, clock):
    fail(limits, FREE_FOR_NAME)
    waits = []
    for _ in range(4):
        start = clock.now
        while refusal(limits):
            clock.now += 0.5
        waits.append(clock.now - start)
    assert waits == [5, 10, 20, 40]


def test_the_refusal_says_how_long(limits, clock):
    fail(limits, FREE_FOR_NAME)
    assert refusal(limits) == "Too many attempts from here. Try again in 5 seconds."
    clock.now += 4.5
    assert refusal(limits) == "Too many attempts from here. Try again in 1 second."


def test_no_wait_is_longer_than_a_quarter_of_an_hour_however_long_the_guessing(limits, clock):
    for _ in range(200):
        start = clock.now
        while refusal(limits):
            clock.now += 30
        assert clock.now - start <= 930


def test_trying_while_waiting_does_not_prolong_the_wait(limits, clock):
    fail(limits, FREE_FOR_NAME)
    for _ in range(50):
        assert refusal(limits)
    clock.now += 5
    assert refusal(limits) == ""


def test_a_stranger_elsewhere_does_not_slow_a_person_here(limits, clock):
    for _ in range(30):
        while refusal(limits, address=ELSEWHERE):
            clock.now += 60
    assert refusal(limits, address=HERE) == ""


def test_many_names_from_one_address_are_slowed_too(limits):
    for number in range(FREE_FOR_ADDRESS):
        fail(limits, 1, username=f"person{number}")
    assert "Too many attempts" in refusal(limits, username="yet-another")
    assert refusal(limits, username="yet-another", address=ELSEWHERE) == ""


def test_a_right_password_clears_the_name_but_not_the_address(limits):
    for number in range(FREE_FOR_ADDRESS - 1):
        fail(limits, 1, username=f"person{number}")
    fail(limits, 1, username="the-guesser")
    limits.forgive_attempt("the-guesser", HERE)
    assert refusal(limits, username="person0") == ""
    assert "Too many attempts" in refusal(limits, username="person0")


def test_a_right_password_clears_a_persons_mistypings(limits):
    fail(limits, FREE_FOR_NAME)
    limits.forgive_attempt("anna", HERE)
    fail(limits, FREE_FOR_NAME)


def test_a_failure_is_forgotten_after_a_quarter_of_an_hour(limits, clock):
    for _ in range(50):
        fail(limits, 1)
        clock.now += 900
    fail(limits, FREE_FOR_NAME)


def test_another_process_and_a_restart_remember(limits, blobs, clock):
    fail(limits, FREE_FOR_NAME)
    assert "Too many attempts" in refusal(SignInLimits(blobs, clock=clock))


def test_guesses_made_at_once_all_count(blobs, clock):
    def guess(_):
        return refusal(SignInLimits(blobs, clock=clock))

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(guess, range(16)))
    assert answers.count("") == FREE_FOR_NAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", id="one IPv6 household"),
        pytest.param("192.0.2.1", "::ffff:192.0.2.1", id="IPv4 written as IPv6"),
    ],
)
def test_addresses_of_one_household_count_together(limits, one, other):
    fail(limits, FREE_FOR_NAME, address=one)
    assert "Too many attempts" in refusal(limits, address=other)


def test_a_clock_that_ran_ahead_locks_nobody_out(limits, clock):
    clock.now += 10 * 365 * 86_400
    fail(limits, FREE_FOR_NAME)
    clock.now -= 10 * 365 * 86_400
    assert refusal(limits) == ""


def test_the_record_neither_grows_nor_holds_what_was_typed(limits, blobs, clock):
    fail(limits, 1, username="hunter2-typed-into-the-wrong-field")
    assert b"hunter2" not in blobs.get(KEY)
    now = clock.now
    full = {f"{number:024x}": [1.0, now] for number in range(MOST_ENTRIES + 500)}
    blobs.put(KEY, json.dumps(full).encode())
    fail(limits, 1)
    assert len(json.loads(blobs.get(KEY))) == MOST_ENTRIES
    clock.now += 3600
    fail(limits, 1)
    assert len(json.loads(blobs.get(KEY))) == 3


def test_a_name_that_is_guessed_from_many_addresses_gets_a_hundred_guesses_an_hour(limits, clock):
    let_through = 0
    for number in range(3_600):
        let_through += not refusal(limits, address=f"198.51.{number // 250}.{number % 250}")
        clock.now += 1
    assert 95 <= let_through <= 100


def test_where_somebody_signed_in_lately_guesses_elsewhere_do_not_slow_them(limits, clock):
    limits.count_attempt("anna", HERE)
    limits.forgive_attempt("anna", HERE)
    for number in range(200):
        refusal(limits, address=f"198.51.100.{number}")
    assert "Too many attempts" in refusal(limits, address=ELSEWHERE)
    assert refusal(limits, address=HERE) == ""
    clock.now += 31 * 86_400
    fail(limits, 1, username="ben")
    for number in range(200):
        refusal(limits, address=f"198.51.100.{number}")
    assert "Too many attempts" in refusal(limits, address=HERE)


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"\xff",
        b"null",
        b'{"a": 3}',
        b'{"a": ["x", 1]}',
        b'{"a": [NaN, 1]}',
        b'{"a": [1e999, Infinity]}',
        b'{"a": [true, []]}',
        b'{"a": {}}',
    ],
)
def test_a_damaged_count_locks_nobody_out(blobs, limits, content):
    blobs.put(KEY, content)
    assert refusal(limits) == ""
    limits.forgive_attempt("anna", HERE)
    fail(limits, FREE_FOR_NAME)
    assert "Too many attempts" in refusal(limits)
