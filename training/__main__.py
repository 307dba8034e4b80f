"""python -m training train|evaluate|compare: the recogniser from a folder of photos, and how good it is.

    python -m training train --data ../shared/data --work work/training --out models/bloom-108
    python -m training evaluate --data ../shared/data --model models/bloom-108 --json figures.json
    python -m training compare work/package-float16 work/package-int8 --data ../shared/data

Exit 0 done, 2 wrong use (one sentence).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from core.errors import BloomError

_SHIPPED = Path("models/bloom-108")


def main(arguments: list[str] | None = None) -> int:
    """Run one command."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except BloomError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="train|evaluate|compare")
    train = commands.add_parser("train", help="make the model package; goes on where it stopped")
    train.add_argument("--data", type=Path, required=True, help="folder with photos.csv, boxes.csv, counts.csv")
    train.add_argument(
        "--work", type=Path, default=Path("work/training"), help="packed photos, checkpoints, losses.csv"
    )
    train.add_argument("--out", type=Path, default=_SHIPPED, help="where the package goes")
    train.set_defaults(run=_train)
    evaluate = commands.add_parser("evaluate", help="measure a package on a folder of photos")
    evaluate.add_argument("--data", type=Path, required=True)
    evaluate.add_argument("--model", type=Path, default=_SHIPPED)
    evaluate.add_argument("--split", default="validation", choices=["validation", "calibration", "train", "all"],
                          help="all: for a folder of photos that the package never saw")  # fmt: skip
    evaluate.add_argument("--json", type=Path, help="also write the figures here")
    evaluate.set_defaults(run=_evaluate)
    compare = commands.add_parser("compare", help="how often two packages say the same of the validation photos")
    compare.add_argument("model", type=Path)
    compare.add_argument("other", type=Path)
    compare.add_argument("--data", type=Path, required=True)
    compare.set_defaults(run=_compare)
    return parser


def _train(options: argparse.Namespace) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from training.recipe import train

    train(options.data, options.work, options.out)


def _evaluate(options: argparse.Namespace) -> None:
    from core.recognition.recogniser import load_recogniser
    from training.dataset import read_dataset
    from training.evaluate import answers, as_json, figures, markdown

    rows = [row for row in read_dataset(options.data) if options.split in (row.split, "all")]
    found = figures(answers(load_recogniser(options.model), rows, options.data))
    sys.stdout.write(markdown(found))
    if options.json:
        options.json.write_text(json.dumps(as_json(found), indent=1), encoding="utf-8")


def _compare(options: argparse.Namespace) -> None:
    from core.recognition.recogniser import load_recogniser
    from training.compare import agreement
    from training.dataset import read_dataset

    photos = [options.data / row.photo for row in read_dataset(options.data) if row.split == "validation"]
    found = agreement(load_recogniser(options.model), load_recogniser(options.other), photos)
    sys.stdout.write(f"{found}\n")


if __name__ == "__main__":
    raise SystemExit(main())
