"""python -m training train|learn|evaluate|compare|from-coco: the recogniser from photos or reviews, and how good it is.

    python -m training train --data ../shared/data --start models/bloom
    python -m training learn data/ --from models/bloom -o work/learned
    python -m training evaluate --data ../shared/data --model models/bloom --json figures.json
    python -m training compare work/training/float16 work/training/package --data ../shared/data
    python -m training from-coco coco.json --photos data/ --out folder

Exit 0 done, 1 some photos could not be read (each named) or what was learned is not better, 2 wrong use (one sentence).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from core.errors import BloomError

_SHIPPED = Path("models/bloom")


def main(arguments: list[str] | None = None) -> int:
    """Run one command."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except BloomError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="train|learn|evaluate|compare|from-coco")

    def command(name: str, does: str) -> argparse.ArgumentParser:
        example = next(line.strip() for line in str(__doc__).splitlines() if f"-m training {name} " in line)
        return commands.add_parser(name, help=does, epilog=f"Example: {example}")

    train = command("train", "make the model package; goes on where it stopped")
    train.add_argument("--data", type=Path, required=True, help="folder with photos.csv, boxes.csv, counts.csv")
    train.add_argument(
        "--work", type=Path, default=Path("work/training"), help="packed photos, checkpoints, losses.csv"
    )
    train.add_argument("--start", type=Path, help="package to train on from; without: from ImageNet weights")
    train.add_argument("--out", type=Path, default=_SHIPPED, help="where the package goes")
    train.set_defaults(run=_train)
    learn = command("learn", "learn from what people reviewed in a store; goes on where it stopped")
    learn.add_argument("store", metavar="STORE", help="the store with the reviews: a folder, or s3://bucket/prefix")
    learn.add_argument(
        "--from", dest="base", type=Path, default=_SHIPPED, metavar="DIR", help="the package to begin with"
    )
    learn.add_argument(
        "-o", "--out", type=Path, required=True, metavar="DIR", help="where the package goes if it is better"
    )
    learn.add_argument("--work", type=Path, default=Path("work/learning"), help="what an interrupted run goes on from")
    learn.set_defaults(run=_learn)
    evaluate = command("evaluate", "measure a package on a folder of photos")
    evaluate.add_argument("--data", type=Path, required=True, help="folder with photos.csv; boxes.csv, counts.csv")
    evaluate.add_argument("--model", type=Path, default=_SHIPPED)
    evaluate.add_argument(
        "--split",
        choices=["train", "calibration", "validation"],
        help="of the folder that it learned from; without: every photo that it did not learn from",
    )
    evaluate.add_argument("--json", type=Path, help="write the figures and the tables behind them here")
    evaluate.add_argument("--pictures", type=Path, help="write a photo of each of the worst confusions here")
    evaluate.set_defaults(run=_evaluate)
    compare = command("compare", "how often two packages say the same of the validation photos")
    compare.add_argument("model", type=Path)
    compare.add_argument("other", type=Path)
    compare.add_argument("--data", type=Path, required=True)
    compare.set_defaults(run=_compare)
    take = command("from-coco", "make a folder of photos to learn from out of an export of a store")
    take.add_argument("coco", type=Path, help="what python -m core export coco wrote")
    take.add_argument("--photos", type=Path, required=True, help="the store's folder, or a copy of a bucket")
    take.add_argument("--labels", type=Path, default=_SHIPPED / "labels.csv", help="the taxa to learn")
    take.add_argument("--out", type=Path, required=True, help="the folder to make; then train --data it")
    take.set_defaults(run=_from_coco)
    return parser


def _train(options: argparse.Namespace) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from training.recipe import train

    train(options.data, options.work, options.out, options.start)


def _learn(options: argparse.Namespace) -> int:
    from core.bloomcount import assemble
    from core.settings import load_settings
    from training.learn import learn

    bloom = assemble(replace(load_settings(), store=options.store))
    done = learn(bloom, options.base, options.work, options.out)
    sys.stdout.write(done.figures)
    for sentence in done.left_out:
        print(sentence, file=sys.stderr)
    if done.reasons:
        why = " ".join(done.reasons)
        print(f"What was learned is not better, so {options.out} was not written. {why}", file=sys.stderr)
        print(f"The package and its card are in {done.package}.", file=sys.stderr)
    else:
        print(
            f"{done.version} is in {done.package}: look at its card, and take it into use on the page Models or with "
            f"python -m core models use {done.package}.",
            file=sys.stderr,
        )
    return 1 if done.reasons or done.left_out else 0


def _from_coco(options: argparse.Namespace) -> int:
    from training.from_coco import from_coco

    left_out = from_coco(options.coco, options.photos, options.labels, options.out)
    for sentence in left_out:
        print(sentence, file=sys.stderr)
    return 1 if left_out else 0


def _evaluate(options: argparse.Namespace) -> int:
    from core.recognition.loading import load_model
    from training.confusion_pictures import write_pictures
    from training.dataset import InvalidDataset, read_dataset
    from training.evaluate import evaluate
    from training.learned import unseen
    from training.report import as_json, markdown

    recogniser, rows = load_model(options.model), read_dataset(options.data)
    chosen, which = unseen(rows, options.data, options.model)
    if options.split:
        chosen = [row for row in rows if row.split == options.split]
        which = f"The {options.split} photos in {options.data}."
    if not chosen:
        raise InvalidDataset(f"{which} There is nothing to measure.")
    found = evaluate(recogniser, chosen, options.data)
    values = as_json(found)
    sys.stdout.write(f"{which}\n\n{markdown(found)}\n```json\n{json.dumps(values['figures'], indent=1)}\n```\n")
    if options.json:
        options.json.write_text(json.dumps(values, indent=1), encoding="utf-8")
    if options.pictures:
        write_pictures(found.confusions, options.data, options.pictures)
    return 1 if found.left_out else 0


def _compare(options: argparse.Namespace) -> int:
    from core.recognition.loading import load_model
    from training.compare import agreement
    from training.dataset import read_dataset

    rows = [row for row in read_dataset(options.data) if row.split == "validation"]
    found, left_out = agreement(load_model(options.model), load_model(options.other), rows, options.data)
    sys.stdout.write(f"{found}\n")
    for sentence in left_out:
        print(sentence, file=sys.stderr)
    return 1 if left_out else 0


if __name__ == "__main__":
    raise SystemExit(main())
