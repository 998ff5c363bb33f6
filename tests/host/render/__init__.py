"""A pack with a node that takes time and no processor, as a render on a graphics card does."""

import time


class Render:
    """Nothing to see."""

    CATEGORY = "bench"
    FUNCTION = "render"
    RETURN_TYPES = ()
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict:
        return {"required": {"seconds": ("FLOAT", {"default": 1.0, "min": 0.0, "max": 600.0})}}

    def render(self, seconds: float) -> dict:
        time.sleep(seconds)
        return {"ui": {}}


NODE_CLASS_MAPPINGS = {"BenchRender": Render}
