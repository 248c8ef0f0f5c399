"""Ctrl-C, remembered: where it hits an import of C code, another error is made of it, and where
it hits a callback, as of an import's lock, it is lost.
"""

import signal
import sys

EXIT_INTERRUPTED = 130
happened = False


def mind() -> None:
    """Remember Ctrl-C from here on, for a process that is a tool's own."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not ignored, as by nohup
        signal.signal(signal.SIGINT, _interrupt)
    sys.unraisablehook = _interrupt_again


def end() -> int:
    """Say so in one line and return the exit code; who presses again is out at once."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    print("mmpc: error: interrupted", file=sys.stderr)
    return EXIT_INTERRUPTED


def _interrupt(number, frame) -> None:
    global happened
    happened = True
    raise KeyboardInterrupt


def _interrupt_again(ignored) -> None:
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)
        return
    from _thread import interrupt_main
    from threading import Timer

    Timer(0.01, interrupt_main).start()
