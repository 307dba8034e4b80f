"""Your account: who you are here, your password, your sign-ins on other devices."""

from __future__ import annotations

import streamlit as st

from core.errors import AccountProblem
from pages.parts.app import bloomcount
from pages.parts.session import address, keep_password, new_password_fields, require, sign_out

person = require("researcher")

accounts = bloomcount().accounts

st.title("Your account")
st.markdown(f"{person.name} signs in as **{person.username}**, with the role {person.role}.")

st.subheader("Change your password")
with st.form("change_password", width=400, clear_on_submit=True):
    present = st.text_input(
        "Present password", key="present_password", type="password", autocomplete="current-password"
    )
    new, repeated = new_password_fields("change_password")
    change = st.form_submit_button("Change password")
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
    st.success("Your password is changed. Everywhere else you are signed out.")

st.subheader("Sign out everywhere")
st.markdown("Ends your sign-in in every browser and on every device, this one too.")
if st.button("Sign out everywhere", key="sign_out_everywhere"):
    accounts.sign_out_everywhere(person.username)
    sign_out()
    st.rerun()
