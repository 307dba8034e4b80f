"""A store of photos that a recogniser partly knows, reviewed by script as a person would, and photos kept apart of it.

    python -m tests.training.wild_store ../shared/data models/bloom-108 /tmp/store
    python -m training learn /tmp/store --from models/bloom-108 -o /tmp/learned
    python -m tests.training.wild_store ../shared/data models/bloom-108 --learned /tmp/learned

The photos are of a folder as ../shared/data: of so many taxa that the package has no label for, and of others that it
has. None of them taught the package. What a person says of a photo is what the folder's tables say of it: a find that
is a drawn box gets its name, one that is none is taken away, and a flower without a find gets a box.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from core.bloomcount import Bloomcount, assemble
from core.flora.plants import short_name
from core.intake.pipeline import accept
from core.intake.worker import Worker
from core.recognition.package import ModelPackage, load_package
from core.recognition.recogniser import load_recogniser
from core.recognition.taxa import taxa_of
from core.review.agreement import Share
from core.review.reviews import Said, save_review, suggestion
from core.settings import Settings
from core.store.records import Drop, PhotoResult, ReviewedFlower
from tests.survey import person
from training.answers import recognise_all
from training.dataset import PhotoRow, read_dataset
from training.finds import iou
from training.learned import unseen

BOTANIST = person("botanist")
VISIT_PHOTOS = 3
_SAME = 0.5
_MOST_KNOWN = 450
"""Photos outside the store of taxa that the package knows: a third of a point is one photo and a half."""


def chosen(
    data: Path, package: ModelPackage, *, kinds: int, photos_of_kind: int, known: int, skip: int = 0
) -> tuple[list[PhotoRow], list[PhotoRow]]:
    """Photos for a store, of so many taxa that the package lacks and of those that it has, and the others of both."""
    ours = taxa_of(package.labels)
    rows, _ = unseen(read_dataset(data), data, package.directory)
    strange, familiar = defaultdict[str, list[PhotoRow]](list), list[PhotoRow]()
    for row in rows:
        if row.taxon and row.taxon in ours:
            familiar.append(row)
        elif row.taxon and row.kind:
            strange[row.taxon].append(row)
    dice = random.Random(7)
    for many in (familiar, *strange.values()):
        dice.shuffle(many)
        many.sort(key=lambda row: not _whole(row))
    names = sorted(strange, key=lambda taxon: (-sum(map(_whole, strange[taxon])), taxon))
    names = names[skip : skip + kinds]
    inside = [row for taxon in names for row in strange[taxon][:photos_of_kind]] + familiar[:known]
    outside = [row for taxon in names for row in strange[taxon][photos_of_kind:]] + familiar[
        known : known + _MOST_KNOWN
    ]
    return inside, outside


def _whole(row: PhotoRow) -> bool:
    return row.drawn and 1 <= len(row.boxes_xyxy) <= 30


def fill(bloom: Bloomcount, rows: Sequence[PhotoRow], data: Path) -> None:
    """Take the photos in, a few of one kind a visit, and let the package count and a person review each."""
    photo_ids = {}
    for number, row in enumerate(sorted(rows, key=lambda row: (row.taxon, row.photo))):
        drop = Drop(f"20260601T{number // VISIT_PHOTOS:06d}", f"plot {number // VISIT_PHOTOS}", "", BOTANIST.username)
        ticket = accept(bloom.library, bloom.inbox, (data / row.photo).read_bytes(), file=row.photo, drop=drop)
        photo_ids[ticket.photo_id] = row
    Worker(bloom.library, bloom.inbox, bloom.models.recogniser, bloom.settings).count_all()
    package = bloom.models.package()
    for result in bloom.library.results_for(list(photo_ids)):
        said = review_of(photo_ids[result.photo.photo_id], result, package)
        save_review(bloom.library, result.photo.photo_id, said, package=package, by=BOTANIST)


def review_of(row: PhotoRow, result: PhotoResult, package: ModelPackage) -> Said:
    """The review by a person who knows the photo."""
    taxa = taxa_of(package.names)
    known = taxa.get(row.taxon) or taxa.get(short_name(row.kind))
    taxon = known.name if known else short_name(row.kind)
    suggested, flowers = suggestion(result.analysis, package), []
    shared = iou(np.array([one.box_xyxy for one in suggested], np.float32).reshape(-1, 4), row.boxes_xyxy)
    for place, box in enumerate(row.boxes_xyxy):
        best = int(shared[:, place].argmax()) if len(suggested) else -1
        if best >= 0 and shared[best, place] >= _SAME:
            flowers.append(suggested[best]._replace(taxon=taxon))
            shared[best] = 0
        else:
            flowers.append(ReviewedFlower((*map(float, box),), taxon, None))
    return Said(flowers=tuple(flowers), at_least=not row.drawn)


def named_right(data: Path, rows: Sequence[PhotoRow], packages: Sequence[Path], new: Collection[str]) -> str:
    """Both packages on photos outside the store, in a line each: named right of new taxa, and of those known before."""
    lines = []
    for folder in packages:
        recogniser = load_recogniser(folder)
        answers, _ = recognise_all(recogniser, rows, data)
        taxa = taxa_of(recogniser.package.names)
        right = defaultdict[bool, list[bool]](list)
        for one in answers:
            taxon = taxa.get(one.row.taxon) or taxa.get(short_name(one.row.kind))
            right[one.row.taxon in new].append(taxon is not None and one.named == taxon.name)
        shares = (Share(sum(marks), len(marks)) for marks in (right[True], right[False]))
        words = [f"{100 * share.some / max(share.of, 1):.1f} % of {share.of}" for share in shares]
        lines.append(f"{recogniser.package.version}: new taxa {words[0]}, taxa known before {words[1]}")
    return "\n".join(lines)


def main() -> None:
    """Make the store, or measure packages on the photos outside it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of photos, as ../shared/data")
    parser.add_argument("model", type=Path, help="the package that counts them, and does not know all of them")
    parser.add_argument("store", type=Path, nargs="?", help="the store to make")
    parser.add_argument("--learned", type=Path, help="measure this package beside the other on the photos outside")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many of the taxa with most photos")
    options = parser.parse_args()
    package = load_package(options.model)
    inside, outside = chosen(options.data, package, kinds=12, photos_of_kind=13, known=144, skip=options.skip)
    if options.store:
        fill(assemble(Settings(store=str(options.store), model_dir=options.model)), inside, options.data)
    if options.learned:
        new = {row.taxon for row in outside} - {label.taxon for label in package.labels}
        print(named_right(options.data, outside, (options.model, options.learned), new))


if __name__ == "__main__":
    main()
