"""The app in browsers: textual-serve's server, with a limit of visitors and nothing that is loaded from elsewhere.

Needs the extra `web`. Each visitor has a process of their own.
"""

import asyncio
import re
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

from charrnn_tui.commands.console import narrate

_FULL = """<!doctype html><meta charset="utf-8"><title>charrnn-tui</title>
<body style="background:#0e1118;color:#d5dce8;font:18px monospace;padding:4em">
<p>All {limit} places are taken. One is free as soon as somebody closes their tab.</p>
<p><a href="" style="color:#f6c667">Try again</a></p>"""

_HEAD = """<style>
@font-face { font-family: "Roboto Mono"; src: url("/static/fonts/RobotoMono-VariableFont_wght.ttf"); }
</style><script>
const looking = setInterval(() => {
    const keys = document.querySelector(".xterm-helper-textarea");
    if (keys) { clearInterval(looking); keys.focus(); }
}, 50);
</script>"""
"""Serves the font from here, and gives the app the keys at once: a click to focus it would already do something."""

_FONT_FROM_ELSEWHERE = re.compile(r"<link\s[^>]*fonts\.googleapis\.com[^>]*>")


class VisitorServer(Server):
    """Serves a command to at most `limit` visitors at a time, and says `greeting` once it does."""

    def __init__(self, command: str, host: str, port: int, limit: int, greeting: str) -> None:
        super().__init__(command, host, port, title="charrnn-tui")
        self._limit, self._greeting = limit, greeting
        self._visits: set[asyncio.Task[object]] = set()

    def initialize_logging(self) -> None:
        """Errors go to standard error, as Python does by itself."""

    async def on_startup(self, app: web.Application) -> None:
        narrate(self._greeting)

    async def on_shutdown(self, app: web.Application) -> None:
        """Ends every visit: the server would wait a minute for them."""
        visits = list(self._visits)
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)

    @property
    def _full(self) -> bool:
        return len(self._visits) >= self._limit

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        if self._full:
            text = _FULL.format(limit=self._limit)
            return web.Response(status=503, text=text, content_type="text/html", headers={"Retry-After": "30"})
        self.public_url = f"{request.scheme}://{request.host}"  # as this visitor reaches it
        response = await super().handle_index(request)
        assert isinstance(response, web.Response)
        response.text = _FONT_FROM_ELSEWHERE.sub(lambda _: _HEAD, response.text or "")
        return response

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="this page belongs to another server")
        if self._full:
            raise web.HTTPServiceUnavailable(text=f"all {self._limit} places are taken")
        visit = asyncio.current_task()
        assert visit is not None
        self._visits.add(visit)
        try:
            return await super().handle_websocket(request)
        finally:
            self._visits.discard(visit)
