"""The host's own nodes. An image is a numpy array, not a tensor: [batch, height, width, channel], 0 to 1."""

import hashlib
import json
import os
import re
import secrets
from pathlib import Path

import folder_paths
import numpy as np
import sampling
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

MAX_RESOLUTION = 16384


class EmptyImage:
    RETURN_TYPES, FUNCTION, CATEGORY = ("IMAGE",), "generate", "image"

    @classmethod
    def INPUT_TYPES(cls):
        size = {"default": 512, "min": 1, "max": MAX_RESOLUTION, "step": 1}
        return {
            "required": {
                "width": ("INT", size),
                "height": ("INT", size),
                "batch_size": ("INT", {"default": 1, "min": 1, "max": 4096}),
                "color": ("INT", {"default": 0, "min": 0, "max": 0xFFFFFF, "step": 1, "display": "color"}),
            }
        }

    def generate(self, width, height, batch_size=1, color=0):
        pixel = np.array([color >> 16 & 255, color >> 8 & 255, color & 255], np.float32) / 255
        return (np.broadcast_to(pixel, (batch_size, height, width, 3)),)


class LoadImage:
    RETURN_TYPES, FUNCTION, CATEGORY = ("IMAGE", "MASK"), "load_image", "image"

    @classmethod
    def INPUT_TYPES(cls):
        known = Image.registered_extensions()
        names = sorted(
            entry.name
            for entry in os.scandir(folder_paths.get_input_directory())
            if Path(entry.name).suffix.lower() in known
        )
        return {"required": {"image": (names, {"image_upload": True})}}

    @classmethod
    def IS_CHANGED(cls, image):
        return hashlib.sha256(Path(folder_paths.get_annotated_filepath(image)).read_bytes()).hexdigest()

    @classmethod
    def VALIDATE_INPUTS(cls, image):
        exists = os.path.isfile(folder_paths.get_annotated_filepath(image))
        return True if exists else f"Invalid image file: {image}"

    def load_image(self, image):
        with Image.open(folder_paths.get_annotated_filepath(image)) as file:
            picture = ImageOps.exif_transpose(file)
            mask = np.zeros((1, 64, 64), np.float32)
            if "A" in picture.getbands():
                mask = 1 - np.asarray(picture.getchannel("A"), np.float32)[None] / 255
            return np.asarray(picture.convert("RGB"), np.float32)[None] / 255, mask


class SaveImage:
    RETURN_TYPES, FUNCTION, CATEGORY, OUTPUT_NODE = (), "save_images", "image", True
    kind = "output"

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"images": ("IMAGE", {}), "filename_prefix": ("STRING", {"default": "ComfyUI"})},
            "hidden": {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
        }

    def save_images(self, images, filename_prefix="ComfyUI", prompt=None, extra_pnginfo=None):
        root = folder_paths.get_directory_by_type(self.kind)
        stem = folder_paths.inside(root, filename_prefix)
        if stem is None:
            raise ValueError("filename_prefix leads out of the output directory")
        stem.parent.mkdir(parents=True, exist_ok=True)
        text = PngInfo()
        for name, value in {"prompt": prompt, **(extra_pnginfo or {})}.items():
            if value is not None:
                text.add_text(name, json.dumps(value))
        taken = re.compile(re.escape(stem.name) + r"_(\d+)_")
        numbers = [int(match[1]) for file in stem.parent.iterdir() if (match := taken.match(file.name))]
        saved = []
        for number, pixels in enumerate(images, max(numbers, default=0) + 1):
            file = stem.with_name(f"{stem.name}_{number:05}_.png")
            Image.fromarray(np.uint8(np.clip(pixels, 0, 1) * 255)).save(file, pnginfo=text, compress_level=1)
            subfolder = os.path.relpath(file.parent, root)
            saved.append(
                {"filename": file.name, "subfolder": "" if subfolder == "." else subfolder, "type": self.kind}
            )
        return {"ui": {"images": saved}}


class PreviewImage(SaveImage):
    kind = "temp"

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"images": ("IMAGE", {})},
            "hidden": {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
        }

    def save_images(self, images, prompt=None, extra_pnginfo=None):
        return super().save_images(images, f"ComfyUI_temp_{secrets.token_hex(3)}", prompt, extra_pnginfo)


class PreviewAny:
    RETURN_TYPES, FUNCTION, CATEGORY, OUTPUT_NODE = (), "main", "utils", True

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"source": ("*", {})}}

    def main(self, source):
        return {"ui": {"text": [source if isinstance(source, str) else str(source)]}}


# Packs are added here, as in ComfyUI.
NODE_CLASS_MAPPINGS = {
    "EmptyImage": EmptyImage,
    "LoadImage": LoadImage,
    "SaveImage": SaveImage,
    "PreviewImage": PreviewImage,
    "PreviewAny": PreviewAny,
    **sampling.NODE_CLASS_MAPPINGS,
}
NODE_DISPLAY_NAME_MAPPINGS = {
    "LoadImage": "Load Image",
    "SaveImage": "Save Image",
    "PreviewImage": "Preview Image",
    "PreviewAny": "Preview Any",
    **sampling.NODE_DISPLAY_NAME_MAPPINGS,
}
# Folder name -> directory below which the page finds a pack's scripts.
EXTENSION_WEB_DIRS: dict[str, str] = {}


def describe(node_class: str) -> dict:
    """What `/object_info` says about a class."""
    cls = NODE_CLASS_MAPPINGS[node_class]
    inputs = cls.INPUT_TYPES()
    info = {
        "input": inputs,
        "input_order": {group: list(members) for group, members in inputs.items()},
        "output": cls.RETURN_TYPES,
        "output_is_list": getattr(cls, "OUTPUT_IS_LIST", [False] * len(cls.RETURN_TYPES)),
        "output_name": getattr(cls, "RETURN_NAMES", cls.RETURN_TYPES),
        "name": node_class,
        "display_name": NODE_DISPLAY_NAME_MAPPINGS.get(node_class, node_class),
        "description": getattr(cls, "DESCRIPTION", ""),
        "python_module": getattr(cls, "RELATIVE_PYTHON_MODULE", "nodes"),
        "category": cls.CATEGORY,
        "output_node": getattr(cls, "OUTPUT_NODE", False),
    }
    if hasattr(cls, "OUTPUT_TOOLTIPS"):
        info["output_tooltips"] = cls.OUTPUT_TOOLTIPS
    return info
