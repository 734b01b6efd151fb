"""The phrases of alerts: how they are found, and how the catalog names them."""

import time
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxserver import db
from cxserver.catalog import apply, check, directory
from cxserver.catalog.directory import Team
from cxserver.instrument import phrases
from cxserver.instrument.phrases import Phrases
from tests.comments.test_alerts import ALARMED
from tests.support.optional import present

REST = '[[agency.alert]]\ncode = "threats"'

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
    "text",
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
def test_a_phrase_is_found_however_it_is_written(text):
    assert FOUND.matched([text]) == ("crisis",)


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "Parasuicide", "kill my self", "kill myselfs", "skill myself", "myself kill"),
        *("I want to diet", "want to", "to die", "quitarme", "The wait was killing me", "morir"),
        *("don't want. Lively staff, to live", "kill\nthe noise myself", "daño"),
    ],
)
def test_near_misses_are_not_found(text):
    assert FOUND.matched([text]) == ()


def test_every_list_that_matches_is_named_once_in_order():
    texts = ["I bring a gun and kill myself", "suicide, suicide", "self destruct now"]
    assert FOUND.matched(texts) == ("crisis", "threats")
    assert Phrases({}).matched(texts) == () and not Phrases({})


@pytest.mark.parametrize(
    "text",
    [
        *("a " * 1000, "a" * 2000, "'a" * 1000, "\u0301" * 2000, "a\u0301" * 1000),
        *("\ufdfa" * 2000, "aa" * 1000, " " * 2000, "a-" * 1000, "\u00ad" * 2000),
    ],
)
def test_the_worst_text_takes_milliseconds_and_not_minutes(text):
    longest = " ".join("a" * 40)
    begun = ["a" * n + "*" for n in range(3, 79)]
    phrases = [longest, f"{longest[:-1]}b", "a a*", f"{longest[:70]} aab*", *begun]
    hostile = Phrases({f"list{n}": phrases for n in range(20)})
    hostile.matched([text])
    quickest = min(_time(hostile, text) for _ in range(3))
    assert quickest < 0.5


def _time(phrases, text):
    start = time.thread_time()  # a busy machine works for others, too
    phrases.matched([text])
    return time.thread_time() - start


# ---- written so that no machine should read it

CRISIS = ("suicide", "kill myself", "don't want to live", "want to die", "quiero morirme")
ALIKE = {
    latin: [latin, *(letter for letter, like in phrases._ALIKE.items() if like == latin)]
    for latin in "abcdefghijklmnopqrstuvwxyz"
}
GAPS = st.sampled_from([" ", ".", "-", "\u2013", "_", " . ", "*", "\n", " - "])
# Nothing in them is of a phrase, nor spells one with the letters beside it.
AROUND = st.sampled_from(["", "I ", "Today I ", "X. Y. Z. ", "y o ", "Señora, ", "Мы: ", "1 2 3 "])


@st.composite
def disguised(draw):
    """A phrase, its letters swapped for others that look alike, its words spelled out or not."""
    words = draw(st.sampled_from(CRISIS)).replace("'", "").split()
    return draw(GAPS).join(draw(_written(word)) for word in words)


@st.composite
def _written(draw, word):
    letters = [draw(st.sampled_from(ALIKE[letter])) for letter in word]
    large = letters[0].upper()
    if draw(st.booleans()) and (large.isascii() or large in ALIKE[word[0]]):
        letters[0] = f"{large}\u0301"
    # Three letters that stand alone are a word; two are no more than that.
    between = draw(GAPS) if len(word) >= 3 and draw(st.booleans()) else ""
    return between.join(letters)


@given(disguised(), AROUND, st.sampled_from(["", ".", "!!", " now", " x y z", ", señora", " я"]))
def test_a_phrase_is_found_behind_letters_that_look_alike_and_spelled_out(text, before, after):
    assert FOUND.matched([before + text + after]) == ("crisis",)


