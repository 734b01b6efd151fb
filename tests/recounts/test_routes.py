"""No staff page shows a number that nothing counts again: each names its recounts, or why none."""

from importlib import import_module
from pathlib import Path

import pytest

from tests.support.routes import get_paths

# A page shows no numbers of answers, for this reason.
NONE = "shows no numbers of answers: "
COMMENT = "/staff/comments/{service}/{week}/{id}"
PAGES: dict[str, str] = {
    "/staff": NONE + "it leads on to the Overview",
    "/staff/sign-in": NONE + "nobody is signed in yet",
    "/staff/sign-in/provider": NONE + "nobody is signed in yet",
    "/staff/sign-in/back": NONE + "nobody is signed in yet",
    "/staff/sign-in/{secret}": NONE + "nobody is signed in yet",
    "/staff/": """
        test_tiles.test_the_tiles_say_how_trust_and_satisfaction_stand
        test_tiles.test_the_tiles_count_the_answers_of_these_days_and_of_those_before
        test_tiles.test_a_score_is_held_against_all_offices_and_similar_ones
        test_sentences.test_the_overview_names_what_to_fix_by_as_many_people_as_named_it
        test_sentences.test_the_overview_tells_what_is_named_most_of_all
    """,
    "/staff/scores": """
        test_pages.test_the_overview
        test_pages.test_a_cut_of_a_month
        test_pages.test_a_small_office
        test_sentences.test_the_overview_says_how_trust_stands_and_what_became_of_it
        test_sentences.test_the_overview_says_which_offices_changed_and_by_how_much
        test_sentences.test_the_overview_counts_the_offices_that_were_compared
        test_sentences.test_the_page_of_a_small_office_says_its_quarters_in_people
        test_sentences.test_the_page_of_a_small_office_names_drivers_in_people
    """,
    "/staff/notes": """
        test_sentences.test_a_dated_note_says_what_became_of_trust_and_satisfaction
    """,
    "/staff/offices": """
        test_pages.test_the_offices
        test_pages.test_a_cut_of_a_month
    """,
    "/staff/drivers": """
        test_pages.test_the_drivers
        test_sentences.test_the_drivers_page_says_what_is_named_most_on_both_sides
    """,
    "/staff/comments": """
        test_comments.test_the_comments_page_lists_every_comment_once_with_its_own_scores
        test_comments.test_who_sees_batches_reads_the_comments_of_every_batch_that_closed
    """,
    COMMENT: """
        test_comments.test_the_page_of_a_comment_shows_its_scores_and_nobody_elses
    """,
    "/staff/said-and-did": NONE + "it counts cases that staff closed with words of their own",
    "/staff/response": """
        test_pages.test_the_ways_people_answer
        test_sentences.test_the_response_page_says_how_many_answered_and_which_share
    """,
    "/staff/places": """
        test_places.test_the_kiosks_show_how_many_answered_there_today
        test_places.test_the_places_count_the_devices_that_need_somebody
    """,
    "/staff/quarter": """
        test_quarter.test_the_quarter_shows_how_many_answered_by_each_channel
        test_quarter.test_the_quarter_shows_how_many_are_filed_and_how_many_left_out
        test_quarter.test_the_quarter_shows_the_volumes_that_were_told
        test_quarter.test_the_quarter_shows_how_many_comments_wait_and_were_decided
        test_quarter.test_service_levels_stand_beside_the_trust_of_the_same_quarter
    """,
    "/staff/quarter/comments": """
        test_quarter.test_the_review_counts_and_lists_every_comment_of_the_quarter
    """,
    "/staff/quarter/comments/redact": NONE + "it shows the words of one comment, and no score",
    "/staff/quarter/files/{quarter}/{form}": """
        test_filed.test_the_v2_files_add_up_to_the_answers
        test_filed.test_the_v1_files_add_up_to_the_answers
        test_filed.test_the_wide_files_add_up_to_the_answers
        test_filed.test_the_summary_tells_scores_and_response_rates_of_the_answers
    """,
    # How long people took is measured beside the answers, and in no row: nothing can recount it.
    "/staff/catalog": """
        test_places.test_the_catalogue_tells_which_share_of_the_approved_answers_was_given
    """,
    "/staff/digest": """
        test_digest.test_the_page_of_a_digest_shows_the_numbers_of_its_mail
        test_digest.test_the_scores_of_a_digest_are_those_of_the_answers_behind_it
        test_digest.test_a_digest_names_what_to_fix_by_as_many_people_as_named_it
        test_digest.test_a_digest_tells_which_offices_changed_and_by_how_much
        test_digest.test_the_digest_of_a_small_office_counts_people_by_quarters
    """,
    "/staff/quarantine": NONE + "it counts what is in no count, and nobody else has it",
    "/staff/records": NONE + "it counts what is deleted tonight, for those who hold the rows",
    "/staff/session": NONE + "it says how long somebody stays signed in",
    "/staff/session/left": NONE + "it says how long somebody stays signed in",
    "/staff/audit": NONE + "it numbers the lines of the log",
}
RECOUNTED = {page: named.split() for page, named in PAGES.items() if NONE not in named}


def test_every_staff_page_names_what_recounts_it_or_why_nothing_does() -> None:
    assert set(get_paths("/staff")) == PAGES.keys()
    assert all(named.removeprefix(NONE).strip() for named in PAGES.values())


@pytest.mark.parametrize("page", RECOUNTED)
def test_the_recounts_that_a_page_names_are_there(page: str) -> None:
    assert RECOUNTED[page]
    for name in RECOUNTED[page]:
        module, _, test = name.partition(".")
        assert callable(getattr(import_module(f"tests.recounts.{module}"), test))


def test_a_recount_shares_nothing_with_the_server() -> None:
    scripts = sorted(Path(__file__).parent.glob("recompute*.py"))
    assert len(scripts) == 4
    for script in scripts:
        assert "cxserver" not in script.read_text() and "cxsdk" not in script.read_text()
