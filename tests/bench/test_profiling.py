"""The profile: samples by module of the product."""

import pytest

from benchmarks import profiling
from benchmarks.figures import Figure

HOME = "/opt/clone"
LIBRARY = "/opt/clone/.venv/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("frame", "wanted"),
    [
        (f"run ({HOME}/stream_app/engine/lane.py)", "engine/lane"),
        (f"decode ({HOME}/schemas/decode.py)", "schemas/decode"),
        (f"getmany ({LIBRARY}/aiokafka/consumer.py)", ""),
        (f"main ({LIBRARY}/stream_app/somebody_elses.py)", ""),
        ("<module> (<string>)", ""),
    ],
    ids=["own", "schemas", "library", "a library of the same name", "no file"],
)
def test_a_frame_belongs_to_a_module_of_the_product_or_to_nobody(frame, wanted):
    """
    Modules are named from the package down.
    """
    assert profiling.module(frame) == wanted


def test_a_sample_counts_for_the_innermost_module_of_the_product():
    """
    What a module calls outside counts as its own; what nobody of us called is elsewhere.
    """
    main, lane = f"main ({HOME}/stream_app/app.py)", f"run ({HOME}/stream_app/engine/lane.py)"
    pack = f"pack ({LIBRARY}/msgspec/msgpack.py)"

    counted = profiling.modules(
        [
            f"{main};{lane};{pack} 3",
            f"{main};{lane} 2",
            f"{main} 1",
            f"{pack} 4",
            f"_load (<frozen importlib._bootstrap>);{lane} 9",
        ]
    )

    assert counted == {"engine/lane": 5, "app": 1, profiling.ELSEWHERE: 4}


def test_the_table_adds_up():
    """
    Beyond the dearest modules the rest is one row, and all rows together are the whole.
    """
    parts = [Figure.of(f"time in m{number}", "ns/event", [100.0], share=0.02) for number in range(50)]

    lines = profiling.table([*parts, Figure.of("else", "s", [1.0])]).splitlines()

    assert len(lines) == 2 + profiling.ROWS + 2
    assert lines[-2] == "| all others | 2,600 | 52.0% |"
    assert lines[-1] == "| together | 5,000 | 100.0% |"
