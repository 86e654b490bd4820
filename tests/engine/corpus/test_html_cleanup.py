"""HTML is removed from a text; everything else stays."""

from pathlib import Path

import pytest

from charrnn_engine.corpus.html_cleanup import without_html
from charrnn_engine.corpus.reading import Source


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("Cognos buys Sweden #39;s Frango (Reuters)", "Cognos buys Sweden's Frango (Reuters)"),
        ("China #39;s new  quot;golden pair quot;", 'China\'s new "golden pair"'),
        ("Oil Heads Toward  #36;49.40 Record", "Oil Heads Toward $49.40 Record"),
        ("J amp;J eyes AT &amp; T, Johnson  amp; Johnson", "J&J eyes AT & T, Johnson & Johnson"),
        ("#147;Generic Superheroes #148; by Ch #225;vez", "\u201cGeneric Superheroes\u201d by Ch\u00e1vez"),
        ("lockout Wednesday at &lt;b&gt;...&lt;/b&gt;", "lockout Wednesday at ..."),
        ('Grey &lt;A HREF="http://a/b?c=d"&gt;GREY.O&lt;/A&gt; fell&lt;br/&gt;Kmart', "Grey GREY.O fell Kmart"),
        ("Kmart &lt;KMRT.O&gt; and Agilent &lt;A.N&gt; said", "Kmart <KMRT.O> and Agilent <A.N> said"),
        ("got\\the go ahead&nbsp; on Tuesday \\\\", "got the go ahead on Tuesday"),
        ("cut off &lt;font face=verdana", "cut off"),
        (
            "wine sales; Maine, ranked #1; a < b & c; &nope; &#7;",
            "wine sales; Maine, ranked #1; a < b & c; &nope; &#7;",
        ),
    ],
)
def test_references_are_decoded_and_tags_removed(raw: str, read: str) -> None:
    assert without_html(raw) == read


def test_columns_lines_and_running_texts_are_read_without_html(tmp_path: Path) -> None:
    table, text = tmp_path / "a.csv", tmp_path / "a.txt"
    table.write_text("title,text\nA #39;s,&lt;b&gt;\n &lt;p&gt; ,x\n", encoding="utf-8")
    text.write_text("B amp;C\n\nD", encoding="utf-8")
    assert list(Source(str(table), ("title",), unescape=True).texts("title")) == ["A's"]
    assert list(Source(str(text), unescape=True).texts()) == ["B&C", "D"]
    assert "".join(Source(str(text), unescape=True).chunks()) == "B&C\n\nD\n"
    assert next(Source(str(table), ("title",)).texts("title")) == "A #39;s"
