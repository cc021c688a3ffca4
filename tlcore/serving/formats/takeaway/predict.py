"""Predictions for pictures with the classifier in this folder. Needs torch, timm and Pillow alone.

    python predict.py picture.jpg another.png
    python predict.py --json picture.jpg

Made with Graft. It does to a picture exactly what Graft does: upright, RGB on white, longer side
at most 640 pixels as JPEG of quality 92, then what the pretrained network expects.
"""

import argparse
import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import timm
import torch
from PIL import Image, ImageCms
from safetensors.torch import load
from timm.data import create_transform
from torch import Tensor, nn

try:  # for HEIC pictures, where it is installed
    import pillow_heif
except ImportError:
    pass
else:
    pillow_heif.register_heif_opener(thumbnails=False)

SIDE = 640
MOST_PIXELS = 100_000_000
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
UPRIGHT = {  # EXIF orientation → what turns the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Cosine(nn.Module):
    """How much features (N, features) point the way of each label, scaled: (N, labels)."""

    def __init__(self, features: int, labels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(labels, features))
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, x: Tensor) -> Tensor:
        """(N, features) → (N, labels)."""
        weight = nn.functional.normalize(self.weight, dim=1)
        return self.scale * nn.functional.linear(nn.functional.normalize(x, dim=1), weight)


class Head(nn.Module):
    """Features (N, features) → logits (N, labels).

    Fixed shift and scale, none to two hidden layers, then a last one of either kind.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, features: int, labels: int, hidden: list[int], kind: str):
        super().__init__()
        self.register_buffer("shift", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.hidden = nn.Linear(features, hidden[0]) if hidden else None
        self.second = nn.Linear(hidden[0], hidden[1]) if len(hidden) > 1 else None
        last = Cosine if kind == "cosine" else nn.Linear
        self.linear = last([features, *hidden][-1], labels)

    def forward(self, features: Tensor) -> Tensor:
        """(N, features) → (N, labels)."""
        x = (features - self.shift) * self.scale
        for layer in (self.hidden, self.second):
            if layer is not None:
                x = torch.relu(layer(x))
        logits: Tensor = self.linear(x)
        return logits


class Network(nn.Module):
    """Pictures (N, 3, H, W) → logits (N, labels): the pretrained network, then the head."""

    def __init__(self, backbone: nn.Module, head: Head):
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, labels)."""
        logits: Tensor = self.head(self.backbone(pictures).float())
        return logits


class Classifier:
    """What the folder holds, ready to predict with; ends the script where the folder is unsound."""

    def __init__(self, folder: Path):
        self.manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        self.labels = self.manifest["labels"]
        backbone, head = self.manifest["backbone"], self.manifest["head"]
        if any(sign in backbone["architecture"] for sign in ":/\\"):
            raise SystemExit("The manifest names no architecture of timm.")
        hidden = head["hidden"]
        if isinstance(hidden, int):  # a folder of an early Graft: one width, 0 for none
            hidden = [hidden] if hidden else []
        self.network = Network(
            timm.create_model(
                backbone["architecture"],
                pretrained=False,
                num_classes=0,
                **{name: argument(value) for name, value in backbone["model_args"].items()},
            ),
            Head(head["features"], len(self.labels), hidden, head.get("kind", "linear")),
        )
        tensors = {}
        for file in self.manifest["weights"]:
            data = (folder / file["name"]).read_bytes()
            if hashlib.sha256(data).hexdigest() != file["sha256"]:
                raise SystemExit(f"{file['name']} was changed after it was written.")
            tensors.update(load(data))
        self.network.load_state_dict(tensors)
        self.network.eval()
        prepared = dict(self.manifest["preprocessing"])
        self.mean = torch.tensor(prepared.pop("mean")).view(1, -1, 1, 1)
        self.std = torch.tensor(prepared.pop("std")).view(1, -1, 1, 1)
        prepared["input_size"] = tuple(prepared["input_size"])
        self.steps = create_transform(**prepared, is_training=False, use_prefetcher=True)

    @torch.inference_mode()
    def predict(self, data: bytes) -> dict[str, float]:
        """The probability of each label for the bytes of one picture."""
        pixels = torch.as_tensor(self.steps(reduced(data))).unsqueeze(0)
        pictures = pixels.float().div(255).sub(self.mean).div(self.std)
        logits = self.network(pictures)[0].double() / self.manifest.get("temperature", 1.0)
        probabilities = logits.softmax(0).tolist()
        return dict(zip(self.labels, probabilities, strict=True))


def argument(value: Any) -> Any:
    """JSON knows no tuples; timm wants them."""
    return tuple(value) if isinstance(value, list) else value