@pytest.mark.parametrize(
    "text",
    [
        *("k i l l m y s e l f", "k i l l  myself", "k.i.l.l. m.y.s.e.l.f.", "I w a n t to d-i-e"),
        *(
            "w a n t t o d i e a l o n e",
            "s-u-i-c-i-d-a-l",
            "Ｓ Ｕ Ｉ Ｃ Ｉ Ｄ Ｅ",
            "S*U*I*C*I*D*E",
        ),
        *("ѕuісіdе", "КІLL МУЅЕLF", "κιll mуsεlf", "к і l l m у ѕ е l f", "q u i e r o m o r i r"),
    ],
)
def test_what_people_did_to_hide_a_phrase_hides_nothing(text):
    assert FOUND.matched([text]) == ("crisis",)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Options A, B, C and D",
            "The D.M.V. in St. P. B.",
            "I - I - I",
            "k i",
            "k i l l the lights",
        ),
        *(
            "Form I-9, part B. A, then C",
            "w a n t to go",
            "want to d i",
            "J. R. R. T. myself",
            "k k k",
        ),
        *(
            "Убить время в очереди: я хочу жить",
            "Θέλω να ζήσω, και να πεθάνω στα γέλια",
            "m y s e l f",
        ),
        *("Ya no quiero m á s", "d i e", "want to see d i e t s", "G O O D  J O B, staff"),
    ],
)
def test_ordinary_words_and_letters_are_no_alert(text):
    assert FOUND.matched([text]) == ()


# The letters that stand alone here spell nothing of a phrase, in whatever order.
ORDINARY = st.sampled_from(
    "I a waited want to see the clerk myself, killing time live. O. K. S. A. B-12 A, B, C: "
    "don't go quiero ir la vida q e p Я ждал час у окна Θέλω ζήσω y o n".split()
)


@given(st.lists(ORDINARY, max_size=60).map(" ".join))
def test_no_ordinary_words_in_any_order_are_an_alert(text):
    assert FOUND.matched([text]) == ()


@given(st.text("abckilmysef .-", max_size=60))
def test_plain_letters_are_read_the_short_way_as_the_long_way(text):
    assert phrases.words(text) == phrases.words(f"{text} \u2014")


# ---- the catalog


def test_alerts_are_read_from_the_directory_as_they_were_written(house):
    with db.read(house.engine) as connection:
        agency = present(directory.load(connection).agency)
    assert agency.alerts == () and not agency.phrases
    house.apply(ALARMED)
    with db.read(house.engine) as connection:
        agency = present(directory.load(connection).agency)
    crisis, threats = agency.alerts
    assert (crisis.code, crisis.name) == ("crisis", "Crisis")
    assert crisis.teams == (Team("Crisis team", ("crisis@example.gov", "night@example.gov")),)
    assert (crisis.next_steps, threats.next_steps) == (("Call the duty officer now.",), ())
    assert crisis.acknowledge_within == timedelta(minutes=30)
    assert agency.phrases.matched(["Voy a TRAER un arma"]) == ("threats",)


def faults(old, new):
    assert old in ALARMED
    report = check.text(ALARMED.replace(old, new, 1), "f", date(2026, 11, 2))
    return [str(fault) for fault in report.faults], [str(warning) for warning in report.warnings]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('code = "threats"', 'code = "crisis"', "agency.alert[2].code: 'crisis' appears twice"),
        ('code = "threats"', 'code = "Threats!"', "agency.alert[2].code"),
        ('code = "threats"\n', "", "agency.alert[2].code: is missing"),
        ('mail = ["safety@example.gov"]', "mail = []", "agency.alert[2].mail: must not be empty"),
        ('"safety@example.gov"', '"safety"', "must be an email address"),
        ('"safety@example.gov"', '"a@b.gov\\nBcc: c@d.gov"', "must be an email address"),
        ('"night@example.gov"', '"crisis@example.gov"', "appears twice"),
        ('"bring a gun"', '"b*"', "has 2 characters; at least 3 are needed"),
        ('"bring a gun"', '"bring * gun"', "may hold '*' only at its end"),
        ('"bring a gun"', '"bring a *"', "needs the beginning of a word right before '*'"),
        ('"bring a gun"', '"!!!"', "has no word"),
        ('"bring a gun"', f'"{"a" * 81}"', "has 81 characters; 80 are allowed"),
        ('next_steps = "Call', 'next_step = "Call', "did you mean 'next_steps'?"),
    ],
)
def test_a_bad_alert_is_told_and_refused(old, new, reason):
    errors, _ = faults(old, new)
    assert errors and reason in errors[0]


