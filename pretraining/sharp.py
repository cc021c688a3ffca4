"""Pictures with detail as sharp as users' own: 64-pixel pictures enlarged are all blurred.

They have no labels: only the teachers' features of them are learnt. Three kinds, mixed: four small
pictures side by side at their own scale; cuttings of photographs that scikit-image and
scikit-learn carry (one photograph cut into thousands of pieces already teaches much: Asano and
Saeed 2021); and drawings by formula (after Kataoka et al. 2020, contours and fractals).
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pretraining.pictures import Pictures

PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "retina.jpg",
    "rocket.jpg",
    "text.png",
)


def sharp(pictures: Pictures, count: int, side: int, work: Path, seed: int = 7) -> Pictures:
    """Unlabelled pictures (count, side, side, 3): 70 % mosaics, 20 % cuttings, 10 % drawings."""
    fingerprint = f"sharp-{pictures.fingerprint}-{count}-{side}-{seed}"
    file = work / f"{fingerprint}.npy"
    if not file.exists():
        draw = np.random.default_rng(seed)
        photographs = _photographs()
        kinds = draw.choice(3, count, p=[0.7, 0.2, 0.1])
        pixels = np.empty((count, side, side, 3), np.uint8)
        for place, kind in enumerate(kinds):
            if kind == 0:
                pixels[place] = mosaic(pictures, side, draw)
            elif kind == 1:
                pixels[place] = cutting(photographs[draw.integers(len(photographs))], side, draw)
            else:
                pixels[place] = drawing(side, draw)
        work.mkdir(parents=True, exist_ok=True)
        np.save(file, pixels)
    nothing = np.full(count, -1, dtype=np.int64)
    return Pictures(np.load(file, mmap_mode="r"), nothing, nothing > 0, fingerprint)


def mosaic(pictures: Pictures, side: int, draw: np.random.Generator) -> NDArray[np.uint8]:
    """Training pictures side by side at their own scale, shifted at random: (side, side, 3)."""
    places = np.flatnonzero(~pictures.validation)
    across = side // pictures.side + 2
    rows = [
        np.concatenate([pictures.pixels[i] for i in draw.choice(places, across)], 1)
        for _ in range(across)
    ]
    whole = np.concatenate(rows, 0)
    spare = whole.shape[0] - side
    top, left = (int(draw.choice([0, spare // 2, spare])) for _ in range(2))
    return whole[top : top + side, left : left + side]


def _photographs() -> list[Image.Image]:
    """The photographs that scikit-image and scikit-learn carry."""
    import skimage.data
    from sklearn.datasets import load_sample_images

    folder = Path(skimage.data.__file__).parent
    paths = [folder / name for name in PHOTOGRAPHS if (folder / name).exists()]
    carried = [Image.open(path).convert("RGB") for path in paths]
    return carried + [Image.fromarray(pixels) for pixels in load_sample_images().images]


def cutting(photograph: Image.Image, side: int, draw: np.random.Generator) -> NDArray[np.uint8]:
    """A random piece of a photograph, from 64 pixels to all of it: uint8 (side, side, 3)."""
    short = min(photograph.size)
    piece = float(np.exp(draw.uniform(np.log(min(64, short)), np.log(short))))
    left, top = (
        draw.uniform(0, photograph.width - piece),
        draw.uniform(0, photograph.height - piece),
    )
    turned = int(draw.integers(4))
    small = photograph.resize(
        (side, side), Image.Resampling.BICUBIC, (left, top, left + piece, top + piece)
    )
    return np.rot90(np.asarray(small), turned) if draw.uniform() < 0.3 else np.asarray(small)


def drawing(side: int, draw: np.random.Generator) -> NDArray[np.uint8]:
    """Closed wavy contours in random colours over a plain ground: uint8 (side, side, 3)."""
    scale = 3
    canvas = Image.new("RGB", (side * scale,) * 2, tuple(draw.integers(0, 256, 3).tolist()))
    pen = ImageDraw.Draw(canvas)
    for _ in range(int(draw.integers(2, 9))):
        angles = np.linspace(0, 2 * np.pi, int(draw.integers(3, 60)), endpoint=False)
        waves = 1 + 0.5 * draw.uniform() * np.sin(angles * draw.integers(1, 9) + draw.uniform(0, 6))
        radius = side * scale * draw.uniform(0.05, 0.45) * waves
        centre = draw.uniform(0, side * scale, 2)
        x, y = centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)
        colour = tuple(draw.integers(0, 256, 3).tolist())
        points = list(zip(x.tolist(), y.tolist(), strict=True))
        if draw.uniform() < 0.6:
            pen.polygon(points, fill=colour)
        else:
            pen.line([*points, points[0]], fill=colour, width=int(draw.integers(2, 16)))
    return np.asarray(canvas.resize((side, side), Image.Resampling.LANCZOS))
