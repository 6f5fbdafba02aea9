"""An edit is seen as soon as the system tells of it, and by looking where it does not."""

import threading

import pytest
from mkdocs.config import load_config
from mkdocs.livereload import LiveReloadServer
from watchdog.events import FileSystemEventHandler
from watchdog.observers.polling import PollingObserver

from generator.watching import look_at_once


@pytest.fixture
def observed(tmp_path):
    """A folder that its observer itself looks at once an hour, and what tells that it saw an edit."""
    folder, seen = tmp_path / "content", threading.Event()
    (folder / "overrides").mkdir(parents=True)
    observer, handler = PollingObserver(timeout=3600), FileSystemEventHandler()
    handler.on_any_event = lambda event: event.is_directory or seen.set()
    observer.schedule(handler, str(folder), recursive=True)
    observer.start()
    yield observer, folder, seen
    observer.stop()


def test_an_observer_looks_when_the_system_tells_of_an_edit(observed):
    observer, folder, seen = observed
    stop = look_at_once(observer, folder)
    assert stop
    for text in ("one", "another"):
        (folder / "overrides" / "csto.yml").write_text(text)
        assert seen.wait(10)
        seen.clear()
    stop()


def test_a_folder_that_the_system_does_not_tell_of_is_left_to_the_observer(observed):
    observer, folder, _ = observed
    assert look_at_once(observer, folder / "nowhere") is None


def test_a_served_site_looks_when_the_system_tells_of_an_edit(observed, tmp_path):
    observer, folder, seen = observed
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nplugins: [factsheets]\n")
    config = load_config(str(tmp_path / "mkdocs.yml"))
    server = LiveReloadServer(lambda: None, "127.0.0.1", 0, str(tmp_path))
    server.observer, plugin = observer, config.plugins["factsheets"]
    assert plugin.on_serve(server, config=config, builder=lambda: None) is server
    (folder / "overrides" / "csto.yml").write_text("one")
    assert seen.wait(10)
    plugin._stop_looking()
    server.server_close()
