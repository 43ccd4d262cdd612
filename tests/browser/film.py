"""Knows how pages side by side become one moving picture; refuses to know what happens on them."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Page

COLOURS: Final = 128  # of a whole film: flat shapes and text need no more
BAR_PX: Final = 34
GAP_PX: Final = 10
GROUND: Final = (226, 228, 234)
CAPTION: Final = """
<body style="margin:0;display:grid;place-content:center;height:100vh;background:rgb(226 228 234);
             color:rgb(40 44 58);font:600 16px system-ui">
"""


class Film:
    """Pictures of pages beside each other, each shown for as long as it is told."""

    def __init__(self, scenes: list[tuple[str, Page]]) -> None:
        """`scenes` are the pages from left to right, with what is written above each."""
        self._scenes = scenes
        self._captions: list[Image.Image] = []
        self._frames: list[tuple[Image.Image, int]] = []

    async def shows(self, shown_ms: int) -> None:
        """Take the next picture."""
        if not self._captions:
            self._captions = [await _caption(page, text) for text, page in self._scenes]
        taken = await asyncio.gather(*(page.screenshot(caret="initial") for _, page in self._scenes))
        pictures = [Image.open(BytesIO(png)).convert("RGB") for png in taken]
        frame = self._beside_each_other(pictures)
        if self._frames and self._frames[-1][0].tobytes() == frame.tobytes():
            self._frames[-1] = (frame, self._frames[-1][1] + shown_ms)
        else:
            self._frames.append((frame, shown_ms))

    async def types(self, page_index: int, text: str, each: int = 6, shown_ms: int = 140) -> None:
        """Somebody types into what has the focus, a few letters a picture."""
        for start in range(0, len(text), each):
            await self._scenes[page_index][1].keyboard.type(text[start : start + each])
            await self.shows(shown_ms)

    def save(self, path: Path) -> None:
        """Write an animated GIF that begins again at its end; one palette, so that nothing flickers."""
        frames = [frame for frame, _ in self._frames]
        palette = _joined(frames).quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
        first, *rest = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
        path.parent.mkdir(parents=True, exist_ok=True)
        first.save(
            path,
            save_all=True,
            append_images=rest,
            duration=[ms for _, ms in self._frames],
            loop=0,
            optimize=True,
        )

    def _beside_each_other(self, pictures: list[Image.Image]) -> Image.Image:
        width = sum(picture.width for picture in pictures) + GAP_PX * (len(pictures) - 1)
        frame = Image.new("RGB", (width, BAR_PX + max(picture.height for picture in pictures)), GROUND)
        left = 0
        for caption, picture in zip(self._captions, pictures, strict=True):
            frame.paste(caption, (left, 0))
            frame.paste(picture, (left, BAR_PX))
            left += picture.width + GAP_PX
        return frame


async def _caption(page: Page, text: str) -> Image.Image:
    """A line above a page, as wide as the page, drawn by the same browser."""
    size = page.viewport_size
    assert size is not None
    drawn = await page.context.new_page()
    await drawn.set_viewport_size({"width": size["width"], "height": BAR_PX})
    await drawn.set_content(CAPTION)
    await drawn.evaluate("(text) => { document.body.textContent = text; }", text)
    picture = Image.open(BytesIO(await drawn.screenshot())).convert("RGB")
    await drawn.close()
    return picture


def _joined(frames: list[Image.Image]) -> Image.Image:
    """The first, the middle and the last picture as one, for a palette that fits all."""
    some = [frames[0], frames[len(frames) // 2], frames[-1]]
    sheet = Image.new("RGB", (some[0].width, sum(frame.height for frame in some)))
    for number, frame in enumerate(some):
        sheet.paste(frame, (0, number * some[0].height))
    return sheet
