"""The text of a description written in HTML, in time linear in its length."""

import re
from html import unescape

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>")
_SILENT = {"script", "style", "template", "noscript"}
_INLINE = {"a", "abbr", "b", "em", "font", "i", "mark", "s", "small", "span", "strong"}
_INLINE |= {"sub", "sup", "u"}


def html_to_text(html: str) -> str:
    """Drop tags, comments, scripts and styles; blocks become lines of their own."""
    parts: list[str] = []
    silent: str | None = None
    position = 0
    html = _without_comments(html)
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        if silent is None:
            parts.append(html[position : tag.start()])
            parts.append("" if name in _INLINE else "\n")
            if name in _SILENT and not tag[1]:
                silent = name
        elif tag[1] and name == silent:
            silent = None
        position = tag.end()
    if silent is None:
        parts.append(html[position:])
    lines = (" ".join(line.split()) for line in unescape("".join(parts)).split("\n"))
    return "\n".join(line for line in lines if line)


def _without_comments(html: str) -> str:
    """Cut comments out, an unclosed one up to the end."""
    parts = []
    position = 0
    while (start := html.find("<!--", position)) >= 0:
        parts.append(html[position:start])
        end = html.find("-->", start)
        position = len(html) if end < 0 else end + 3
    return "".join([*parts, html[position:]])