def reduced(data: bytes) -> Image.Image:
    """Bytes of a picture → the RGB picture that the network was trained on the likes of."""
    with Image.open(io.BytesIO(data)) as file:
        if file.width * file.height > MOST_PIXELS:
            raise ValueError("over 100 megapixels")
        if max(file.size) > SIDE:
            scale = SIDE / max(file.size)
            file.draft(
                None, (max(1, round(file.width * scale)), max(1, round(file.height * scale)))
            )
        forget_xmp(file)
        file.load()
        picture = upright(rgb(file), orientation(file))
    if max(picture.size) > SIDE:
        scale = SIDE / max(picture.size)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    picture = Image.frombytes("RGB", picture.size, picture.tobytes())
    copy = io.BytesIO()
    picture.save(copy, "JPEG", quality=92, subsampling=0 if max(picture.size) <= 256 else 2)
    return Image.open(copy).convert("RGB")


def forget_xmp(file: Image.Image) -> None:
    """Pillow takes a turn from XMP where EXIF has none; Graft and browsers do not."""
    for name in ("xmp", "XML:com.adobe.xmp"):
        file.info.pop(name, None)


def orientation(file: Image.Image) -> int:
    """EXIF's turn, 1–8. A TIFF was turned while it loaded; what is damaged turns nothing."""
    forget_xmp(file)  # of a PNG it may follow the pixels
    bare = Image.Image()
    bare.info = dict(file.info)
    try:
        turn = bare.getexif().get(0x0112)
    except Exception:  # noqa: BLE001 - damaged EXIF raises anything, and the pixels are good
        return 1
    return turn if isinstance(turn, int) else 1


def upright(picture: Image.Image, turn: int) -> Image.Image:
    """Turned as EXIF orientation 1–8 says."""
    return picture.transpose(UPRIGHT[turn]) if turn in UPRIGHT else picture


def rgb(picture: Image.Image) -> Image.Image:
    """Grey, palette, 16 bits, CMYK and colour profiles to RGB; transparent parts become white."""
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I") or picture.mode == "F":
        return deep_to_grey(picture).convert("RGB")
    if picture.mode == "LAB":
        return converted(picture, ImageCms.createProfile("LAB")) or picture.convert("RGB")
    if picture.has_transparency_data:
        full = picture.convert("RGBA")
        white = Image.new("RGB", full.size, "white")
        white.paste(to_srgb(full.convert("RGB"), profile), mask=full.getchannel("A"))
        return white
    return to_srgb(picture.convert("RGB") if picture.mode in ("P", "1") else picture, profile)


def deep_to_grey(picture: Image.Image) -> Image.Image:
    """16-bit and float pictures: what is brightest decides how many bits deep they are."""
    import numpy as np

    values = np.nan_to_num(np.asarray(picture).astype(np.float32), posinf=0.0, neginf=0.0)
    darkest, brightest = float(values.min()), float(values.max())
    ceilings = (1.0, 255.0) if picture.mode == "F" else (255.0, 4095.0, 65535.0)
    ceiling = next((top for top in ceilings if brightest <= top), None)
    if darkest < 0 or ceiling is None:
        values, ceiling = values - darkest, max(brightest - darkest, 1e-12)
    grey = np.clip(values * (255.0 / ceiling) + 0.5, 0, 255).astype(np.uint8)
    tags = getattr(picture, "tag_v2", None)
    if tags is not None and tags.get(262) == 0:  # a TIFF in which white is zero
        grey = 255 - grey
    return Image.fromarray(grey)


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Apply a colour profile that is not sRGB already; without a usable one, convert plainly."""
    if profile and b"sRGB" not in profile[:1024]:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        except (OSError, ImageCms.PyCMSError):
            return picture.convert("RGB")
        return converted(picture, source) or picture.convert("RGB")
    return picture.convert("RGB")


def converted(picture: Image.Image, source: Any) -> Image.Image | None:
    """From a colour profile to sRGB; None where it is one of another kind of picture."""
    target = ImageCms.createProfile("sRGB")
    try:
        return ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, ValueError, OSError):
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description="What is in these pictures?")
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true", help="all probabilities, as JSON")
    options = parser.parse_args()
    classifier = Classifier(Path(__file__).resolve().parent)
    predictions, refused = [], []
    for path in options.pictures:
        try:
            probabilities = classifier.predict(path.read_bytes())
        except Exception as error:  # noqa: BLE001 - Pillow's readers raise anything on a damaged file
            refused.append({"file": str(path), "reason": str(error)})
            print(f"{path}: not read ({error})", file=sys.stderr)
            continue
        label = max(probabilities, key=probabilities.__getitem__)
        declined = probabilities[label] < classifier.manifest.get("threshold", 0.0)
        predictions.append({"file": str(path), "label": label, "probability": probabilities[label],
                            "declined": declined, "probabilities": probabilities})  # fmt: skip
        if not options.json:
            unsure = "I don't know, perhaps " if declined else ""
            print(f"{path}: {unsure}{label} {100 * probabilities[label]:.0f} %")
    if options.json:
        print(json.dumps({"predictions": predictions, "refused": refused}))


if __name__ == "__main__":
    main()
