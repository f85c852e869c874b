"""What the image workers do for a model: in a module that starts them with little to import."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tagsmith.tools.vision.decode import open_image
from tagsmith.tools.vision.prepare import fit
from tagsmith.tools.vision.schema import InputSpec


def fitted(data: bytes, spec: InputSpec) -> npt.NDArray[np.uint8]:
    """Decode the bytes of a file to what the model sees: uint8 (height, width, 3), RGB.

    Raises BadImageError.
    """
    return fit(open_image(data, spec.background).image, spec)
