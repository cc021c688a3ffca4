"""A browser that notices what no visitor may ever meet: tracebacks, script errors, dialogs."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page

PATIENCE = 120_000  # milliseconds: the journeys share two cores with all other tests
SIGN = "Graft's tests saw: "
# Looks at everything that is added to a page, so that what stands there for a moment counts too.
LOOK = """
const bad = ["Traceback (most recent call last)", "Something went wrong on this page"];
const see = (node) => {
  const words = node.textContent ?? "";
  const box = node.querySelector?.('[data-testid="stException"]');
  if (box || bad.some((phrase) => words.includes(phrase)))
    console.error("SIGN" + (box ?? node).textContent.slice(0, 600));
};
new MutationObserver((changes) => {
  for (const change of changes) {
    if (change.type === "characterData") see(change.target);
    else change.addedNodes.forEach(see);
  }
}).observe(document, { childList: true, subtree: true, characterData: true });
""".replace("SIGN", SIGN)
# What a browser says by itself when a server goes away, or when a file is not there.
HARMLESS = (
    "Failed to load resource",
    "WebSocket connection to",
    "net::ERR_",
    "when disconnected from server",
)


class WatchedBrowser:
    """Opens pages and keeps what went wrong on any of them in `problems`."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.problems: list[str] = []

    def new_context(self, **options: Any) -> BrowserContext:
        """A context, as another person's browser would be; its pages are watched."""
        context = self._browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(LOOK)
        context.on("page", self._watch)
        return context

    def new_page(self, **options: Any) -> Page:
        """A page in a context of its own."""
        return self.new_context(**options).new_page()

    def close_all(self) -> None:
        """Close what a failed test left open."""
        for context in self._browser.contexts:
            context.close()

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("console", self._hear)
        page.on("dialog", self._refuse)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in HARMLESS):
            self.problems.append(f"console: {message.text}")

    def _refuse(self, dialog: Dialog) -> None:
        self.problems.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()
