"""Textual's app without what ends it: a click on a screen that has closed, bytes that no key sends."""

import sys
from collections.abc import Mapping

from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver


class SafeApp(App[None]):
    """An app in which a clicked action of a screen is run on the screen that was clicked, or not at all."""

    def get_driver_class(self) -> type[Driver]:
        """Return a driver that survives whatever bytes a terminal sends."""
        if sys.platform == "win32":
            return super().get_driver_class()
        from lakeppo.tui.driver import SafeDriver

        return SafeDriver

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action; Textual would run `screen.close` on the screen that has come up since the click."""
        if self.return_code is not None:
            return False  # it is leaving
        of_screen = isinstance(action, str) and action.startswith("screen.")
        if of_screen and default_namespace is not None and self.screen not in default_namespace.ancestors_with_self:
            return False
        return await super().run_action(action, default_namespace, namespaces)
