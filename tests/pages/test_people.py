"""People and Your account: what an admin changes, what a person changes for themselves."""

from __future__ import annotations

import re

import pytest

from core.errors import AccountProblem
from core.people import person as people
from tests.pages.conftest import PASSWORD
from tests.people import ADMIN
from web.markdown import plain
from web.sign_in_forms import SIGN_IN

PEOPLE = "pages/admin/people.py"
ACCOUNT = "pages/people/account.py"
NEW = "a new one of her own"


def shown(tab):
    """All sentences on the tab."""
    assert not tab.exception
    return " ".join(text.value for text in [*tab.title, *tab.markdown, *tab.error, *tab.success])


def one_time(tab):
    """The one-time password on the tab, None when there is none."""
    assert not tab.exception
    return next((code.value for code in tab.code), None)


def choose(tab, username):
    return tab.selectbox(key="person").set_value(username).run()


def add(tab, username, name="Ben Bos", role="lead"):
    """Fill in and send the form for a fourth person."""
    tab.text_input(key="new_name-3").set_value(name)
    tab.text_input(key="new_username-3").set_value(username)
    tab.selectbox(key="new_role-3").set_value(role)
    return tab.button(key="FormSubmitter:add_person-3-Add person").click().run()


# --- People


def test_people_are_listed_with_role_and_state(browser):
    browser.accounts.disable("lea", by=ADMIN)
    browser.accounts.one_time_password("anna", by=ADMIN)
    table = browser.open_as("admin", PEOPLE).dataframe[0].value
    assert table[["User name", "Role", "State"]].to_numpy().tolist() == [
        ["admin", "admin", "in use"],
        ["anna", "researcher", "waits for first sign-in"],
        ["lea", "lead", "disabled"],
    ]
    assert re.fullmatch(r"\d{1,2} [A-Z][a-z]{2} \d{4}", table["Changed"][0])


def test_a_role_that_the_table_gains_can_be_given_and_is_named(browser, monkeypatch):
    monkeypatch.setattr(people, "ROLES", (*people.ROLES, "owner"))
    tab = add(browser.open_as("admin", PEOPLE), "ben", role="owner")
    assert browser.accounts.find("ben").role == "owner"
    assert tab.dataframe[0].value["Role"].tolist() == ["admin", "researcher", "owner", "lead"]
    browser.accounts.set_role("anna", "owner", by=ADMIN)
    assert "with the role owner." in shown(browser.open_as("anna", ACCOUNT))


@pytest.mark.parametrize("username", ["anna", "lea"])
def test_people_is_for_admins(browser, username):
    tab = browser.open_as(username, PEOPLE)
    assert "This page is for administrators" in shown(tab)
    assert (len(tab.dataframe), len(tab.button)) == (0, 0)


def test_a_new_person_signs_in_with_the_password_shown_once(browser):
    tab = add(browser.open_as("admin", PEOPLE), "ben")
    password = one_time(tab)
    ben = browser.accounts.sign_in("ben", password, address="192.0.2.7")
    assert (ben.name, ben.role, ben.must_change_password) == ("Ben Bos", "lead", True)
    assert tab.text_input(key="new_username-4").value == ""
    assert one_time(tab.run()) is None


def test_a_name_that_cannot_be_is_said(browser):
    tab = add(browser.open_as("admin", PEOPLE), "Ben Bos")
    assert "cannot be a user name" in shown(tab)
    assert "already an account anna" in shown(add(tab, "anna"))


def test_names_are_shown_as_they_were_typed(browser):
    tab = add(browser.open_as("admin", PEOPLE), "ben", name="Ben [Bos](https://example.org)")
    assert plain("Ben [Bos](https://example.org)") in shown(tab)
    tab.text_input(key="new_name-4").set_value("Cleo")
    tab.text_input(key="new_username-4").set_value("*cleo*")
    assert plain("'*cleo*'") in shown(tab.button(key="FormSubmitter:add_person-4-Add person").click().run())


def test_a_role_is_changed(browser):
    tab = choose(browser.open_as("admin", PEOPLE), "anna")
    tab.selectbox(key="role-anna-researcher").set_value("lead").run()
    tab.button(key="change_role").click().run()
    assert "**anna** is now lead." in shown(tab)
    assert browser.accounts.find("anna").role == "lead"


def test_a_new_one_time_password_ends_the_old(browser):
    tab = choose(browser.open_as("admin", PEOPLE), "anna")
    password = one_time(tab.button(key="one_time").click().run())
    with pytest.raises(AccountProblem):
        browser.accounts.sign_in("anna", PASSWORD, address="192.0.2.7")
    assert browser.accounts.sign_in("anna", password, address="192.0.2.7").must_change_password is True


