"""Where files are, under the names that packs know from ComfyUI."""

from pathlib import Path

_data = Path()


def configure(data: Path) -> None:
    """Makes the directories below `data`."""
    global _data
    _data = data.resolve()
    for name in ("input", "output", "temp", "user/default"):
        (_data / name).mkdir(parents=True, exist_ok=True)


def get_input_directory() -> str:
    return str(_data / "input")


def get_output_directory() -> str:
    return str(_data / "output")


def get_temp_directory() -> str:
    return str(_data / "temp")


def get_user_directory() -> str:
    return str(_data / "user")


def get_directory_by_type(kind: str) -> str | None:
    return str(_data / kind) if kind in ("input", "output", "temp") else None


def get_annotated_filepath(name: str) -> str:
    """`cat.png` is an input; `cat.png [output]` says otherwise."""
    for kind in ("input", "output", "temp"):
        if name.endswith(f" [{kind}]"):
            return str(_data / kind / name[: -len(kind) - 3])
    return str(_data / "input" / name)


def inside(root: str, *parts: str) -> Path | None:
    """The path below `root`, or nothing when it would lead out of it."""
    path = Path(root, *parts).resolve()
    return path if path.is_relative_to(Path(root).resolve()) else None
