"""A flame graph keeps its frames and its script in fewer lines."""

from bench.flame import compact

DRAWN = """<svg>
<script><![CDATA[
    // a comment
    var width = 1;

    function init() {
        return width;
    }
    init()
]]></script>
<text id="title" x="1">/home/somebody/py-spy record</text>
<g>
  <title>answer (graphql.py) (7 samples, 3%)</title>
</g>
</svg>
"""


def test_a_picture_keeps_what_it_shows_under_its_own_title() -> None:
    made = compact(DRAWN, "W3 & ours")
    assert "var width = 1; function init() { return width; }" in made
    assert "}\ninit()" in made, "a line that ends without a semicolon ends a statement by being one"
    assert '<text id="title" x="1">W3 &amp; ours</text>' in made
    assert "<title>answer (graphql.py) (7 samples, 3%)</title>" in made
    assert "comment" not in made
    assert "somebody" not in made
    assert made.count("\n") < DRAWN.count("\n")
