"""The long runs of soak.py with small counts: `make soak` runs the full ones."""

import soak


def test_an_edited_site_is_served_without_missing_an_edit():
    soak.serve(2)


def test_all_whole_articles_of_many_are_read_and_each_broken_one_is_named():
    soak.many(100)


def test_commands_disturbed_at_random_moments_lose_nothing():
    soak.plugs(2)
