"""Checkpoints that ComfyUI takes for SDXL and Flux: as small as it lets them be, with random weights.

Run with ComfyUI's Python in its folder: `checkpoints.py FOLDER`. The shapes are those of ComfyUI's own
classes, so that nothing here has to know them.
"""

# ruff: noqa: E402 ComfyUI looks for a device while it is imported.

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path.cwd()))

import comfy.cli_args

comfy.cli_args.args.cpu = True

import comfy.ops
from comfy.ldm.flux.model import Flux
from comfy.ldm.modules.diffusionmodules.openaimodel import UNetModel
from comfy.sdxl_clip import SDXLClipModel
from comfy.taesd.taesd import TAESD
from comfy.text_encoders.flux import FluxClipModel
from small_encoders import SIZES

HALF = {"device": "cpu", "dtype": torch.float16}
MADE = {**HALF, "operations": comfy.ops.disable_weight_init}


def weights(module: torch.nn.Module, prefix: str) -> dict[str, torch.Tensor]:
    """Norms that change nothing, everything else random and small."""
    made = {}
    for name, value in module.state_dict().items():
        one_for_each = value.dim() == 1 and name.endswith(("weight", "scale"))
        value = value.to(torch.float16)
        made[prefix + name] = torch.ones_like(value) if one_for_each else value.uniform_(-0.02, 0.02)
    return made


def preview_decoder(channels: int, prefix: str) -> dict[str, torch.Tensor]:
    """ComfyUI takes the tiny autoencoder in the place of the whole one."""
    names = ("taesd_decoder.", "taesd_encoder.")
    return {
        name: value
        for name, value in weights(TAESD(latent_channels=channels), prefix).items()
        if name.removeprefix(prefix).startswith(names)
    }


def sdxl() -> dict[str, torch.Tensor]:
    unet = UNetModel(
        image_size=32,
        in_channels=4,
        out_channels=4,
        model_channels=320,
        num_res_blocks=[2, 2, 2],
        # What makes an SDXL is how deep each block is, not how wide.
        channel_mult=[1, 1, 1],
        transformer_depth=[0, 0, 2, 2, 10, 10],
        transformer_depth_output=[0] * 9,
        transformer_depth_middle=-1,
        num_head_channels=64,
        use_spatial_transformer=True,
        use_linear_in_transformer=True,
        context_dim=2048,
        num_classes="sequential",
        adm_in_channels=2816,
        **MADE,
    )
    encoders = SDXLClipModel(**HALF, model_options=SIZES)
    return {
        **weights(unet, "model.diffusion_model."),
        **weights(encoders.clip_l.transformer, "conditioner.embedders.0.transformer."),
        **weights(encoders.clip_g.transformer, "conditioner.embedders.1.model.transformer."),
        **preview_decoder(4, "first_stage_model."),
    }


def flux() -> dict[str, torch.Tensor]:
    model = Flux(
        in_channels=16,
        out_channels=16,
        patch_size=2,
        vec_in_dim=768,
        context_in_dim=4096,
        hidden_size=3072,
        mlp_ratio=4.0,
        num_heads=24,
        depth=1,
        depth_single_blocks=1,
        axes_dim=[16, 56, 56],
        theta=10000,
        qkv_bias=True,
        guidance_embed=True,
        **MADE,
    )
    encoders = FluxClipModel(dtype_t5=torch.float16, **HALF, model_options=SIZES)
    return {
        **weights(model, "model.diffusion_model."),
        **weights(encoders.clip_l.transformer, "text_encoders.clip_l.transformer."),
        **weights(encoders.t5xxl.transformer, "text_encoders.t5xxl.transformer."),
        **preview_decoder(16, "vae."),
    }


if __name__ == "__main__":
    torch.manual_seed(1)
    folder = Path(sys.argv[1])
    save_file(sdxl(), folder / "small_sdxl.safetensors")
    save_file(flux(), folder / "small_flux.safetensors")
