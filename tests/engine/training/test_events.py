"""An event is one line of JSON, whatever is in it and whether anybody reads it."""

import io
import json
import math

from charrnn_engine.training.events import Reporter


def test_an_event_is_a_line_of_json_whatever_the_numbers():
    stream = io.StringIO()
    Reporter(stream).emit("step", loss=math.nan, nested={"rate": math.inf}, text="é\n")
    assert json.loads(stream.getvalue()) == {"event": "step", "loss": None, "nested": {"rate": None}, "text": "é\n"}
    assert stream.getvalue().count("\n") == 1


def test_a_stream_that_nobody_reads_any_more_is_noticed():
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    reporter = Reporter(Gone())
    reporter.emit("step", loss=1.0)
    assert reporter.gone
