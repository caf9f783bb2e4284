"""Which machine a hosted image name stands for. Knows names only; starts nothing."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.records import record

HOST = "host"


@record
class ImageChoice:
    """What an image name became: `target` is `host` or a container image.

    `note` says so in the log."""

    target: str
    note: str = ""


def choose_image(name: str, images: Mapping[str, str]) -> ImageChoice:
    """The machine that `vmImage: name` runs on.

    `images` is the content of `.penstock/images.yml`, looked up ignoring case; every other name, of
    Microsoft's hosted images or not, stands for this machine.
    """
    wanted = name.casefold()
    for declared, target in images.items():
        if declared.casefold() == wanted:
            return ImageChoice(
                target=target, note=f'image "{name}" is {target} (.penstock/images.yml)'
            )
    if not name:
        return ImageChoice(target=HOST)
    return ImageChoice(
        target=HOST,
        note=f'image "{name}" is this machine; .penstock/images.yml can say otherwise',
    )
