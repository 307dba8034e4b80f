"""The model packages of a store and this machine, and the recogniser in use, which may change while the app runs.

Which package is in use is a small document in the store, written under a condition; without one it is BLOOM_MODEL.
A worker looks at it now and then. A package is taken into use only once it has passed a forward pass of its networks;
whatever is wrong with it, the recogniser that is running stays, and `problem` says why.
"""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from core.errors import InvalidModel, StoreError
from core.photo.reading import Photo
from core.recognition.loading import load_model
from core.recognition.model_toml import files_of
from core.recognition.package import NOT_CALIBRATED, WITH, ModelPackage, load_package
from core.recognition.recogniser import Recogniser, Recognition
from core.settings import SHIPPED_MODEL, Settings
from core.store.blobs import Blobs
from core.store.documents import Document, change_document, read_document
from core.store.names import PlantNames
from core.store.packages import add_package, fetch_package, stored_packages
from core.store.tables import Tables
from core.store.trail import Actor, Trail

log = logging.getLogger(__name__)

IN_USE = "models/in-use.json"
LOOK_EVERY_S = 5.0
"""Longest time until a running worker sees that another package was chosen; each look costs a request on S3."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The package that somebody took into use, and when; name and version are empty for BLOOM_MODEL."""

    name: str = ""
    version: str = ""
    by: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A package that can be chosen: in a folder of this machine, or in the store (folder None).

    problem: why it cannot be read, empty where it can; whether it works is seen when it is checked.
    """

    name: str
    version: str
    folder: Path | None
    in_use: bool
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _ByLists:
    """A recogniser whose package knows the lists of names of the store."""

    recogniser: Recogniser
    package: ModelPackage

    def recognise(self, photo: Photo) -> Recognition:
        """The candidate flowers of a photo, as the recogniser finds them."""
        return self.recogniser.recognise(photo)


class Models:
    """The packages and the recogniser of one process. Threads may share one; nothing is loaded before it is asked for.

    problem: why the package that was chosen last cannot be used here, empty while it can. unread: why the store does
    not say which one is chosen, empty while it does; the running one then stays in use.
    """

    def __init__(self, blobs: Blobs, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._blobs = blobs
        self._settings = settings
        self._clock = clock
        self._trail = Trail(Tables(blobs))
        self.names = PlantNames(blobs)
        self._named: dict[tuple[str, str], ModelPackage] = {}
        self._copies = tempfile.TemporaryDirectory(prefix="bloomcount-models-")
        self._loading = threading.Lock()
        self._running: Recogniser | None = None
        self._listed_recogniser: _ByLists | None = None
        self._seen: Chosen | None = None
        self._described: tuple[Chosen, ModelPackage] | None = None
        self._looked_at = 0.0
        self._packages: dict[tuple[str, str], ModelPackage] = {}
        self.problem = ""
        self.unread = ""

    def chosen(self) -> Chosen:
        """Read from the store which package is in use. Raises StoreError."""
        document = read_document(self._blobs, IN_USE)
        return Chosen(**{key: str(document.get(key, "")) for key in ("name", "version", "by", "at")})

    def package(self) -> ModelPackage:
        """Labels, threshold and recall of the package in use. Raises InvalidModel or StoreError when it has none."""
        return self._with_names(self._package())

    def _with_names(self, package: ModelPackage) -> ModelPackage:
        """The package with the names of the store; the same object while these are the same."""
        names, key = self.names.all(), (package.name, package.version)
        if names.plants is None and names.lists is None:
            return package
        named = self._named.get(key)
        if named is None or (named.plants, named.name_lists) != (names.plants, names.lists):
            named = self._named[key] = replace(package, plants=names.plants, name_lists=names.lists)
        return named

    def _package(self) -> ModelPackage:
        if self._running is not None:
            return self._running.package
        if self.problem:
            raise InvalidModel(self.problem)
        chosen = self.chosen()
        if self._described is None or self._described[0] != chosen:
            with self._problems_of():
                self._described = chosen, load_package(self._folder(chosen))
        return self._described[1]

    def package_of(self, model: str, model_version: str) -> ModelPackage:
        """The package to read an analysis with: that which made it, else another version of it, else the one in use."""
        in_use = self.package()
        if (model, model_version) == (in_use.name, in_use.version):
            return in_use
        if (model, model_version) not in self._packages:
            self._packages[model, model_version] = self._package_of(model, model_version) or in_use
        return self._with_names(self._packages[model, model_version])

    def recogniser(self) -> Recogniser:
        """The recogniser that is running; loaded at the first call. Raises InvalidModel or StoreError."""
        return self._by_lists(self._running) if self._running else self.newest_recogniser()

    def newest_recogniser(self) -> Recogniser:
        """The recogniser of the package that is chosen now; for the worker, which may wait while it loads.

        Where another thread is loading already, or the new one cannot be used, it is the one that is running.
        """
        if self._running is not None and self._clock() - self._looked_at < LOOK_EVERY_S:
            return self._by_lists(self._running)
        if not self._loading.acquire(blocking=self._running is None):
            return self.recogniser()
        try:
            return self._by_lists(self._switched())
        finally:
            self._loading.release()

    def _by_lists(self, running: Recogniser) -> Recogniser:
        """The recogniser with the lists of names that hold; the same object while these are the same."""
        lists = self.names.all().lists
        if lists is None:
            return running
        by_lists = self._listed_recogniser
        if by_lists is None or by_lists.recogniser is not running or by_lists.package.name_lists is not lists:
            by_lists = _ByLists(running, replace(running.package, name_lists=lists))
            self._listed_recogniser = by_lists
        return by_lists

    def listed(self) -> list[ListedModel]:
        """This machine's packages, then what the store has beside them."""
        chosen = self.chosen()
        here = [self._listed(folder, chosen) for folder in self._folders()]
        known = {(listed.name, listed.version) for listed in here} - {(chosen.name, chosen.version)}
        return here + [
            ListedModel(name, version, None, (name, version) == (chosen.name, chosen.version))
            for name, version in stored_packages(self._blobs)
            if (name, version) not in known
        ]

    def folder_of(self, listed: ListedModel) -> Path:
        """A folder with its files, on this machine. Raises StoreError."""
        return listed.folder or self._fetched(listed.name, listed.version)

    def check(self, folder: Path) -> ModelPackage:
        """Load the package of a folder and run each network once. Raises InvalidModel."""
        with self._problems_of():
            return load_model(folder).package

    def use(self, folder: Path, *, by: Actor) -> ModelPackage:
        """Take the package of a folder into use in every process of the store.

        What was proved is what is kept: a copy is checked and goes into the store (BLOOM_MODEL is on every machine).
        Raises InvalidModel or StoreError; then nothing has changed.
        """
        machine = folder.resolve() == self._settings.model_dir.resolve()
        with self._problems_of():
            load_package(folder)
        copy = folder if machine else self._copied(folder)
        with self._problems_of(folder, copy=copy):
            recogniser = load_model(copy)
        package = recogniser.package
        if not machine:
            self._expect_new_version(package, copy)
            add_package(self._blobs, copy, files_of(copy), name=package.name, version=package.own_version)
        name, version = ("", "") if machine else (package.name, package.own_version)
        at = datetime.now(UTC).isoformat(timespec="microseconds")  # so that the same choice again is another one
        chosen, before = Chosen(name, version, by.username, at), self.chosen()

        def choose(document: Document) -> None:
            document.update(name=chosen.name, version=chosen.version, by=chosen.by, at=chosen.at)

        with self._loading:
            change_document(self._blobs, IN_USE, choose)
            self._run(recogniser, chosen)
        self._trail.add(
            "model chosen",
            f"{package.name} {package.version}",
            by=by,
            before=f"{before.name} {before.version}".strip(),
            after=f"{name} {version}".strip(),
        )
        return package

    def _switched(self) -> Recogniser:
        """The recogniser of the package that is chosen now, or the running one where that cannot be had."""
        self._looked_at = self._clock()
        try:
            chosen, self.unread = self.chosen(), ""
            if self._running is not None and chosen == self._seen:
                return self._running
            if chosen == self._seen and chosen.name:
                raise InvalidModel(self.problem)
            with self._problems_of():
                self._run(load_model(self._folder(chosen)), chosen)
        except InvalidModel as problem:
            self.problem = str(problem)
            self._seen = chosen  # not fetched and tried again until somebody chooses again
            if self._running is None:
                raise
            log.error("%s stays in use: %s", self._running.package.name, problem)
        except StoreError as problem:
            self.unread = str(problem)
            if self._running is None:
                raise
        assert self._running is not None
        return self._running

    def _run(self, recogniser: Recogniser, chosen: Chosen) -> None:
        self._running, self._seen, self.problem = recogniser, chosen, ""
        self._packages = {}
        self._keep(recogniser.package)
        if recogniser.package.brought_version:
            self._keep(load_package(SHIPPED_MODEL))

    def _keep(self, package: ModelPackage) -> None:
        """Keep a package in the store, to read its results with once an update of this machine brings another."""
        name, version, folder = package.name, package.own_version, package.directory
        try:
            if (name, version) not in stored_packages(self._blobs):
                add_package(self._blobs, folder, files_of(folder), name=name, version=version)
        except StoreError as error:
            log.warning("%s %s is not kept in the store: %s", name, version, error)

    def _folder(self, chosen: Chosen) -> Path:
        return self._fetched(chosen.name, chosen.version) if chosen.name else self._settings.model_dir

    @contextmanager
    def _problems_of(self, folder: Path | None = None, *, copy: Path | None = None) -> Iterator[None]:
        """Report problems of a copy as problems of its folder, or of models/<name>/<version> in the store."""
        try:
            yield
        except InvalidModel as problem:
            sentence = str(problem).replace(str(copy), str(folder)) if copy else str(problem)
            sentence = re.sub(rf"{re.escape(self._copies.name)}/[^/]+/", "models/", sentence)
            raise InvalidModel(sentence) from problem

    def _fetched(self, name: str, version: str) -> Path:
        folder = self._new_folder() / name / version
        fetch_package(self._blobs, folder, name=name, version=version)
        if not folder.exists():
            raise InvalidModel(f"The store holds no model {name} {version}. Choose another one on the page Models.")
        return folder

    def _copied(self, folder: Path) -> Path:
        copy = self._new_folder()
        for file in files_of(folder):
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / file, copy / file)
        return copy

    def _expect_new_version(self, package: ModelPackage, copy: Path) -> None:
        """Refuse other files under a version of this machine: results name the version that found them."""
        wanted = package.name, package.own_version, (copy / "model.toml").read_bytes()
        for folder in self._folders():
            listed = self._listed(folder, Chosen())
            if not listed.problem and (listed.name, listed.version) == wanted[:2]:
                if (folder / "model.toml").read_bytes() == wanted[2]:
                    continue
                raise InvalidModel(
                    f"{folder} already holds a different {listed.name} {listed.version}. "
                    "Give this one a new version in model.toml."
                )

    def _new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._copies.name))

    def _folders(self) -> list[Path]:
        """Packages on this machine: next to the shipped one, and BLOOM_MODEL."""
        folders = {path.parent for path in SHIPPED_MODEL.parent.glob("*/model.toml")} | {self._settings.model_dir}
        return sorted({folder.resolve() for folder in folders})

    def _listed(self, folder: Path, chosen: Chosen) -> ListedModel:
        in_use = not chosen.name and folder == self._settings.model_dir.resolve()
        try:
            package = load_package(folder)
        except InvalidModel as problem:
            return ListedModel(folder.name, "", folder, in_use, str(problem))
        return ListedModel(package.name, package.own_version, folder, in_use)

    def _package_of(self, model: str, model_version: str) -> ModelPackage | None:
        """The package with that name and version, else the first readable one with that name."""
        own_version, _, found_by = model_version.replace(NOT_CALIBRATED, "").partition(WITH)
        named = (listed for listed in self.listed() if listed.name == model and not listed.problem)
        for listed in sorted(named, key=lambda listed: listed.version != own_version):
            with suppress(InvalidModel):
                finder = self._package_of(*found_by.split(" ", 1)) if found_by else None
                return load_package(self.folder_of(listed), finder)
        return None
