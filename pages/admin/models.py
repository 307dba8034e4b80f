"""Models: which one counts, check and switch, count stored photos again."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from core.errors import BloomError
from core.models import LOOK_EVERY_S, ListedModel
from core.recognition.package import ModelPackage
from pages.parts.app import bloomcount, model_problem, worker
from pages.parts.results import empty_page
from pages.parts.session import require
from pages.parts.words import day_and_time, duration, number, plain, plural

person = require("admin")

POLL_S = 2.0

bloom = bloomcount()
models, recount = bloom.models, bloom.recount
state = st.session_state


def show_in_use() -> None:
    """The model that counts, or why none does."""
    if problem := model_problem():
        st.error(f"No model can be used, and photos wait: {plain(problem)} Choose another one below.")
        return
    package, chosen = models.package(), models.chosen()
    with st.container(border=True):
        st.markdown(f"In use: **{words(package)}**, {taxa(package)}")
        if chosen.at:
            st.caption(f"chosen by {plain(chosen.by)}, {day_and_time(datetime.fromisoformat(chosen.at))}")
    if models.problem:
        st.error(f"Another model was chosen, but it cannot be used here and this one stays: {plain(models.problem)}")


def words(package: ModelPackage) -> str:
    """Its name and version."""
    return plain(f"{package.name} {package.version}")


def taxa(package: ModelPackage) -> str:
    """How many it knows."""
    return plural(len(package.labels), "taxon", "taxa")


def name_of(listed: ListedModel) -> str:
    """As the list to choose from has it."""
    where = "in the store" if listed.folder is None else "on this machine"
    return f"{listed.name} {listed.version} ({where})".replace("  ", " ")


def state_of(listed: ListedModel) -> str:
    """A word or a sentence."""
    if listed.problem:
        return f"cannot be read: {listed.problem}"
    return "in use" if listed.in_use else ""


def choose_model() -> None:
    """All packages, and the buttons for one of them."""
    packages = models.listed()
    st.dataframe(
        {
            "Model": [listed.name for listed in packages],
            "Version": [listed.version for listed in packages],
            "State": [state_of(listed) for listed in packages],
            "Where": [str(listed.folder or "in the store") for listed in packages],
        },
        hide_index=True,
    )
    place = st.selectbox(
        "Model", range(len(packages)), format_func=lambda n: name_of(packages[n]), key="model", width=400
    )
    buttons, listed = st.container(horizontal=True), packages[place]
    if buttons.button("Check", key="check"):
        check(listed)
    if buttons.button("Count with this model", key="use", disabled=listed.in_use):
        use(listed)


def check(listed: ListedModel) -> None:
    """Say whether it can be used; nothing changes."""
    try:
        with st.spinner("Checking the files and running each network once …"):
            package = models.check(models.folder_of(listed))
    except BloomError as problem:
        st.error(plain(str(problem)))
        return
    st.success(f"{words(package)} with {taxa(package)} can be used.")


def use(listed: ListedModel) -> None:
    """Switch, or say why the present model stays."""
    try:
        with st.spinner("Checking the files and running each network once …"):
            package = models.use(models.folder_of(listed), by=person.username)
    except BloomError as problem:
        st.error(f"{plain(str(problem))} The model in use stays.")
        return
    state.models_done = f"{words(package)} counts from now on."
    st.rerun()


def show_progress(package: ModelPackage) -> None:
    """How far counting again is; runs by itself until it is done."""
    require("admin")
    progress = recount.progress(package.name, package.version)
    if not progress.going:
        st.rerun()
    seconds = worker().seconds_left(progress.total - progress.counted)
    rest = f"about {duration(seconds)} left · " if seconds is not None else ""
    st.progress(
        progress.counted / max(1, progress.total),
        f"{number(progress.counted)} of {number(progress.total)} counted · {rest}you may close this page",
    )


def count_again(package: ModelPackage) -> None:
    """How many photos the model in use counted last, and the button that has it count the others."""
    progress = recount.progress(package.name, package.version)
    left = progress.total - progress.counted
    if progress.going:
        st.fragment(show_progress, run_every=POLL_S)(package)
        if st.button("Stop", key="stop_recount"):
            recount.stop()
            st.rerun()
    elif not progress.total:
        empty_page("No photos are stored yet.")
    elif not left:
        st.markdown(f"{plural(progress.total, 'photo')}: the newest count of each is by {words(package)}.")
    else:
        again = " They were tried, and keep the counts they had." if progress.tried else ""
        st.markdown(
            f"{number(left)} of {plural(progress.total, 'photo')}: the newest count is by another model.{again}"
        )
        if st.button(f"Count {plural(left, 'photo')} again", key="recount"):
            recount.start(package.name, package.version, by=person.username)
            st.rerun()


st.title("Models")
if done := state.pop("models_done", ""):
    st.success(done)
show_in_use()

st.subheader("Choose a model")
choose_model()
st.markdown(
    "To bring your own classifier, describe it as docs/models.md says and run `python -m core models use DIR`: it is "
    f"checked, copied into the store and listed here. Servers of the same store follow within {LOOK_EVERY_S:.0f} s. "
    "**Use only models of people you trust:** a model is a program. Keras files are read in safe mode, which refuses "
    "code in them, but a SavedModel can carry code in its graph."
)

st.subheader("Count stored photos again")
st.caption("New photos go first. What other models found stays in the store; the newest count is shown and exported.")
if not model_problem():
    count_again(models.package())
