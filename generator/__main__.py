"""`factsheets`: a build with nothing to do ends here, before anything is loaded; all else is in `commands`."""

import gc
import sys


def main() -> None:
    """Runs the command line: exit code 0 if all is well, 1 for problems in content, 2 for wrong usage, 130 for Ctrl-C.

    All that takes time to import is imported within, where it can be interrupted without a traceback.
    """
    try:
        from pathlib import Path

        from generator import cache

        root = cache.find_project(Path.cwd()) if sys.argv[1:] == ["build"] else None
        if root:
            differing, told = cache.changed(root)
            if not differing:
                print(*told, "0 articles read, 0 facts changed, 0 files written or removed", sep="\n", file=sys.stderr)
                return
        gc.set_threshold(100_000, 50, 100)  # what is loaded stays: looking through it for garbage is a tenth of a short run
        from generator import commands

        commands.main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    finally:
        gc.freeze()  # nor is what goes with the process looked through once more, which takes as long again


if __name__ == "__main__":
    main()
