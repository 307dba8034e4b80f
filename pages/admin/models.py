"""Models: which one counts, check and switch, count stored photos again."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from core.errors import BloomError
from core.flora.own_list import read_list
from core.formatting import noted_at, number, photos
from core.language import tr
from core.models import LOOK_EVERY_S, ListedModel
from core.recognition.brought.unpacking import ENDINGS
from core.recognition.name_lists import EVERYWHERE, NameList, flora_list, own_name_list
from core.recognition.package import ModelPackage
from pages.parts.bring_model import LARGEST_MB, bring_model
from pages.parts.results import empty_page, show_counted
from web.markdown import plain
from web.process import bloomcount, model_problem, open_drops, session_id, worker
from web.session import require
from web.tables import counted_again
from web.uploads import OpenForm

person = require("admin")

POLL_S = 2.0
NAMES_SUFFIXES, NAMES_MB = (".csv", ".txt", ".tsv"), 10

bloom = bloomcount()
models, recount = bloom.models, bloom.recount
state = st.session_state


def show_in_use() -> None:
    """The model that counts, or why none does."""
    if problem := model_problem():
        st.error(tr("No model can be used, and photos wait: {why} Choose another one below.", why=plain(problem)))
        return
    package, chosen = models.package(), models.chosen()
    with st.container(border=True):
        st.markdown(tr("In use: **{model}**, {taxa}", model=words(package), taxa=taxa(package)))
        if chosen.at:
            when = noted_at(datetime.fromisoformat(chosen.at))
            st.caption(tr("chosen by {person}, {when}", person=plain(chosen.by), when=when))
    if models.problem:
        st.error(
            tr(
                "Another model was chosen but cannot be used here, so this one stays in use: {why}",
                why=plain(models.problem),
            )
        )


def words(package: ModelPackage) -> str:
    """The package's name and version."""
    return plain(f"{package.name} {package.version}")


def taxa(package: ModelPackage) -> str:
    """The number of taxa that the package knows."""
    count = package.kinds
    return tr("1 taxon") if count == 1 else tr("{number} taxa", number=number(count))


def name_of(listed: ListedModel) -> str:
    """The package's name in the list to choose from."""
    where = tr("in the store") if listed.folder is None else tr("on this machine")
    return f"{listed.name} {listed.version} ({where})".replace("  ", " ")


def state_of(listed: ListedModel) -> str:
    """The package's state in a word or a sentence."""
    if listed.problem:
        return tr("cannot be read: {why}", why=listed.problem)
    return tr("in use") if listed.in_use else ""


def choose_model() -> None:
    """All packages, and the buttons for one of them."""
    packages = models.listed()
    st.dataframe(
        {
            tr("Model"): [listed.name for listed in packages],
            tr("Version"): [listed.version for listed in packages],
            tr("State"): [state_of(listed) for listed in packages],
            tr("Where"): [str(listed.folder or tr("in the store")) for listed in packages],
        },
        hide_index=True,
    )
    place = st.selectbox(
        tr("Model"), range(len(packages)), format_func=lambda n: name_of(packages[n]), key="model", width=400
    )
    buttons, listed = st.container(horizontal=True), packages[place]
    if buttons.button(tr("Check"), key="check"):
        check(listed)
    if buttons.button(tr("Count with this model"), key="use", disabled=listed.in_use):
        use(listed)


def check(listed: ListedModel) -> None:
    """Say whether the package can be used; nothing changes."""
    try:
        with st.spinner(tr("Checking the files and running each network once …")):
            package = models.check(models.folder_of(listed))
    except BloomError as problem:
        st.error(plain(str(problem)))
        return
    st.success(tr("{model} with {taxa} can be used.", model=words(package), taxa=taxa(package)))


def use(listed: ListedModel) -> None:
    """Switch to the package, or say why the present model stays."""
    try:
        with st.spinner(tr("Checking the files and running each network once …")):
            package = models.use(models.folder_of(listed), by=person)
    except BloomError as problem:
        st.error(tr("{why} The model in use has not changed.", why=plain(str(problem))))
        return
    state.models_done = tr("{model} is now in use.", model=words(package))
    st.rerun()


def show_progress(package: ModelPackage) -> None:
    """Show the progress of counting again; runs by itself until that is done."""
    require("admin")
    progress = recount.progress(package.name, package.version)
    if not progress.going:
        st.rerun()
    show_counted(progress.counted, progress.total, worker().seconds_left(progress.total - progress.counted))


