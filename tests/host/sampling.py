"""Nodes named like those of a text-to-image graph, which paint colour clouds instead of running a model.

The page's two default graphs are made of them, so they run as they are. Same inputs, same picture.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from comfy.utils import ProgressBar
from PIL import Image

SAMPLERS = """
euler euler_cfg_pp euler_ancestral euler_ancestral_cfg_pp heun heunpp2 dpm_2 dpm_2_ancestral lms dpm_fast
dpm_adaptive dpmpp_2s_ancestral dpmpp_2s_ancestral_cfg_pp dpmpp_sde dpmpp_sde_gpu dpmpp_2m dpmpp_2m_cfg_pp
dpmpp_2m_sde dpmpp_2m_sde_gpu dpmpp_2m_sde_heun dpmpp_2m_sde_heun_gpu dpmpp_3m_sde dpmpp_3m_sde_gpu ddpm lcm
ipndm ipndm_v deis res_multistep res_multistep_cfg_pp res_multistep_ancestral res_multistep_ancestral_cfg_pp
gradient_estimation gradient_estimation_cfg_pp er_sde seeds_2 seeds_3 sa_solver sa_solver_pece ddim uni_pc
uni_pc_bh2
""".split()
SCHEDULERS = """
simple sgm_uniform karras exponential ddim_uniform beta normal linear_quadratic kl_optimal
""".split()


class CLIPTextEncode:
    RETURN_TYPES, FUNCTION, CATEGORY = ("CONDITIONING",), "encode", "conditioning"

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"text": ("STRING", {"multiline": True, "dynamicPrompts": True})},
            "optional": {"clip": ("CLIP", {})},
        }

    def encode(self, text, clip=None):
        return ([[text, {}]],)


class EmptyLatentImage:
    RETURN_TYPES, FUNCTION, CATEGORY = ("LATENT",), "generate", "latent"

    @classmethod
    def INPUT_TYPES(cls):
        size = {"default": 512, "min": 16, "max": 16384, "step": 8}
        return {
            "required": {
                "width": ("INT", size),
                "height": ("INT", size),
                "batch_size": ("INT", {"default": 1, "min": 1, "max": 4096}),
            }
        }

    def generate(self, width, height, batch_size=1):
        return ({"samples": np.zeros((batch_size, 3, height // 8, width // 8), np.float32)},)


class KSampler:
    RETURN_TYPES, FUNCTION, CATEGORY = ("LATENT",), "sample", "sampling"

    @classmethod
    def INPUT_TYPES(cls):
        seed = {"default": 0, "min": 0, "max": 2**64 - 1, "control_after_generate": True}
        return {
            "required": {
                "seed": ("INT", seed),
                "steps": ("INT", {"default": 20, "min": 1, "max": 10000}),
                "cfg": ("FLOAT", {"default": 8.0, "min": 0.0, "max": 100.0, "step": 0.1, "round": 0.01}),
                "sampler_name": (SAMPLERS, {}),
                "scheduler": (SCHEDULERS, {}),
                "positive": ("CONDITIONING", {}),
                "negative": ("CONDITIONING", {}),
                "latent_image": ("LATENT", {}),
                "denoise": ("FLOAT", {"default": 1.0, "min": 0.0, "max": 1.0, "step": 0.01}),
            },
            "optional": {"model": ("MODEL", {})},
        }

    def sample(self, steps, latent_image, denoise=1.0, model=None, **recipe):
        bar = ProgressBar(steps)
        for _ in range(steps):
            bar.update(1)
        digest = hashlib.sha256(repr((steps, denoise, sorted(recipe.items()))).encode()).digest()
        clouds = np.random.default_rng(list(digest))
        samples = latent_image["samples"]
        height, width = samples.shape[2:]
        painted = [
            [_stretch(clouds.random((6, 6), np.float32), width, height) for _ in range(3)] for _ in samples
        ]
        return ({"samples": samples * (1 - denoise) + np.array(painted, np.float32) * denoise},)


class VAEDecode:
    RETURN_TYPES, FUNCTION, CATEGORY = ("IMAGE",), "decode", "latent"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"samples": ("LATENT", {})}, "optional": {"vae": ("VAE", {})}}

    def decode(self, samples, vae=None):
        planes = samples["samples"]
        height, width = planes.shape[2] * 8, planes.shape[3] * 8
        images = [np.stack([_stretch(plane, width, height) for plane in image], -1) for image in planes]
        return (np.clip(images, 0, 1).astype(np.float32),)


def _stretch(plane, width: int, height: int):
    return np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC))


def _loader(outputs: Sequence[str], required: dict) -> type:
    """A node that gives out nothing but keeps a graph's links and widgets in order."""
    members = {
        "RETURN_TYPES": outputs,
        "FUNCTION": "load",
        "CATEGORY": "loaders",
        "INPUT_TYPES": classmethod(lambda _: {"required": required}),
        "load": lambda self, **_: ("no model",) * len(outputs),
    }
    return type("Loader", (), members)


# The page looks these up when it meets a checkpoint, and stumbles over one that is not there.
LOOKED_UP = {
    "ImageOnlyCheckpointLoader": ("ckpt_name", "MODEL", "CLIP_VISION", "VAE"),
    "LoraLoader": ("lora_name", "MODEL", "CLIP"),
    "LoraLoaderModelOnly": ("lora_name", "MODEL"),
    "ControlNetLoader": ("control_net_name", "CONTROL_NET"),
    "UpscaleModelLoader": ("model_name", "UPSCALE_MODEL"),
    "StyleModelLoader": ("style_model_name", "STYLE_MODEL"),
    "GLIGENLoader": ("gligen_name", "GLIGEN"),
}
NODE_CLASS_MAPPINGS = {
    **{name: _loader(outputs, {key: ([], {})}) for name, (key, *outputs) in LOOKED_UP.items()},
    "CLIPTextEncode": CLIPTextEncode,
    "EmptyLatentImage": EmptyLatentImage,
    "EmptySD3LatentImage": EmptyLatentImage,
    "KSampler": KSampler,
    "VAEDecode": VAEDecode,
    "CheckpointLoaderSimple": _loader(
        ("MODEL", "CLIP", "VAE"), {"ckpt_name": (["v1-5-pruned-emaonly-fp16.safetensors"], {})}
    ),
    "UNETLoader": _loader(
        ("MODEL",),
        {"unet_name": (["z_image_turbo_bf16.safetensors"], {}), "weight_dtype": (["default"], {})},
    ),
    "CLIPLoader": _loader(
        ("CLIP",),
        {
            "clip_name": (["qwen_3_4b.safetensors"], {}),
            "type": (["lumina2"], {}),
            "device": (["default"], {}),
        },
    ),
    "VAELoader": _loader(("VAE",), {"vae_name": (["ae.safetensors"], {})}),
    "ModelSamplingAuraFlow": _loader(
        ("MODEL",), {"model": ("MODEL", {}), "shift": ("FLOAT", {"default": 3.0})}
    ),
}
NODE_DISPLAY_NAME_MAPPINGS = {
    "CLIPTextEncode": "CLIP Text Encode (Prompt)",
    "EmptyLatentImage": "Empty Latent Image",
    "VAEDecode": "VAE Decode",
    "CheckpointLoaderSimple": "Load Checkpoint",
}
