"""Debian's Chromium, driven by Playwright; it reaches nothing but this machine."""

import shutil

from playwright.sync_api import Browser, Playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever a page tries, no name of another host is looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


def launch(playwright: Playwright) -> Browser:
    """Start the browser, which `.ci/run` installs.

    Raises:
        FileNotFoundError: it is not there.
    """
    program = shutil.which("chromium")
    if program is None:
        raise FileNotFoundError(
            "Pages need a program named chromium, and there is none on PATH. "
            "On Debian or Ubuntu: apt-get install chromium"
        )
    return playwright.chromium.launch(
        executable_path=program, args=list(FLAGS), chromium_sandbox=False
    )
