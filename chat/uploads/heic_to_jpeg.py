"""Run by heic.py: the pixels of a HEIC, and what their colours mean, as a JPEG.

python heic_to_jpeg.py SOURCE TARGET
"""

import sys

from PIL import Image
from pillow_heif import register_heif_opener

MAX_PIXELS = 50_000_000  # of iPhones' largest; nothing is decoded that has more
LONGEST = 6000  # pixels of a side that are kept: fewer than pictures.MAX_PIXELS in all


def convert(source: str, target: str) -> None:
    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    with Image.open(source, formats=("HEIF",)) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            sys.exit("too many pixels")
        colours = picture.info.get("icc_profile")
        picture.thumbnail((LONGEST, LONGEST))
        picture.convert("RGB").save(target, "JPEG", quality=90, icc_profile=colours)


if __name__ == "__main__":
    convert(*sys.argv[1:])
