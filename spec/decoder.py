"""A decoder: what gives symbols, step by step, and looks at the outputs of the layers."""

from __future__ import annotations

from pydantic import Field

from pascaline.spec.attention import Attention
from pascaline.spec.checked import Checked
from pascaline.spec.cells import CELLS, USUAL
from pascaline.spec.cells.layer import Layer
from pascaline.spec.checked import one_of
from typing import Annotated

AnyLayer = Annotated[Layer, one_of(CELLS, USUAL)]


class Decoder(Checked):
    layer: AnyLayer
    embedding: int = Field(ge=1, le=2048)
    end: int = Field(ge=0)
    most: int = Field(ge=1)
    attention: Attention
