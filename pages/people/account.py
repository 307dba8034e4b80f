"""Your account: your name here and in published data, your spreadsheet, your password, your other sign-ins."""

from __future__ import annotations

import streamlit as st

from core.errors import AccountProblem
from core.language import tr
from core.people.accounts import LONGEST_NAME
from core.people.person import role_word
from pages.parts.downloads import choose_csv
from web.markdown import plain
from web.process import bloomcount
from web.session import require
from web.sign_in_forms import address, choose_language, keep_password, new_password_fields, sign_out

person = require("researcher")

accounts = bloomcount().accounts

st.title(tr("Your account"))
st.markdown(
    tr(
        "{name} signs in as **{username}**, with the role {role}.",
        name=plain(person.name),
        username=plain(person.username),
        role=role_word(person.role),
    )
)

st.subheader(tr("Language"))
choose_language("language", lambda language: accounts.set_language(person.username, language))

st.subheader(tr("Published data"))
st.markdown(
    tr("The archive for GBIF names who took and identified what. It is cited for good, so choose how it names you.")
)
with st.form("published", width=400):
    name = st.text_input(
        tr("Name in published data"),
        person.published.name,
        key="published_name",
        max_chars=LONGEST_NAME,
        help=tr("Your own name, or a pseudonym."),
    )
    orcid = st.text_input(tr("ORCID iD, if you have one"), person.orcid, key="orcid", placeholder="0000-0002-1825-0097")
    publish = st.form_submit_button(tr("Save"))
if publish:
    try:
        accounts.publish_as(person, pseudonym=name, orcid=orcid)
    except AccountProblem as problem:
        st.error(plain(str(problem)))
    else:
        st.session_state.published_saved = True
        st.rerun()
if st.session_state.pop("published_saved", False):
    st.success(tr("Saved. The next archive has it."))

st.subheader(tr("Spreadsheets"))
choose_csv(person)

st.subheader(tr("Change your password"))
with st.form("change_password", width=400, clear_on_submit=True):
    present = st.text_input(
        tr("Current password"), key="present_password", type="password", autocomplete="current-password"
    )
    new, repeated = new_password_fields("change_password")
    change = st.form_submit_button(tr("Change password"))
if change:
    try:
        keep_password(
            new, repeated, lambda new: accounts.change_password(person.username, present, new, address=address())
        )
    except AccountProblem as problem:
        st.error(str(problem))
    else:
        st.session_state.password_changed = True
        st.rerun()
if st.session_state.pop("password_changed", False):
    st.success(tr("Your password is changed. You are signed out everywhere else."))

st.subheader(tr("Sign out everywhere"))
st.markdown(tr("This signs you out in every browser and on every device, including this one."))
if st.button(tr("Sign out everywhere"), key="sign_out_everywhere"):
    accounts.sign_out_everywhere(person.username, by=person)
    sign_out()
    st.rerun()