def test_nobody_signs_themselves_out_with_a_password_that_they_then_do_not_see(browser):
    tab = choose(browser.open_as("admin", PEOPLE), "admin")
    assert tab.button(key="one_time").disabled is True
    assert choose(tab, "anna").button(key="one_time").disabled is False


def test_disable_and_enable(browser):
    tab = choose(browser.open_as("admin", PEOPLE), "anna")
    tab.button(key="disable").click().run()
    assert browser.accounts.find("anna").disabled is True
    choose(tab, "anna").button(key="enable").click().run()
    assert browser.accounts.find("anna").disabled is False


def test_the_only_admin_stays_one_and_hears_why(browser):
    tab = choose(browser.open_as("admin", PEOPLE), "admin")
    assert "only administrator" in shown(tab.button(key="disable").click().run())
    assert browser.accounts.find("admin").disabled is False


def test_an_admin_who_is_one_no_more_changes_nothing_with_an_open_tab(browser):
    browser.person("zoe", "admin")
    tab = choose(browser.open_as("zoe", PEOPLE), "anna")
    browser.accounts.set_role("zoe", "researcher", by=ADMIN)
    tab.button(key="disable").click().run()
    assert "This page is for administrators" in shown(tab)
    assert browser.accounts.find("anna").disabled is False


# --- Your account


def change_password(tab, present, new, repeated):
    tab.text_input(key="present_password").set_value(present)
    tab.text_input(key="change_password_new").set_value(new)
    tab.text_input(key="change_password_again").set_value(repeated)
    return tab.button(key="FormSubmitter:change_password-Change password").click().run()


@pytest.mark.parametrize(
    ("present", "new", "repeated", "sentence"),
    [
        ("not the present", NEW, NEW, "Name or password is wrong."),
        (PASSWORD, NEW, NEW + "!", "The two new passwords differ."),
        (PASSWORD, "short", "short", "it needs 12 or more"),
        (PASSWORD, PASSWORD, PASSWORD, "That is the current password."),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(browser, present, new, repeated, sentence):
    tab = change_password(browser.open_as("anna", ACCOUNT), present, new, repeated)
    assert sentence in shown(tab)
    assert browser.accounts.sign_in("anna", PASSWORD, address="192.0.2.7").username == "anna"


def test_who_changes_the_password_stays_signed_in_here_and_nowhere_else(browser):
    here, elsewhere = browser.open_as("anna", ACCOUNT), browser.open_as("anna", ACCOUNT)
    change_password(here, PASSWORD, NEW, NEW)
    assert "Your password is changed" in shown(here)
    assert "Your account" in shown(here.run())
    assert "Names and counts the flowers" in shown(elsewhere.run())
    assert browser.accounts.sign_in("anna", NEW, address="192.0.2.7").username == "anna"


def test_signing_out_everywhere_includes_here(browser):
    here, elsewhere = browser.open_as("anna", ACCOUNT), browser.open_as("anna", ACCOUNT)
    here.button(key="sign_out_everywhere").click().run()
    assert "Names and counts the flowers" in shown(here)
    assert "Names and counts the flowers" in shown(elsewhere.run())
    assert SIGN_IN not in here.session_state


def test_a_person_chooses_how_published_data_name_them(browser):
    tab = browser.open_as("anna", ACCOUNT)
    assert tab.text_input(key="published_name").value == browser.accounts.find("anna").name
    tab.text_input(key="published_name").set_value("A. de Vries")
    tab.text_input(key="orcid").set_value("https://orcid.org/0000-0002-1694-233X")
    tab.button(key="FormSubmitter:published-Save").click().run()
    assert "Saved. The next archive has it." in shown(tab)
    assert browser.accounts.published()["anna"] == ("A. de Vries", "https://orcid.org/0000-0002-1694-233X")
    tab.text_input(key="orcid").set_value("0000-0002-1694-2331")
    tab.button(key="FormSubmitter:published-Save").click().run()
    assert "is not an ORCID iD" in shown(tab)


def test_the_form_of_csv_is_remembered(browser):
    tab = browser.open_as("anna", ACCOUNT)
    tab.radio(key="csv_form-comma").set_value("semicolon").run()
    assert browser.accounts.find("anna").csv == "semicolon"
    assert browser.open_as("anna", ACCOUNT).radio(key="csv_form-semicolon").value == "semicolon"
