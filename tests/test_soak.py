"""The long runs of soak.py with small counts: `make soak` runs the full ones."""

import soak


def test_a_site_that_is_edited_misses_no_edit_and_takes_no_more_memory():
    soak.serve(3)


def test_all_whole_articles_of_many_are_read_and_each_broken_one_is_named():
    soak.many(40)


def test_commands_disturbed_at_random_moments_lose_nothing():
    soak.plugs(3)
