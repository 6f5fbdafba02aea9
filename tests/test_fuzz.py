"""A few of the readings of fuzz.py: `make fuzz` tries a million, `make guided` those that lead somewhere new."""

import fuzz
import pytest

from generator import dates


def test_a_text_that_nobody_wrote_gives_a_value_or_an_error_that_names_its_file():
    told = []
    assert not fuzz.fuzz(600, 8, 2002, told.append), told
    assert sum(line.count("'a value'") for line in told) > 5, "what is refused by all reaches little"


def test_a_find_is_read_again_by_its_turn_alone(monkeypatch):
    read = fuzz.read_date

    def breaks(text):
        if "/" in text:
            raise RuntimeError("a slash")
        read(text)

    monkeypatch.setitem(fuzz.CHEAP, "date", breaks)
    told = []
    ((name, text, _),) = fuzz.fuzz(300, 0, 7, told.append)
    (line,) = [line for line in told if line.startswith("FOUND by date, turn ")]
    turn = int(line.split()[4])
    assert turn > 0
    assert fuzz.fuzz(1, 0, 7, told.append, turn)[0][:2] == (name, text)


def test_of_a_date_that_is_none_nothing_is_told_but_the_error(capsys):
    """A find: the library prints what it makes of such a month, which would stand in the output of a command."""
    for text in ("2024-X7", "2024-7X~"):
        with pytest.raises(ValueError, match="is not a date in EDTF"):
            dates.bounds(text)
    assert capsys.readouterr() == ("", "")
