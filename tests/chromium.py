"""Debian's Chromium as the tests start it, without a screen and without a graphics card."""

import os

# The browser without its windows, which nobody would see: a third less work for the same pages.
SHELL = os.environ.get("CHROMIUM_SHELL", "/usr/bin/chromium-headless-shell")
# For what the shell lacks: background sync.
WHOLE = os.environ.get("CHROMIUM", "/usr/bin/chromium")

FLAGS = [
    *("--no-sandbox", "--disable-background-networking"),
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
    # Drawn in software either way: maps as WebGL asks for, pages without the detour over it.
    "--disable-gpu-compositing",
]