STEPS = 'next_steps = "Call the duty officer now."'
NEXT = """
[[agency.alert.then]]
team = "Regional safety team"
mail = ["region@example.gov"]
"""


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("next_steps = [" + '"Call.", ' * 7 + "]", "next_steps: must have at most 6 entries"),
        (f'next_steps = ["{"a" * 301}"]', "has 301 characters; 300 are allowed"),
        ('next_steps = [""]', "must not be empty"),
        ("next_steps = 3", "next_steps: must be a list, not 3"),
        ("acknowledge_within = 4", "agency.alert[1].acknowledge_within: must be at least 5"),
        ("acknowledge_within = 1441", "acknowledge_within: must be at most 1440"),
        ('acknowledge_within = "30"', "must be a whole number without quotes, not '30'"),
        ("team = 3", "agency.alert[1].team: must be text in quotes, not 3"),
        ('then = ["x@example.gov"]', "agency.alert[1].then"),
    ],
)
def test_what_happens_after_an_alert_is_checked(new, reason):
    errors, _ = faults(STEPS, new)
    assert len(errors) == 1 and reason in errors[0], errors


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            'mail = ["region@',
            'mails = ["region@',
            "then[1].mails: unknown key; did you mean 'mail'",
        ),
        ('team = "Regional safety team"\n', "", "agency.alert[1].then[1].team: is missing"),
        ('["region@example.gov"]', "[]", "agency.alert[1].then[1].mail: must not be empty"),
        ('["region@example.gov"]', '["region"]', "'region' must be an email address"),
    ],
)
def test_the_next_team_is_checked(old, new, reason):
    assert old in NEXT
    errors, _ = faults(REST, NEXT.replace(old, new, 1) + REST)
    assert any(reason in error for error in errors), errors


def test_two_teams_of_one_name_are_refused_and_six_are_too_many():
    twice = NEXT + NEXT.replace("Regional safety", "REGIONAL safety")
    errors, _ = faults(REST, twice + REST)
    assert errors == [
        "f: agency.alert[1].then[2].team: 'REGIONAL safety team' appears twice; give each team of "
        "this alert its own name"
    ]
    many = "".join(NEXT.replace("Regional", f"Team {n}") for n in range(6))
    errors, _ = faults(REST, many + REST)
    assert errors == ["f: agency.alert[1].then: must have at most 5 entries"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("0", "reads_within_days: must be at least 1"),
        ("91", "reads_within_days: must be at most 90"),
        ("true", "reads_within_days: must be a whole number without quotes, not true"),
    ],
)
def test_a_promise_is_checked_at_the_agency_and_at_an_office(value, reason):
    for place in ('name = "Department of Everyday Affairs"\n', 'slug = "lakeside"\n'):
        errors, _ = faults(place, f"{place}reads_within_days = {value}\n")
        assert len(errors) == 1 and reason in errors[0], errors


def test_what_changed_in_a_promise_is_told_before_it_is_applied(house):
    before = {line for line in planned(house, ALARMED)}
    place = 'slug = "lakeside"\n'
    after = planned(house, ALARMED.replace(place, f"{place}reads_within_days = 2\n", 1))
    assert set(after) - before == {"change office lakeside (reads_within_days none → 2)"}


def planned(house, text):
    catalog = present(check.text(text, "f", date(2026, 11, 2)).catalog)
    with db.read(house.engine) as connection:
        return apply.plan(connection, catalog, date(2026, 11, 2)).lines


def test_an_alert_without_phrases_is_refused_and_one_that_lacks_a_language_warned_of():
    both = 'en = ["bring a gun", "bomb*"]\nes = ["traer un arma", "bomba*"]\n'
    assert faults(both, "")[0] == [
        "f: agency.alert[2]: has no phrases; write them as en = […] and es = […]"
    ]
    errors, warned = faults('es = ["traer un arma", "bomba*"]\n', "")
    assert errors == [] and len(warned) == 1
    assert "agency.alert[2].es: is missing; service.permits speaks this language" in warned[0]
