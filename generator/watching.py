"""Edits seen at once: MkDocs looks for them every half second, which works anywhere; most systems tell of them earlier."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from watchdog import events
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

BURST = 0.02
"""Seconds in which an edit, or a program that writes many files, tells of more than one change."""

_CHANGES = [events.FileCreatedEvent, events.FileModifiedEvent, events.FileMovedEvent, events.FileDeletedEvent]


def look_at_once(observer: BaseObserver, folder: Path) -> Callable[[], None] | None:
    """Has an observer that looks by itself now and then look at its folder whenever the system tells of a change there.

    Of what the system does not tell, as on a shared disk, the observer learns as before. Returns what ends it, None where
    nobody can listen to the system.
    """
    told = threading.Event()

    def look() -> None:
        while told.wait():
            time.sleep(BURST)
            told.clear()
            for emitter in observer.emitters:
                if Path(emitter.watch.path) == folder.absolute():
                    emitter.queue_events(0)

    with suppress(OSError, RuntimeError):
        listener, handler = Observer(), events.FileSystemEventHandler()
        handler.on_any_event = lambda _: told.set()  # type: ignore[method-assign, assignment]
        listener.schedule(handler, str(folder), recursive=True, event_filter=_CHANGES)
        listener.start()
        threading.Thread(target=look, daemon=True).start()
        return listener.stop
    return None
