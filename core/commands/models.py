"""python -m core models: list model packages, check one, take one into use, or calibrate a detector."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from core.bloomcount import assemble
from core.commands.parser import DONE, Commands, add_parser, terminal, user
from core.commands.progress import Progress, say
from core.recognition.loading import load_model
from core.recognition.package import ModelPackage
from core.review.calibration import calibrate, reviewed_photos
from core.settings import Settings


def add_models(commands: Commands) -> None:
    """Let `models` follow `python -m core`."""
    parser = add_parser(
        commands,
        "models",
        "list model packages, check one, take one into use, or calibrate a detector",
        "python -m core models check models/bloom",
    )
    parser.set_defaults(run=models)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_parser(
        actions, "list", "packages of this machine and of the store, and the one in use", "python -m core models list"
    )
    check = add_parser(
        actions, "check", "read a package and run its networks once", "python -m core models check models/bloom"
    )
    use = add_parser(
        actions,
        "use",
        "check a package, copy it into the store and count with it from now on",
        "python -m core models use models/bloom",
    )
    calibration = add_parser(
        actions,
        "calibrate",
        "fit a detector's scores to the photos of a store that people reviewed, and write that into its model.toml",
        "python -m core models calibrate veld-yolo --on data/",
    )
    calibration.add_argument(
        "--on", required=True, metavar="STORE", help="the store with the reviews: a folder, or s3://bucket/prefix"
    )
    for action in (check, use, calibration):
        action.add_argument("folder", type=Path, metavar="DIR", help="the folder with model.toml; see docs/models.md")
    use.add_argument("--by", default=user(), metavar="NAME", help="who decides (else the name you are logged in with)")


def models(chosen: argparse.Namespace, settings: Settings) -> int:
    """List model packages, prove one, or take it into use."""
    if chosen.action == "check":
        package = load_model(chosen.folder).package
        say(f"{package.name} {package.version} with {package.kinds} taxa can be used.")
        if order := order_of_outputs(package):
            say(order)
        return DONE
    if chosen.action == "calibrate":
        return _calibrate(chosen, replace(settings, store=chosen.on))
    known = assemble(settings).models
    if chosen.action == "use":
        package = known.use(chosen.folder, by=terminal(chosen.by))
        say(f"{package.name} {package.version} with {package.kinds} taxa is in use from now on.")
        return DONE
    for listed in known.listed():
        name = f"cannot be used: {listed.problem}" if listed.problem else f"{listed.name} {listed.version}"
        sys.stdout.write(f"{name}\t{listed.folder or 'in the store'}\t{'in use' if listed.in_use else ''}\n")
    return DONE


def _calibrate(chosen: argparse.Namespace, settings: Settings) -> int:
    library = assemble(settings).library
    progress = Progress(sum(1 for _ in reviewed_photos(library)))
    done = calibrate(chosen.folder, library, limits=settings.photo_limits, progress=progress.tell)
    names = f" Of {done.named} names that it gave people kept {100 * done.calibration.named_right:.0f} %." * bool(
        done.named
    )
    say(
        f"Fitted to {done.photos} reviewed photos: threshold {done.calibration.threshold:.2f}, recall "
        f"{done.calibration.recall:.2f}. In these photos it counts {done.counted} flowers where people counted "
        f"{done.flowers}, the same number in {done.equal} photos.{names} "
        f"The package is version {done.version} now; take it into use with python -m core models use {chosen.folder}."
    )
    return DONE


def order_of_outputs(package: ModelPackage) -> str:
    """A sentence that says which output stands for what, where that is a person's word alone; else empty."""
    if not package.naming:
        return ""
    names, no_flower = [label.taxon for label in package.labels], package.naming.not_a_flower
    names = ["not a flower"] * (no_flower == "first") + names + ["not a flower"] * (no_flower == "last")
    if len(names) > 4:
        names = [*names[:2], "…", *names[-2:]]
    return f"Its outputs are {', '.join(names)}. If it was trained in another order, every name would be wrong."
