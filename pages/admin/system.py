"""System: the state of this server and its store, their work, and the latest problems."""

from __future__ import annotations

import streamlit as st

from core import STARTED_AT
from core.formatting import duration, file_size, noted_at, number
from core.language import tr
from core.watching import metrics
from core.watching.logs import last_problems
from core.watching.prometheus import age_s
from core.watching.system import StoreState, store_state, versions
from pages.parts.results import empty_page
from web.markdown import plain
from web.process import bloomcount, model_problem, worker
from web.session import require

require("admin")

LOOK_EVERY_S = 10.0
LITTLE_SPACE_BYTES = 2e9

bloom = bloomcount()


def problems(store: StoreState) -> list[str]:
    """The problems that an administrator has to solve, a sentence each."""
    model, counting, again = model_problem(), worker().problem, worker().recount_problem
    warnings = [
        tr("The store cannot be used: {problem}", problem=store.problem) if store.problem else "",
        tr("No model can be used, and photos wait: {problem}", problem=model) if model else "",
        "" if model else bloom.models.problem or bloom.models.unread,
        tr("Photos wait: {problem}", problem=counting) if counting and not (model or store.problem) else "",
        tr("Photos wait to be counted again: {problem}", problem=again) if again else "",
    ]
    if store.free_bytes is not None and store.free_bytes < LITTLE_SPACE_BYTES:
        free = file_size(store.free_bytes)
        warnings.append(tr("The disk of the store has only {free} left. Uploads fail when it is full.", free=free))
    return [problem for problem in warnings if problem]


def show_well(store: StoreState) -> None:
    """Say in one sentence that all is well, or list the problems."""
    wrong = problems(store)
    for problem in wrong:
        st.error(plain(problem))
    if not wrong:
        st.success(tr("Everything works."))


def show_queue(store: StoreState) -> None:
    """Show the photos that wait, and those counted lately by all servers of the store."""
    if store.queue is None or store.recent is None:
        return
    waits, since, hour, today, week = st.columns(5)
    waits.metric(tr("Photos waiting"), number(store.queue.waiting))
    since.metric(tr("Longest wait"), duration(age_s(store.queue)) if store.queue.oldest_at else "–")
    hour.metric(
        tr("Counted this hour"), number(store.recent[0]), help=tr("Counted by all servers that share this store.")
    )
    today.metric(tr("In 24 hours"), number(store.recent[1]))
    week.metric(tr("In 7 days"), number(store.recent[2]))


def store_lines(store: StoreState) -> dict[str, str]:
    """Model and store, a line each."""
    lines = {tr("Model"): tr("none"), tr("Store"): plain(store.address)}
    if not model_problem():
        package = bloom.models.package()
        lines[tr("Model")] = plain(f"{package.name} {package.version}")
    kind = tr("S3 bucket") if store.on_s3 else tr("folder on this machine")
    if store.answer_s is None:
        kind += " · " + tr("does not answer")
    else:
        kind += " · " + tr("answers in {ms} ms", ms=max(1, round(store.answer_s * 1000)))
    if store.free_bytes is not None:
        kind += " · " + tr("{free} free", free=file_size(store.free_bytes))
    return lines | {tr("Kind"): kind}


def done_here() -> dict[str, str]:
    """Figures of this server since it was started, a line each."""
    finished, refused = metrics.totals(metrics.FINISHED), metrics.totals(metrics.SIGN_IN_FAILURES)
    return {
        tr("Photos received"): number(metrics.totals(metrics.ARRIVED)[""]),
        tr("Photos counted"): number(finished[metrics.COUNTED]),
        tr("Photos counted again"): number(finished[metrics.COUNTED_AGAIN]),
        tr("Photos that could not be counted"): number(finished[metrics.UNCOUNTED]),
        tr("Sign-ins refused: wrong name or password"): number(refused[metrics.WRONG]),
        tr("Sign-ins refused: too many attempts"): number(refused[metrics.SLOWED]),
        tr("Sign-ins refused: disabled account"): number(refused[metrics.DISABLED]),
        tr("S3 errors"): errors_in_words(metrics.totals(metrics.S3_ERRORS)),
    }


def errors_in_words(errors: dict[str, int]) -> str:
    """The errors as `3 SlowDown, 1 AccessDenied`, or the word for none."""
    return ", ".join(f"{number(count)} {plain(code)}" for code, count in errors.items()) or tr("none")


def stage_lines() -> dict[str, str]:
    """The mean seconds of each stage, a line each."""
    names = {
        metrics.READ: tr("Reading from the store"),
        metrics.DECODE: tr("Decoding"),
        metrics.RECOGNISE: tr("Recognising"),
        metrics.STORE: tr("Storing (per batch)"),
    }
    return {names[stage]: f"{seconds:.2f} s" for stage, seconds in metrics.mean_seconds().items()}


def show_lines(lines: dict[str, str]) -> None:
    """A table of two columns, without a head."""
    st.table(lines, border="horizontal")


def show_problems() -> None:
    """The last warnings and errors of this server."""
    problems = last_problems()
    if not problems:
        empty_page(tr("No warnings or errors since the start. They would be listed here."))
        return
    st.dataframe(
        {
            tr("When"): [noted_at(problem.at) for problem in problems],
            tr("Kind"): [tr("warning") if problem.level == "WARNING" else tr("error") for problem in problems],
            tr("What"): [problem.message for problem in problems],
            tr("Photo"): [problem.photo for problem in problems],
        },
        hide_index=True,
    )


@st.fragment(run_every=LOOK_EVERY_S)
def show_system() -> None:
    """Show everything, and look it up again from time to time."""
    require("admin")
    store = store_state(bloom)
    show_well(store)
    show_queue(store)
    show_lines(store_lines(store))
    st.subheader(tr("This server"))
    st.caption(tr("Since its start, {start}.", start=noted_at(STARTED_AT)))
    left, right = st.columns(2, gap="large")
    with left:
        show_lines(done_here())
    with right:
        if stages := stage_lines():
            show_lines(stages)
        else:
            empty_page(tr("No photos counted yet. The time that each stage takes will be shown here."))
    st.subheader(tr("Last warnings and errors"))
    show_problems()


st.title(tr("System"))
show_system()
st.subheader(tr("Versions"))
show_lines({name: version or tr("not installed") for name, version in versions().items()})
if bloom.settings.map_tiles:
    st.caption(
        tr(
            "The ground of the map comes from {server} (BLOOM_MAP_TILES), which sees the address of each browser that "
            "opens the map.",
            server=plain(bloom.settings.map_tiles.server),
        )
    )
else:
    st.caption(
        tr(
            "The ground of the map is land and borders. BLOOM_MAP_TILES=pdok shows the Dutch base map, pdok-photo "
            "aerial photos, osm OpenStreetMap; their server then sees the address of each browser that opens the map."
        )
    )
if bloom.settings.metrics is not None:
    address = f"http://{bloom.settings.metrics}/metrics"
    st.caption(tr("The same figures for Prometheus: {address}, from this machine.", address=address))
