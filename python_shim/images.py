"""A picture of a graph as the server takes it."""

import base64
import io


def png(images, max_side: int) -> str:
    """The first picture of a batch as base64, no side longer than `max_side`."""
    # ComfyUI brings both; the pack can be imported without them.
    import numpy as np
    from PIL import Image

    try:
        first = images[0]
        # Every so many pixels are enough of a very large picture, which would take gigabytes to convert.
        step = max(1, max(first.shape[:2]) // (4 * max_side))
        part = first[::step, ::step]
        pixels = np.nan_to_num(np.asarray(part.cpu() if hasattr(part, "cpu") else part, np.float32))
        pixels = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
        picture = Image.fromarray(np.uint8(np.clip(pixels, 0, 1) * 255 + 0.5)).convert("RGB")
        picture.thumbnail((max_side, max_side), Image.LANCZOS)
        file = io.BytesIO()
        picture.save(file, "PNG", compress_level=1)
    except Exception as error:
        raise ValueError("The picture cannot be read: connect an output of type IMAGE to it.") from error
    return base64.b64encode(file.getvalue()).decode()
