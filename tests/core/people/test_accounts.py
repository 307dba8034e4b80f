"""Accounts in a folder store: what people, admins and strangers may rely on."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import bcrypt
import pytest

from core.errors import AccountProblem, Conflict
from core.people import passwords
from core.people.accounts import KEY, MOST_SIGN_INS, Accounts
from core.settings import Settings
from core.store.blobs import open_blobs
from tests.core.store.racing import in_processes
from tests.people import ADMIN

HERE = "192.0.2.1"
ELSEWHERE = "192.0.2.2"
OWN = "four calm yellow daisies"
WRONG = "Name or password is wrong."


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def cheap_bcrypt(monkeypatch):
    monkeypatch.setattr(passwords, "BCRYPT_COST", 4)


@pytest.fixture
def blobs(tmp_path):
    return open_blobs(Settings(store=str(tmp_path / "store")))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accounts(blobs, clock):
    """Accounts with admin and anna, a researcher with a password of her own."""
    accounts = Accounts(blobs, clock=clock)
    accounts.first_start()
    accounts.add("anna", "Anna Smit", "researcher", by=ADMIN)
    accounts.set_password("anna", OWN, address=HERE)
    return accounts


@pytest.fixture
def sign_in(accounts, clock):
    """Sign anna in until the moment that is returned."""

    def sign_in(days: float = 30) -> float:
        expires_at = clock.now + days * 86_400
        accounts.open_sign_in(accounts.sign_in("anna", OWN, address=HERE), expires_at)
        return expires_at

    return sign_in


def stored(blobs):
    return json.loads(blobs.get(KEY))


# --- first start


def test_the_first_start_makes_admin_and_says_its_password_once(blobs):
    password = Accounts(blobs).first_start()
    assert re.fullmatch(r"([2-9a-z]{4}-){3}[2-9a-z]{4}", password)
    assert Accounts(blobs).first_start() is None
    admin = Accounts(blobs).sign_in("admin", password, address=HERE)
    assert (admin.username, admin.role, admin.must_change_password) == ("admin", "admin", True)


def first_start_in_process(store):
    passwords.BCRYPT_COST = 4
    return Accounts(open_blobs(Settings(store=store))).first_start()


def test_of_processes_that_start_at_once_one_makes_admin(tmp_path):
    store = str(tmp_path / "store")
    said = in_processes(first_start_in_process, [(store,)] * 3)
    (password,) = [answer for answer in said if answer is not None]
    accounts = Accounts(open_blobs(Settings(store=store)))
    assert [person.username for person in accounts.people()] == ["admin"]
    assert accounts.sign_in("admin", password, address=HERE).role == "admin"


def test_each_store_has_a_long_random_cookie_key_that_stays(tmp_path):
    keys = set()
    for name in ("one", "two"):
        accounts = Accounts(open_blobs(Settings(store=str(tmp_path / name))))
        accounts.first_start()
        assert len(accounts.cookie_key()) >= 32
        accounts.first_start()
        keys |= {accounts.cookie_key(), accounts.cookie_key()}
    assert len(keys) == 2


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("some_key", id="the library's default"),
        pytest.param("some_key" * 8, id="the default, repeated"),
        pytest.param("k" * 31, id="short"),
        pytest.param(12345678901234567890123456789012345, id="no text"),
    ],
)
def test_it_does_not_start_with_a_cookie_key_that_others_may_know(accounts, blobs, key):
    document = stored(blobs) | {"cookie_key": key}
    if key is None:
        del document["cookie_key"]
    blobs.put(KEY, json.dumps(document).encode())
    with pytest.raises(AccountProblem, match="cookie key"):
        accounts.first_start()
    with pytest.raises(AccountProblem, match="cookie key"):
        accounts.cookie_key()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"{", "damaged", id="half written"),
        pytest.param(b"[]", "no JSON object", id="a list"),
        pytest.param(b'{"schema": 2, "people": {}}', "schema 2", id="of a newer Bloomcount"),
        pytest.param(b'{"schema": 1}', "damaged", id="without people"),
    ],
)
def test_accounts_that_cannot_be_read_are_said_and_not_replaced(blobs, content, sentence):
    blobs.put(KEY, content)
    with pytest.raises(Exception, match=sentence):
        Accounts(blobs).first_start()
    assert blobs.get(KEY) == content


def test_before_the_first_start_there_is_nothing_to_change(blobs):
    with pytest.raises(AccountProblem, match="Start Bloomcount once"):
        Accounts(blobs).add("anna", "Anna Smit", "lead", by=ADMIN)


# --- what is stored


def test_passwords_are_stored_as_bcrypt_and_nothing_else(accounts, blobs, monkeypatch):
    monkeypatch.setattr(passwords, "BCRYPT_COST", 12)
    one_time = accounts.one_time_password("anna", by=ADMIN)
    text = blobs.get(KEY).decode()
    assert one_time not in text
    assert OWN not in text
    assert stored(blobs)["people"]["anna"]["password_hash"].startswith("$2b$12$")
    assert "hint" not in text


def test_other_users_of_the_machine_cannot_read_them(accounts, tmp_path):
    assert (tmp_path / "store").stat().st_mode & 0o077 == 0


def test_the_library_is_handed_neither_hashes_nor_disabled_people(accounts):
    accounts.add("ben", "Ben Bos", "lead", by=ADMIN)
    accounts.disable("ben", by=ADMIN)
    assert accounts.credentials() == {
        "usernames": {
            "admin": {"name": "Administrator", "email": "", "roles": ["admin"]},
            "anna": {"name": "Anna Smit", "email": "", "roles": ["researcher"]},
        }
    }


def test_sixteen_changes_at_once_from_threads_lose_none(accounts, blobs):
    def add(number):
        return Accounts(blobs).add(f"person{number}", f"Person {number}", "researcher", by=ADMIN)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(16)))
    assert {person.username for person in accounts.people()} == {"admin", "anna", *(f"person{n}" for n in range(16))}


def add_in_process(store, name):
    passwords.BCRYPT_COST = 4
    accounts = Accounts(open_blobs(Settings(store=store)))
    for number in range(4):
        accounts.add(f"{name}{number}", "Somebody", "researcher", by=ADMIN)


def test_sixteen_changes_at_once_from_processes_lose_none(accounts, tmp_path):
    in_processes(add_in_process, [(str(tmp_path / "store"), name) for name in ("an", "bo", "ci", "du")])
    assert len(accounts.people()) == 2 + 16


def test_a_change_that_met_another_is_made_again_on_top_of_it(accounts, blobs, monkeypatch):
    put, met = blobs.put, []

    def put_after_another(key, data, **condition):
        if not met:
            met.append(key)
            Accounts(blobs).set_role("anna", "lead", by=ADMIN)
            raise Conflict("somebody was first")
        return put(key, data, **condition)

    with monkeypatch.context() as patch:
        patch.setattr(blobs, "put", put_after_another)
        accounts.disable("anna", by=ADMIN)
    anna = accounts.find("anna")
    assert (anna.role, anna.disabled) == ("lead", True)


# --- people


@pytest.mark.parametrize(
    "username", ["", "a", "Anna", "anna smit", "-anna", "1anna", "anna@x", "änna", "a" * 33, "anna\n", "../anna"]
)
def test_user_names_are_short_plain_words(accounts, username):
    with pytest.raises(AccountProblem, match="cannot be a user name"):
        accounts.add(username, "Anna", "researcher", by=ADMIN)


@pytest.mark.parametrize("username", ["an", "j.smith", "plot-3_b", "a" * 32])
def test_plain_words_are_user_names(accounts, username):
    assert accounts.sign_in(username, accounts.add(username, "Somebody", "lead", by=ADMIN), address=HERE).role == "lead"


def test_a_name_is_taken_once(accounts):
    with pytest.raises(AccountProblem, match="already an account anna"):
        accounts.add("anna", "Another Anna", "admin", by=ADMIN)
    assert accounts.find("anna").role == "researcher"


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_an_account_has_a_name(accounts, name):
    with pytest.raises(AccountProblem, match="name"):
        accounts.add("ben", name, "lead", by=ADMIN)


def test_there_are_three_roles(accounts):
    with pytest.raises(AccountProblem, match=r"'boss' is not a role\. Choose one of researcher, lead, admin"):
        accounts.add("ben", "Ben Bos", "boss", by=ADMIN)
    with pytest.raises(AccountProblem, match="is not a role"):
        accounts.set_role("anna", "", by=ADMIN)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("researcher", [True, False, False]),
        ("lead", [True, True, False]),
        ("admin", [True, True, True]),
    ],
)
def test_a_role_may_do_what_those_before_it_may(accounts, role, may):
    accounts.set_role("anna", role, by=ADMIN)
    anna = accounts.find("anna")
    assert [anna.may(role) for role in ("researcher", "lead", "admin")] == may


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda accounts: accounts.set_role("admin", "lead", by=ADMIN), id="demoted"),
        pytest.param(lambda accounts: accounts.disable("admin", by=ADMIN), id="disabled"),
    ],
)
def test_the_last_admin_stays_one(accounts, change):
    with pytest.raises(AccountProblem, match="the only administrator"):
        change(accounts)
    admin = accounts.find("admin")
    assert (admin.role, admin.disabled) == ("admin", False)
    accounts.set_role("anna", "admin", by=ADMIN)
    accounts.disable("anna", by=ADMIN)
    with pytest.raises(AccountProblem, match="the only administrator"):
        change(accounts)
    accounts.enable("anna", by=ADMIN)
    change(accounts)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda accounts: accounts.set_role("nobody", "lead", by=ADMIN), id="role"),
        pytest.param(lambda accounts: accounts.set_password("nobody", OWN, address=HERE), id="password"),
        pytest.param(lambda accounts: accounts.one_time_password("nobody", by=ADMIN), id="one-time password"),
        pytest.param(lambda accounts: accounts.disable("nobody", by=ADMIN), id="disable"),
        pytest.param(lambda accounts: accounts.enable("nobody", by=ADMIN), id="enable"),
        pytest.param(lambda accounts: accounts.sign_out_everywhere("nobody", by=ADMIN), id="sign out everywhere"),
    ],
)
def test_nobody_cannot_be_changed(accounts, change):
    with pytest.raises(AccountProblem, match="There is no account nobody"):
        change(accounts)


# --- passwords


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        pytest.param("eleven char", "has 11 characters; it needs 12 or more", id="short"),
        pytest.param("", "has 0 characters", id="empty"),
        pytest.param("abcd" * 18 + "e", "has 73 bytes; the limit is 72", id="a byte too long"),
        pytest.param("bloemen" + "é" * 33, "has 73 bytes", id="40 letters, of two bytes"),
        pytest.param("a" * 20, "repeats too few", id="one letter"),
        pytest.param(OWN, "current password", id="the present one"),
    ],
)
def test_passwords_that_cannot_be(accounts, password, sentence):
    with pytest.raises(AccountProblem, match=sentence):
        accounts.set_password("anna", password, address=HERE)
    assert accounts.sign_in("anna", OWN, address=HERE).username == "anna"


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("twelve chars", id="12 bytes"),
        pytest.param("abcd" * 18, id="72 bytes"),
        pytest.param("bloemen" + "é" * 32, id="71 bytes in 39 letters"),
        pytest.param("with \0 a zero byte", id="zero byte"),
        pytest.param(" spaces count too ", id="spaces"),
    ],
)
def test_passwords_that_can_be(accounts, password):
    accounts.set_password("anna", password, address=HERE)
    assert accounts.sign_in("anna", password, address=HERE).username == "anna"
    with pytest.raises(AccountProblem, match=WRONG):
        accounts.sign_in("anna", password[:-1], address=HERE)


def test_only_the_first_72_bytes_are_not_enough(accounts):
    accounts.set_password("anna", "abcd" * 18, address=HERE)
    with pytest.raises(AccountProblem, match=WRONG):
        accounts.sign_in("anna", "abcd" * 18 + "e", address=HERE)


def test_an_accent_is_the_same_from_every_keyboard(accounts):
    accounts.set_password("anna", "caf\u00e9 met bloemen", address=HERE)
    assert accounts.sign_in("anna", "cafe\u0301 met bloemen", address=HERE).username == "anna"


def test_a_one_time_password_is_to_be_changed(accounts):
    accounts.sign_in("anna", OWN, address=HERE)
    one_time = accounts.one_time_password("anna", by=ADMIN)
    with pytest.raises(AccountProblem, match=WRONG):
        accounts.sign_in("anna", OWN, address=HERE)
    assert accounts.sign_in("anna", one_time, address=HERE).must_change_password is True
    assert accounts.set_password("anna", "a new one of her own", address=HERE).must_change_password is False


def test_one_times_are_never_the_same(accounts):
    assert len({accounts.one_time_password("anna", by=ADMIN) for _ in range(20)}) == 20


def test_changing_the_own_password_takes_the_present_one(accounts):
    with pytest.raises(AccountProblem, match=WRONG):
        accounts.change_password("anna", "not the present one", "a new one of her own", address=HERE)
    accounts.change_password("anna", OWN, "a new one of her own", address=HERE)
    assert accounts.sign_in("anna", "a new one of her own", address=HERE).username == "anna"


def test_guessing_the_present_password_in_an_open_tab_is_slowed_too(accounts):
    for _ in range(5):
        with pytest.raises(AccountProblem, match=WRONG):
            accounts.change_password("anna", "a guess at it", "a new one of her own", address=HERE)
    with pytest.raises(AccountProblem, match="Too many attempts"):
        accounts.change_password("anna", OWN, "a new one of her own", address=HERE)


# --- signing in


@pytest.mark.parametrize(
    ("username", "password"),
    [
        pytest.param("anna", "wrong", id="wrong password"),
        pytest.param("nobody", OWN, id="unknown name"),
        pytest.param("anna", "x" * 5000, id="over 72 bytes"),
        pytest.param("nobody", "x" * 5000, id="unknown name, over 72 bytes"),
        pytest.param("anna", OWN + "\0", id="zero byte"),
        pytest.param("anna", "\ud800", id="no valid text"),
        pytest.param("ben", "wrong", id="disabled account"),
        pytest.param("x" * 100_000, "wrong", id="endless name"),
    ],
)
def test_strangers_hear_the_same_after_the_same_work(accounts, monkeypatch, username, password):
    accounts.add("ben", "Ben Bos", "lead", by=ADMIN)
    accounts.disable("ben", by=ADMIN)
    work = []
    for name in ("hashpw", "checkpw"):
        real = getattr(bcrypt, name)
        monkeypatch.setattr(bcrypt, name, lambda *args, real=real: work.append(real) or real(*args))
    with pytest.raises(AccountProblem) as refusal:
        accounts.sign_in(username, password, address=HERE)
    assert (str(refusal.value), len(work)) == (WRONG, 1)


def test_the_name_may_be_typed_in_capitals(accounts):
    assert accounts.sign_in(" Anna ", OWN, address=HERE).username == "anna"


def test_an_empty_form_is_no_attempt(accounts):
    for _ in range(30):
        with pytest.raises(AccountProblem, match="Fill in both"):
            accounts.sign_in("anna", "", address=HERE)
    assert accounts.sign_in("anna", OWN, address=HERE).username == "anna"


def test_only_who_knows_the_password_hears_that_the_account_is_disabled(accounts):
    accounts.disable("anna", by=ADMIN)
    with pytest.raises(AccountProblem, match="disabled"):
        accounts.sign_in("anna", OWN, address=HERE)


# --- sign-ins that are open


def test_a_sign_in_holds_until_it_expires(accounts, clock, sign_in):
    until = sign_in(days=30)
    clock.now += 29 * 86_400
    assert accounts.signed_in("anna", until).username == "anna"
    clock.now += 86_400
    assert accounts.signed_in("anna", until) is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda accounts: accounts.set_password("anna", "a new one of her own", address=HERE), id="password"
        ),
        pytest.param(lambda accounts: accounts.one_time_password("anna", by=ADMIN), id="one-time password"),
        pytest.param(lambda accounts: accounts.disable("anna", by=ADMIN), id="disabled"),
        pytest.param(lambda accounts: accounts.sign_out_everywhere("anna", by=ADMIN), id="signed out everywhere"),
        pytest.param(
            lambda accounts: (accounts.disable("anna", by=ADMIN), accounts.enable("anna", by=ADMIN)),
            id="disabled and enabled",
        ),
    ],
)
def test_a_change_ends_every_sign_in_of_before_also_within_one_second(accounts, blobs, sign_in, change):
    first, second = sign_in(30), sign_in(29)
    change(Accounts(blobs))
    assert (accounts.signed_in("anna", first), accounts.signed_in("anna", second)) == (None, None)


def test_a_new_role_holds_at_once(accounts, blobs, sign_in):
    until = sign_in()
    Accounts(blobs).set_role("anna", "lead", by=ADMIN)
    assert accounts.signed_in("anna", until).role == "lead"


def test_signing_out_ends_that_sign_in_alone(accounts, sign_in):
    laptop, phone = sign_in(30), sign_in(29)
    accounts.sign_out("anna", laptop, address=HERE)
    assert accounts.signed_in("anna", laptop) is None
    assert accounts.signed_in("anna", phone).username == "anna"


def test_a_sign_in_that_was_never_opened_holds_nothing(accounts, clock, sign_in):
    until = sign_in()
    assert accounts.signed_in("anna", until + 1) is None
    assert accounts.signed_in("admin", until) is None
    assert accounts.signed_in("nobody", until) is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda accounts: accounts.one_time_password("anna", by=ADMIN), id="password changed"),
        pytest.param(lambda accounts: accounts.disable("anna", by=ADMIN), id="disabled"),
    ],
)
def test_a_password_checked_before_a_change_opens_nothing_after_it(accounts, clock, change):
    anna = accounts.sign_in("anna", OWN, address=HERE)
    change(accounts)
    with pytest.raises(AccountProblem, match=WRONG):
        accounts.open_sign_in(anna, clock.now + 100)
    assert accounts.signed_in("anna", clock.now + 100) is None


def test_open_sign_ins_are_forgotten_when_they_expire_or_grow_many(accounts, clock):
    anna = accounts.sign_in("anna", OWN, address=HERE)
    for number in range(MOST_SIGN_INS + 3):
        accounts.open_sign_in(anna, clock.now + 100 + number)
    assert len(accounts.find("anna").sign_ins) == MOST_SIGN_INS
    assert accounts.signed_in("anna", clock.now + 100) is None
    clock.now += 1000
    accounts.open_sign_in(anna, clock.now + 100)
    assert accounts.find("anna").sign_ins == (clock.now + 100,)


# --- on a bucket


def test_a_bucket_keeps_accounts_as_a_folder_does(s3_settings):
    accounts = Accounts(open_blobs(s3_settings))
    accounts.first_start()
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda n: Accounts(open_blobs(s3_settings)).add(f"person{n}", "Somebody", "lead", by=ADMIN), range(8)
            )
        )
    assert len(accounts.people()) == 9


# --- damage


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(None, id="nothing"),
        pytest.param([], id="a list"),
        pytest.param({}, id="empty"),
        pytest.param({"role": "owner"}, id="a role that is none"),
        pytest.param({"password_hash": 7}, id="a number for a password"),
        pytest.param({"sign_ins": ["tomorrow"]}, id="a sign-in that is no time"),
        pytest.param({"sign_ins": None}, id="no sign-ins"),
        pytest.param({"changed_at": "yesterday"}, id="a date that is none"),
        pytest.param({"name": None}, id="no name"),
    ],
)
def test_one_damaged_person_locks_nobody_else_out(blobs, accounts, row):
    document = stored(blobs)
    whole = document["people"]["admin"]
    document["people"]["ben"] = {**whole, **row} if isinstance(row, dict) and row else row
    blobs.put(KEY, json.dumps(document).encode())
    damaged = document["people"]["ben"]
    accounts.open_sign_in(accounts.sign_in("anna", OWN, address=HERE), 4e9)
    assert accounts.signed_in("anna", 4e9).username == "anna"
    with pytest.raises(AccountProblem, match=WRONG):
        accounts.sign_in("ben", OWN, address=HERE)
    with pytest.raises(AccountProblem, match="already an account ben"):
        accounts.add("ben", "Ben", "researcher", by=ADMIN)
    assert [sentence.split(" (")[0] for sentence in accounts.damaged()] == ["The account ben is damaged"]
    assert stored(blobs)["people"]["ben"] == damaged


def test_a_damaged_administrator_stops_nobody_from_signing_in(blobs, accounts):
    document = stored(blobs)
    document["people"]["admin"]["role"] = "owner"
    blobs.put(KEY, json.dumps(document).encode())
    accounts.open_sign_in(accounts.sign_in("anna", OWN, address=HERE), 4e9)
    assert accounts.signed_in("anna", 4e9).username == "anna"