def count_again(package: ModelPackage) -> None:
    """Show how many photos the model in use counted last, and the button that has it count the others."""
    progress = recount.progress(package.name, package.version)
    left = progress.total - progress.counted
    if progress.going:
        st.fragment(show_progress, run_every=POLL_S)(package)
        if st.button(tr("Pause"), key="stop_recount"):
            recount.stop(by=person)
            counted_again.clear()
            st.rerun()
    elif not progress.total:
        empty_page(tr("No photos are stored yet."))
    elif not left:
        st.markdown(
            tr("{photos}: the newest count of each is by {model}.", photos=photos(progress.total), model=words(package))
        )
    else:
        sentence = tr(
            "{left} of {photos}: the newest count is by another model.",
            left=number(left),
            photos=photos(progress.total),
        )
        if progress.tried:
            sentence = f"{sentence} {tr('Counting them again did not work, so they keep their earlier counts.')}"
        st.markdown(sentence)
        if st.button(tr("Count {photos} again", photos=photos(left)), key="recount"):
            recount.start(package.name, package.version, by=person)
            counted_again.clear()
            st.rerun()


def add_names() -> NameList | None:
    """A list of names from a file: its rows that cannot be used are named before it is taken over. Returns it."""
    both = (*NAMES_SUFFIXES, *(f".{end}" for end in ENDINGS))  # a tab has one form, and this page two files to give
    open_drops().open(session_id(), OpenForm(both, max_bytes=LARGEST_MB * 1_000_000))
    label = tr("CSV or Darwin Core taxon file")
    upload = st.file_uploader(label, type=NAMES_SUFFIXES, max_upload_size=NAMES_MB, key="names")
    if upload is None:
        return None
    read = read_list(upload.getvalue())
    if read.refused:
        rows, reasons = ([one.row for one in read.refused], [one.reason for one in read.refused])
        st.dataframe({tr("Row"): rows, tr("Why it is not used"): reasons}, hide_index=True)
    if not read.plants:
        st.error(tr("No name of this file can be used."))
        return None
    if st.button(tr("Use these {total} names", total=number(len(read.plants))), key="use_names"):
        models.names.put_list(read.plants, by=person)
        state.models_done = tr("Reviewers can now choose from {total} more names.", total=number(len(read.plants)))
        st.rerun()
    return own_name_list(upload.name, read.plants)


def choose_names(own: NameList | None) -> None:
    """Choose the names that may be given, for the whole store or for a site and its plots. own: those of the file."""
    lists = models.names.all().lists
    held = {place_words(site): title or tr("all names") for site, title in (lists.titles if lists else {}).items()}
    st.markdown("; ".join(f"{plain(place)}: **{plain(title)}**" for place, title in held.items()) or tr("All names."))
    sites, described = bloom.library.sites(), bloom.library.described_sites()
    place = st.selectbox(tr("Where"), [EVERYWHERE, *sites], format_func=place_words, key="names_where", width=400)
    offered = [None, flora_list(), *([own] if own else [])]
    which = st.selectbox(
        tr("Names"),
        range(len(offered)),
        format_func=lambda n: one.title if (one := offered[n]) else tr("all that the model knows"),
        key="names_which",
        width=400,
    )
    if st.button(tr("Give these names alone"), key="let_names"):
        plots = [site for site, about in described.items() if place and about.parent == place]
        models.names.let(offered[which], [place, *plots], by=person)
        state.models_done = tr("The names are chosen. Counted photos are named anew in the background.")
        st.rerun()


def place_words(site: str) -> str:
    """The site, or the whole store, in words."""
    return site or tr("Whole store")


st.title(tr("Models"))
if done := state.pop("models_done", ""):
    st.success(done)
show_in_use()

st.subheader(tr("Choose a model"))
choose_model()
st.subheader(tr("Bring a model"))
st.markdown(
    tr(
        "A classifier that names flowers, or a detector that finds and counts them: ONNX, LiteRT or Keras. It is "
        "tried beside the model in use before anything changes; then it is copied into the store and listed above. "
        "Other servers of the same store use it within {seconds} s. **Use only models of people you trust:** a model "
        "is a program. Keras files are read in safe mode, which refuses code in them; a SavedModel can contain code, "
        "so it is taken from the command line alone (`python -m core models use DIR`).",
        seconds=f"{LOOK_EVERY_S:.0f}",
    )
)
if not model_problem():
    bring_model(person)

st.subheader(tr("Names of plants"))
st.caption(
    tr(
        "Reviewers may use any plant of the flora of the Netherlands. A list of your own is added to it, in the place "
        "of the one before. Columns: scientific_name, rank, family, dutch, english, gbif_key, synonyms (parted by |)."
    )
)
own_names = add_names()

st.subheader(tr("Names that may be given"))
st.caption(
    tr(
        "A flower whose name is not in the list gets its genus, its family or no name. Photos that were counted are "
        "named anew without running the model; reviews stay. A file chosen above can be the list. Exports say which "
        "list held (name_list)."
    )
)
choose_names(own_names)

st.subheader(tr("Count stored photos again"))
st.caption(
    tr(
        "New photos go first. Counts by other models stay in the store. The newest count is shown and "
        "exported, except where a person counted."
    )
)
if not model_problem():
    count_again(models.package())
