"""What is in these pictures? Plain PyTorch and timm: python plain.py photo.jpg another.png"""

import json
import sys
from pathlib import Path

import timm
import torch
from predict import reduced  # beside this script: any picture file, as the network learned them
from safetensors.torch import load_file

beside = Path(__file__).resolve().with_name
about = json.loads(beside("manifest.json").read_text(encoding="utf-8"))
tensors = {k: v for file in about["weights"] for k, v in load_file(beside(file["name"])).items()}
part, looks = about["backbone"], about["preprocessing"]
extra = {k: tuple(v) if isinstance(v, list) else v for k, v in part["model_args"].items()}
backbone = timm.create_model(part["architecture"], num_classes=0, **extra).eval()
backbone.load_state_dict({k[9:]: v for k, v in tensors.items() if k.startswith("backbone.")})
prepare = timm.data.create_transform(**(looks | {"input_size": tuple(looks["input_size"])}))


@torch.inference_mode()
def predict(data):
    x = (backbone(prepare(reduced(data))[None]) - tensors["head.shift"]) * tensors["head.scale"]
    for layer in [name for name in ("head.hidden", "head.second") if f"{name}.weight" in tensors]:
        x = torch.addmm(tensors[f"{layer}.bias"], x, tensors[f"{layer}.weight"].T).relu()
    weight, bias, scale = (tensors.get(f"head.linear.{key}") for key in ("weight", "bias", "scale"))
    x = x @ weight.T + bias if scale is None else scale * torch.cosine_similarity(x, weight)[None]
    shares = (x / about.get("temperature", 1.0)).softmax(1)[0].tolist()
    return dict(zip(about["labels"], shares, strict=True))


if __name__ == "__main__":
    print(*(f"{name}: {predict(Path(name).read_bytes())}" for name in sys.argv[1:]), sep="\n")
