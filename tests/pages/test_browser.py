"""The page of ``report --html`` in a browser: all of it can be seen, on a phone and on a desk."""

import pytest

from pascaline.pages.document import page
from tests.browser import browser
from tests.pages.results import explored

MEASURE = """
(() => {
  const found = {hidden: [], outside: [], overlapping: [], unboxed: [], sizes: {}};
  const name = element => `${element.tagName} ${element.id || element.textContent.slice(0, 40)}`;
  const scale = one => {
    const matrix = one.getScreenCTM?.() ?? {a: 1, b: 0};
    return Math.hypot(matrix.a, matrix.b);
  };
  const box = element => element.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  for (const element of document.querySelectorAll("section, svg, table, h1, h2, figure, li")) {
    const {width, height} = box(element);
    if (!(width > 0 && height > 0)) found.hidden.push(name(element));
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const around = walker.currentNode.parentElement.closest(".scroll");
    if (around && around.scrollWidth > around.clientWidth) continue;
    for (const {left, right} of range.getClientRects())
      if (left < -0.5 || right > width + 0.5) found.outside.push(walker.currentNode.data.trim());
  }
  for (const drawing of document.querySelectorAll("svg")) {
    const texts = [...drawing.querySelectorAll("text")].map(text => [text, box(text)]);
    texts.forEach(([one, a], place) => texts.slice(place + 1).forEach(([other, b]) => {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 0.5 && down > 4) found.overlapping.push(`${name(one)} / ${name(other)}`);
    }));
  }
  for (const block of document.querySelectorAll("g.block")) {
    const outer = box(block.querySelector("rect"));
    for (const text of block.querySelectorAll("text")) {
      const {left, right, top, bottom} = box(text);
      const inside = left >= outer.left && right <= outer.right;
      if (!inside || top < outer.top || bottom > outer.bottom) found.unboxed.push(name(text));
    }
  }
  found.sizes = {
    page: document.documentElement.scrollWidth,
    window: width,
    scrolling: [...document.querySelectorAll(".scroll")].filter(
      one => one.scrollWidth > one.clientWidth).map(name),
    smallest: Math.min(...[...document.querySelectorAll("td, p, text, li")].map(
      one => parseFloat(getComputedStyle(one).fontSize) * scale(one))),
  };
  return found;
})()
"""

SIZES = [(390, "screen"), (900, "screen"), (1600, "screen"), (680, "print")]


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.mark.parametrize("kind", ["placed", "counted", "timed", "normed", "wired"])
@pytest.mark.parametrize(
    ("width", "media"), [(390, "screen"), (900, "screen"), (1600, "screen"), (680, "print")]
)
def test_all_can_be_seen(tab, tmp_path, request, kind, width, media):
    result = request.getfixturevalue(kind)
    path = tmp_path / "page.html"
    path.write_text(page(result | {"explored": explored(result)}), encoding="utf-8")
    tab.call("Emulation.setEmulatedMedia", media=media)
    tab.load(path.as_uri(), width)
    assert tab.requests == [path.as_uri()]
    assert tab.complaints == []
    assert tab.evaluate("document.title") == f"net on {result['target_title']}"
    found = tab.evaluate(MEASURE)
    sizes = found.pop("sizes")
    assert found == {"hidden": [], "outside": [], "overlapping": [], "unboxed": []}
    assert sizes["page"] <= sizes["window"] <= width
    assert sizes["scrolling"] == []
    assert sizes["smallest"] >= (10.5 if media == "screen" else 8)


CONTRAST = """
(() => {
  const parts = colour => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = colour => {
    const [r, g, b] = parts(colour).map(one => one / 255).map(
      one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const texts = "p, td, th, dt, dd, li, b, h1, h2, .plot text, .step text";
  const found = [...document.querySelectorAll(texts)].map(one => {
      const style = getComputedStyle(one), svg = one instanceof SVGElement;
      const ink = light(svg ? style.fill : style.color);
      return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    });
  return {paper, least: Math.min(...found), count: found.length};
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_the_dark(tab, tmp_path, timed, scheme):
    path = tmp_path / "page.html"
    path.write_text(page(timed | {"explored": explored(timed)}), encoding="utf-8")
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    tab.call("Emulation.setEmulatedMedia", media="screen", features=features)
    tab.load(path.as_uri(), 900)
    found = tab.evaluate(CONTRAST)
    assert (found["paper"] < 0.02) == (scheme == "dark")
    assert found["count"] > 100
    # WCAG 2.2, 1.4.3.
    assert found["least"] >= 4.5


def test_what_is_wrong_is_found(tab, tmp_path):
    path = tmp_path / "bad.html"
    path.write_text(
        """<!doctype html><script>console.log("hello"); none()</script><svg height="0"></svg>
        <p style="width: 2000px; text-align: right">far away</p><img src="http://localhost:9/x.png">
        <svg><text x="9" y="20">one</text><text x="12" y="20">other</text>
        <g class="block"><rect width="9" height="9"/><text y="9">wide</text></g></svg>"""
    )
    tab.load(path.as_uri(), 390)
    found = tab.evaluate(MEASURE)
    assert "http://localhost:9/x.png" in tab.requests
    assert len(tab.complaints) >= 2
    assert found["outside"] == ["far away"]
    assert len(found["hidden"]) == 1
    assert found["overlapping"]
    assert found["unboxed"] == ["text wide"]
