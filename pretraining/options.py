"""The command line of `python -m pretraining`."""

import argparse
import json
from pathlib import Path

import torch

ABOUT = "Train a backbone from pictures and teachers, and write it with its card."


def arguments(words: list[str]) -> argparse.Namespace:
    """The options that the words of a command line name."""
    parser = argparse.ArgumentParser("python -m pretraining", description=ABOUT)
    _add_pictures(parser)
    _add_result(parser)
    _add_teachers(parser)
    _add_blocks(parser)
    _add_training(parser)
    _add_machine(parser)
    return parser.parse_args(words)


def _add_pictures(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--source", type=Path, required=True, help="a parquet file or a folder of pictures")
    add("--side", type=int, default=64, help="pixels that pictures are kept at (64)")
    add("--sharp", type=int, default=0, help="unlabelled sharp pictures made beside (0)")
    add("--trained-on", default="", help="words for the card: which pictures")
    add("--licence", default="", help="words for the card: licence of the pictures")


def _add_result(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--name", default="graft_backbone", help="name of what is made")
    add("--out", type=Path, default=Path("pretraining/out"), help="folder for the result")
    add("--work", type=Path, default=Path("pretraining/work"), help="folder for all that is kept")
    add("--architecture", default="resnet10t", help="any timm name")
    add("--model-args", type=json.loads, default={}, help="JSON for timm.create_model")
    add("--start", type=Path, help="weights of an earlier training of the same architecture")
    add("--size", type=int, default=128, help="input size written on the card")


def _add_teachers(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--teacher", action="append", default=[], help="timm name@size; may be given several times")
    add("--weights", type=Path, help="folder with weights.json; without it timm's hub is asked")
    add("--views", type=int, default=1, help="fixed crops of each picture and teacher")
    add("--describe-only", action="store_true", help="let the teachers work, then end")
    add("--soft-weight", type=float, default=0.3)
    add("--label-weight", type=float, default=0.3)


def _add_blocks(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--blocks", action="store_true", help="learn block by block from a teacher that looks on")
    add("--photographs", type=Path, help="folder of larger pictures, for --blocks")
    add("--photograph-share", type=float, default=0.4, help="of every batch, for --blocks")
    add("--mosaic-share", type=float, default=0.3, help="of every batch, for --blocks")
    add("--piece-side", type=int, default=224, help="pixels that pieces of photographs are kept at")
    add("--force-until", type=float, default=0.5, help="share of the time, for --blocks")
    add("--late-share", type=float, default=0.0, help="of the steps for late blocks alone")
    add("--late-from", default="blocks.4", help="where late blocks begin")


def _add_training(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--minutes", type=float, help="time for the training itself")
    add("--epochs", type=float, help="or its length in epochs")
    add("--sizes", default="64:0.4,96:0.4,128:0.2", help="pixels:share of the training, in order")
    add("--batch-size", type=int, default=128)
    add("--rate", type=float, default=2e-3, help="highest learning rate")
    add("--mixup", type=float, default=0.2, help="share of batches that are mixed")
    add("--colour", type=float, default=0.3, help="strength of changes of colour")
    add("--average", type=float, default=0.995, help="decay of the average of the weights")
    add("--seed", type=int, default=0)


def _add_machine(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    add("--threads", type=int, default=0)
