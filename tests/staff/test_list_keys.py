"""Keys in the list of comments: they move and open, while it has the focus, unless turned off."""

import pytest

from cxserver.accounts.roles import Role
from tests.support.closed_batches import release
from tests.support.comment_factory import add_comments
from tests.support.staff_accounts import invite

FOCUSED = "[...document.querySelectorAll('.row-text a')].indexOf(document.activeElement)"


@pytest.fixture
def page(open_house, open_page):
    """The list of six comments, as an office manager sees it."""
    house = open_house
    add_comments(house, *["slow"] * 6)
    release(house)
    page = open_page()
    page.goto(house.settings.base_url + invite(house, Role.OFFICE_MANAGER))
    page.click("main button")
    page.goto(f"{house.settings.base_url}/staff/comments")
    return page


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)
    return page.evaluate(FOCUSED)


def test_keys_move_from_row_to_row_and_open_one(page):
    page.focus(".row-text a >> nth=0")
    assert press(page, "j", "j") == 2
    assert press(page, "k", "k", "k") == 0
    assert press(page, *"jjjjjjjj") == 5
    assert press(page, "Control+k") == 5
    wanted = page.get_attribute(".row-text a >> nth=5", "href")
    page.keyboard.press("o")
    page.wait_for_url(f"**{wanted}")


def test_keys_are_letters_outside_of_the_list(page):
    page.focus("#f-q")
    assert press(page, *"joke") == -1
    assert page.input_value("#f-q") == "joke" and page.url.endswith("/staff/comments")


def test_the_switch_turns_keys_off_for_later_pages_too(page):
    page.uncheck("#list-keys input")
    page.reload()
    assert not page.is_checked("#list-keys input")
    page.focus(".row-text a >> nth=0")
    assert press(page, "j") == 0
    page.check("#list-keys input")
    page.focus(".row-text a >> nth=0")
    assert press(page, "j") == 1
