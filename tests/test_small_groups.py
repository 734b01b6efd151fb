"""Small groups: whoever opens every page there is cannot work out how few of them answered what."""

import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import numpy as np
import pytest

from cxserver import db
from cxserver.catalog import directory
from cxserver.insight.scopes import Scope
from cxserver.staff import filters, stretches
from house import CATALOGUE
from snoop import Agency, Attack

TODAY = date(2026, 11, 4)
WEEKS = 11
LEAST = 5

REGION = """
[[service.permits.office]]
slug = "north"
name = "North Region"
timezone = "America/New_York"
serves = false
"""
BELOW = {"ash": ("permits", "hearings"), "birch": ("permits",), "cedar": ("permits", "hearings")}
REGIONS = REGION + "".join(
    f'[[service.{service}.office]]\nslug = "{slug}"\nname = "Office {slug}"\n'
    f'timezone = "America/New_York"\nparent = "north"\n'
    for slug, services in BELOW.items()
    for service in services
)
# How many answer in 28 days, and what share of them with which service, channel, language.
BUSY = {"riverside": 900, "lakeside": 500, "ash": 300, "birch": 60, "cedar": 12}
SERVICES = {"permits": 0.8, "hearings": 0.2}
CHANNELS = {"email": 0.6, "sms": 0.3, "web": 0.1}
LANGUAGES = {"en": 0.8, "es": 0.2}
SHAPES = ("as it comes", "rare language", "rare service", "rare days", "young office", "large")


@pytest.fixture
def known(sqlite_house):
    """What exists: the house, with a region of three offices."""
    sqlite_house.apply(CATALOGUE + REGIONS)
    with db.read(sqlite_house.engine) as connection:
        return directory.load(connection)


def planted(known, shape, seed):
    """Answers of the last weeks; small groups among them, of the kind that `shape` says."""
    chance = np.random.default_rng([seed, SHAPES.index(shape)])
    pieces = stretches.pieces(stretches.WEEKS, TODAY)
    first = stretches.end(TODAY) - timedelta(days=7 * WEEKS)
    counts = {}
    for at, piece in enumerate(pieces):
        if not first <= piece.start < stretches.end(TODAY):
            continue
        for office, busy in BUSY.items():
            given = [one for one in SERVICES if office in known.services[one].offices]
            for service, channel, language in product(given, CHANNELS, LANGUAGES):
                share = SERVICES[service] * CHANNELS[channel] * LANGUAGES[language]
                rate = busy * share * (piece.end - piece.start).days / 28
                cell = service, office, channel, language, at
                counts[cell] = _few(shape, cell, piece, chance, int(chance.poisson(rate)))
    return counts


def _few(shape, cell, piece, chance, n):
    """How many answered here, where the shape makes them few."""
    service, office, channel, language, _ = cell
    if shape == "large":
        rare = office == "ash" and service == "hearings" and (channel, language) == ("web", "es")
        return int(chance.random() < 0.2) if rare else n * 30
    if shape == "rare language" and language == "es" and office != "riverside":
        return int(chance.random() < 0.05)
    if shape == "rare service" and service == "hearings" and office != "cedar":
        return int(chance.random() < 0.03)
    if shape == "rare days" and office == "lakeside" and piece.start.month == 10:
        return int(chance.random() < 0.15)
    if shape == "young office" and office in ("ash", "birch") and piece.end < date(2026, 10, 12):
        return int(chance.random() < 0.03)
    return n


def small_groups(agency, hidden):
    """What was asked for and not shown, and is the answers of 1 to 4 people; each once."""
    found = {one.cells: one for one in hidden if 0 < agency.truth[list(one.cells)].sum() < LEAST}
    return list(found.values())


def name_of(one):
    asked = one.asked
    named = (asked.service, asked.office, asked.channel, asked.language)
    return "/".join(each or "*" for each in named) + f" {asked.window.span}"


@pytest.mark.parametrize("shape", SHAPES)
def test_no_group_of_one_to_four_can_be_worked_out_from_all_pages_together(known, shape):
    attacked(Agency(known, TODAY, planted(known, shape, seed=1)), random.Random(1))


@pytest.mark.parametrize(
    "seen",
    [Scope(services=frozenset({"permits"})), Scope(offices=frozenset({"north", "ash", "birch"}))],
    ids=["a service", "a region"],
)
def test_nor_by_somebody_who_sees_a_part(known, seen):
    attacked(Agency(known, TODAY, planted(known, "as it comes", seed=2), seen), random.Random(2))


def test_the_attack_finds_what_differences_give_away():
    # A total, and all of its parts but one of 3.
    attack = Attack(4, [((0, 1, 2, 3), 103), ((0, 1), 60), ((2,), 40)])
    assert attack.follows((3,)) and attack.range((3,)) == (3, 3)
    assert not attack.follows((0,)) and attack.range((0,)) == (0, 60)
    # Not to be had by sums alone: but none of 3 can be more than 3.
    attack = Attack(4, [((0, 1), 3), ((2, 3), 50), ((0, 2), 30)])
    assert not attack.follows((0,)) and attack.range((0,)) == (0, 3)


def test_large_offices_are_shown(known):
    """An agency as in the demonstration: 95 of 100 offices with 30 answers a month have a page."""
    agency = Agency(known, TODAY, planted(known, "as it comes", seed=3))
    hides = agency.veil()
    for office in (None, "riverside", "lakeside", "north"):
        for period in (0, 1, 2):
            asked = replace(agency.asked(office=office), window=filters.windows(TODAY)[period])
            assert hides.shows(asked), (office, period)
    for chosen in ({"channel": "email"}, {"language": "es"}, {"service": "permits"}):
        assert hides.shows(agency.asked(**chosen))
        assert hides.shows(agency.asked(office="riverside", **chosen))


def attacked(agency, chance, most=25):
    """Every small group is asked whether it follows; some of them, how near one can come."""
    shown, hidden = agency.told()
    assert all(n == 0 or n >= LEAST for _, n in shown), "nothing small is shown"
    attack = Attack(len(agency.cells), shown)
    small = small_groups(agency, hidden)
    assert small, "nothing was planted"
    assert [name_of(one) for one in small if attack.follows(one.cells)] == []
    chance.shuffle(small)
    for one in small[:most]:
        low, high = attack.range(one.cells)
        assert high - low >= LEAST - 1, (name_of(one), low, high)
