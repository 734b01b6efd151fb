"""The phrases of alerts: how they are found, and how the catalogue names them."""

import time
from datetime import date

import pytest

from cxserver import db
from cxserver.catalog import check, directory
from cxserver.instrument.phrases import Phrases
from test_alerts import ALARMED

# ---- the phrases


FOUND = Phrases(
    {
        "crisis": [
            *("suicid*", "kill myself", "don't want to live", "want to die", "quiero morir*"),
            *("quitarme la vida", "hacerme daño"),
        ],
        "threats": ["bring a gun", "self-destruct now"],
    }
)


@pytest.mark.parametrize(
    "said",
    [
        *("Suicide", "I am SUICIDAL.", "suicidarme", "¡Suicidio!", "sui\u00adcide"),
        *("I will kill myself", "kill  \n myself", "kill, myself", "kill—myself!", "KILL_MYSELF"),
        *(
            "I don't want to live",
            "I don’t want to live",
            "i dont want to live",
            "I don´t want to live",
        ),
        *("quiero morirme", "Quiero morir.", "QUIERO MORÍR", "quitarme la vida", "hacerme dano"),
        *("hacerme dan\u0303o", "ｋｉｌｌ ｍｙｓｅｌｆ", "'want to die'", "“want to die”"),
    ],
)
def test_a_phrase_is_found_however_it_is_written(said):
    assert FOUND.matched([said]) == ("crisis",)


@pytest.mark.parametrize(
    "said",
    [
        *("", "   ", "Parasuicide", "kill my self", "kill myselfs", "skill myself", "myself kill"),
        *("I want to diet", "want to", "to die", "quitarme", "The wait was killing me", "morir"),
        *("don't want. Lively staff, to live", "kill\nthe noise myself", "daño"),
    ],
)
def test_near_misses_are_not_found(said):
    assert FOUND.matched([said]) == ()


def test_every_list_that_matches_is_named_once_in_order():
    said = ["I bring a gun and kill myself", "suicide, suicide", "self destruct now"]
    assert FOUND.matched(said) == ("crisis", "threats")
    assert Phrases({}).matched(said) == () and not Phrases({})


@pytest.mark.parametrize(
    "said",
    [
        *("a " * 1000, "a" * 2000, "'a" * 1000, "\u0301" * 2000, "a\u0301" * 1000),
        *("\ufdfa" * 2000, "aa" * 1000, " " * 2000, "a-" * 1000, "\u00ad" * 2000),
    ],
)
def test_the_worst_text_takes_no_longer_than_fifty_milliseconds(said):
    longest = " ".join("a" * 40)
    begun = ["a" * n + "*" for n in range(3, 79)]
    phrases = [longest, f"{longest[:-1]}b", "a a*", f"{longest[:70]} aab*", *begun]
    hostile = Phrases({f"list{n}": phrases for n in range(20)})
    hostile.matched([said])
    quickest = min(_time(hostile, said) for _ in range(3))
    assert quickest < 0.05


def _time(phrases, said):
    start = time.thread_time()  # a busy machine works for others, too
    phrases.matched([said])
    return time.thread_time() - start


# ---- the catalogue


def test_alerts_are_read_from_the_directory_as_they_were_written(house):
    with db.read(house.engine) as connection:
        assert directory.load(connection).agency.alerts == ()
        assert not directory.load(connection).agency.phrases
    house.apply(ALARMED)
    with db.read(house.engine) as connection:
        agency = directory.load(connection).agency
    crisis, threats = agency.alerts
    assert (crisis.code, crisis.name) == ("crisis", "Crisis")
    assert crisis.mail == ("crisis@example.gov", "night@example.gov")
    assert (crisis.next_steps, threats.next_steps) == ("Call the duty officer now.", "")
    assert agency.phrases.matched(["Voy a TRAER un arma"]) == ("threats",)


def faults(old, new):
    assert old in ALARMED
    report = check.text(ALARMED.replace(old, new, 1), "f", date(2026, 11, 2))
    return [str(one) for one in report.faults], [str(one) for one in report.warnings]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('code = "threats"', 'code = "crisis"', "agency.alert[2].code: 'crisis' stands twice"),
        ('code = "threats"', 'code = "Threats!"', "agency.alert[2].code"),
        ('code = "threats"\n', "", "agency.alert[2].code: is missing"),
        ('mail = ["safety@example.gov"]', "mail = []", "agency.alert[2].mail: must not be empty"),
        ('"safety@example.gov"', '"safety"', "must be an e-mail address"),
        ('"safety@example.gov"', '"a@b.gov\\nBcc: c@d.gov"', "must be an e-mail address"),
        ('"night@example.gov"', '"crisis@example.gov"', "stands twice"),
        ('"bring a gun"', '"b*"', "has 2 characters; at least 3 are needed"),
        ('"bring a gun"', '"bring * gun"', "may hold '*' only at its end"),
        ('"bring a gun"', '"bring a *"', "needs the beginning of a word right before '*'"),
        ('"bring a gun"', '"!!!"', "holds no word"),
        ('"bring a gun"', f'"{"a" * 81}"', "has 81 characters; 80 are allowed"),
        ('next_steps = "Call', 'next_step = "Call', "did you mean 'next_steps'?"),
    ],
)
def test_a_bad_alert_is_told_and_refused(old, new, told):
    found, _ = faults(old, new)
    assert found and told in found[0]


def test_an_alert_without_phrases_is_refused_and_one_that_lacks_a_language_warned_of():
    both = 'en = ["bring a gun", "bomb*"]\nes = ["traer un arma", "bomba*"]\n'
    assert faults(both, "")[0] == [
        "f: agency.alert[2]: has no phrases; write them as en = […] and es = […]"
    ]
    found, warned = faults('es = ["traer un arma", "bomba*"]\n', "")
    assert found == [] and len(warned) == 1
    assert "agency.alert[2].es: is missing; service.permits speaks this language" in warned[0]
